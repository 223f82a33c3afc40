//! How the description of the API says what the types here accept, where a type alone does not.
//!
//! Patterns are of the kind that all engines read alike: `\s` and `\w` mean something else in each.

use super::time::YEARS;

/// What `str::trim` takes away, within a class.
const SPACE: &str = r" \t-\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// What `char::is_control` is true of, within a class.
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
/// The same without tab and newline.
const CONTROL_IN_PROSE: &str = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f";

/// Not blank, and, but for space around it, without control characters.
pub(super) fn line() -> String {
    let seen = format!("[^{SPACE}{CONTROL}]");
    format!("^[{SPACE}]*{seen}([^{CONTROL}]*{seen})?[{SPACE}]*$")
}

/// Not blank, and without control characters but for tabs and line ends.
pub(super) fn prose() -> String {
    format!(r"^([^{CONTROL_IN_PROSE}]|\r\n)*[^{SPACE}{CONTROL}][{SPACE}]*$")
}

/// Without the character 0.
pub(super) fn without_nul() -> &'static str {
    r"^[^\u0000]*$"
}

/// The years within which a date may be; the last one ends no decade.
pub(in crate::domain) fn years() -> String {
    let (first, last) = (*YEARS.start() / 10, *YEARS.end() / 10);
    let decades: Vec<String> = (first..last).map(|decade| decade.to_string()).collect();
    let rest: Vec<String> = (last * 10..=*YEARS.end())
        .map(|year| year.to_string())
        .collect();
    format!("^(({})[0-9]|{})-", decades.join("|"), rest.join("|"))
}

/// The form of a web address as it is kept.
pub(super) fn web_url() -> String {
    let part = format!("[^{SPACE}{CONTROL}]");
    let host = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,180}\.[A-Za-z0-9._-]{1,63}|localhost";
    format!(r"^[Hh][Tt][Tt][Pp][Ss]?://({host})(:[0-9]{{1,5}})?([/?#]{part}*)?$")
}

/// An address of mail as people have them. What stands before the `@` is 64 characters at most, with
/// dots apart, which a pattern can only say for some dots.
pub(super) fn email() -> String {
    let c = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]";
    let local =
        format!(r"({c}{{1,64}}|{c}{{1,31}}\.{c}{{1,32}}|{c}{{1,20}}\.{c}{{1,20}}\.{c}{{1,22}})");
    let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    format!(r"^[{SPACE}]*{local}@({label}\.)+{label}[{SPACE}]*$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_that_are_checked() {
        assert!(years().starts_with("^((197|198|"));
        assert!(years().ends_with("|219)[0-9]|2200)-"));
    }
}
