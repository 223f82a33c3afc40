//! Where a function is called.
//!
//! The macro that declares one takes nothing but a literal for what its path begins with. So it is
//! given none, and what the framework puts in its place is exchanged here, at both ends.

use crate::api::BASE;

/// What the framework has the path of a function begin with where nothing else is said.
const UNSAID: &str = "/api";

/// The address of the function that the framework knows by `path`.
pub fn address(path: &str) -> String {
    let below = path.strip_prefix(UNSAID).unwrap_or(path);
    format!("{BASE}{below}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_stands_below_the_base() {
        assert_eq!(
            address("/api/applications/{id}"),
            format!("{BASE}/applications/{{id}}")
        );
    }
}
