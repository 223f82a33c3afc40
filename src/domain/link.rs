//! Web addresses.

use super::{
    change::Items,
    text::{Line, text_type},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The longest web address that is kept, in characters.
pub const MAX_URL: usize = 2048;
/// The most links that an application holds.
pub const MAX_LINKS: usize = 32;

/// An absolute `http` or `https` address. Other schemes are refused: a link is clicked, and
/// `javascript:` is not a place. A bare `example.com/jobs` is given `https://`, since that is what
/// people paste.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUrl(String);

impl TryFrom<String> for WebUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        const WRONG: &str = "Give a web address that starts with https:// or http://.";
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(WRONG.into());
        }
        // A later `://` belongs to a path or a query.
        let scheme = trimmed
            .split_once("://")
            .filter(|(scheme, _)| !scheme.contains(['/', '?', '#', '.']));
        let full = match scheme {
            Some((scheme, rest)) => {
                let scheme = scheme.to_ascii_lowercase();
                if scheme != "https" && scheme != "http" {
                    return Err(WRONG.into());
                }
                format!("{scheme}://{rest}")
            }
            // `mailto:x`, `javascript:x`: a scheme without an authority. `host:8080/x` is a host.
            None if has_opaque_scheme(trimmed) => return Err(WRONG.into()),
            None => format!("https://{trimmed}"),
        };
        if full.chars().count() > MAX_URL {
            return Err(format!("At most {MAX_URL} characters."));
        }
        match host(&full) {
            Some(host) if plausible_host(host) => Ok(Self(full)),
            _ => Err(WRONG.into()),
        }
    }
}
text_type!(WebUrl);

fn has_opaque_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        !scheme.contains(['/', '.', '?', '#']) && !rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// The host of an absolute address: what stands between `://` (and any user info) and the path.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_port = authority.rsplit('@').next()?;
    if host_port.starts_with('[') {
        return host_port.split_inclusive(']').next();
    }
    host_port.split(':').next()
}

fn plausible_host(host: &str) -> bool {
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty()
        && host.len() <= 253
        && !host.starts_with('.')
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && (host.contains('.') || host == "localhost")
}

/// A link with an optional name: a portfolio, a take-home task, a posting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Where it leads.
    pub url: WebUrl,
    /// What it is.
    #[serde(default)]
    pub label: Option<Line<120>>,
}

/// At most [`MAX_LINKS`] links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "ssr", schemars(extend("maxItems" = MAX_LINKS)))]
#[serde(try_from = "Vec<Link>")]
pub struct Links(pub(super) Vec<Link>);

impl TryFrom<Vec<Link>> for Links {
    type Error = String;

    fn try_from(links: Vec<Link>) -> Result<Self, String> {
        if links.len() > MAX_LINKS {
            return Err(format!("At most {MAX_LINKS} links."));
        }
        Ok(Self(links))
    }
}

impl Items for Links {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// A link with whatever else it has.
        #[derive(Deserialize)]
        #[serde(remote = "Link")]
        struct Any {
            url: WebUrl,
            label: Option<Line<120>>,
        }
        #[derive(Deserialize)]
        struct Item(#[serde(with = "Any")] Link);

        let items = Vec::<Item>::deserialize(from)?;
        let links: Vec<Link> = items.into_iter().map(|item| item.0).collect();
        Self::try_from(links).map_err(D::Error::custom)
    }
}

impl std::ops::Deref for Links {
    type Target = [Link];
    fn deref(&self) -> &[Link] {
        &self.0
    }
}

#[cfg(feature = "ssr")]
impl schemars::JsonSchema for WebUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WebUrl".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "maxLength": MAX_URL, "pattern": super::schema::web_url(),
            "examples": ["https://jobs.example.com/42"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_pass() {
        for (text, expected) in [
            (
                "https://jobs.example.com/42?x=1#y",
                "https://jobs.example.com/42?x=1#y",
            ),
            (" HTTP://example.com ", "http://example.com"),
            ("example.com/jobs", "https://example.com/jobs"),
            ("example.com:8080/jobs", "https://example.com:8080/jobs"),
            ("https://bücher.example/a", "https://bücher.example/a"),
            ("http://[::1]:3000/", "http://[::1]:3000/"),
            ("http://localhost:3000/", "http://localhost:3000/"),
            (
                "example.com/r?to=https://x",
                "https://example.com/r?to=https://x",
            ),
        ] {
            assert_eq!(text.parse::<WebUrl>().unwrap().as_str(), expected);
        }
        for text in [
            "",
            "javascript:alert(1)",
            "mailto:jane@example.com",
            "ftp://example.com",
            "https://",
            "https:///path",
            "https://exa mple.com",
            "https://.com",
            "word",
            "data:text/html,x",
            "javascript://example.com/%0aalert(1)",
        ] {
            assert!(text.parse::<WebUrl>().is_err(), "{text}");
        }
    }
}
