//! What another app shares with this one, or a shortcut asks for: the query of an address that opens
//! quick add.

use crate::domain::link::WebUrl;

/// The parts of the query that are used up by opening quick add.
const PARAMETERS: [&str; 4] = ["add", "title", "text", "url"];

/// The longest role, in characters.
const ROLE_MAX: usize = 200;

/// What quick add begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The role, as far as a title tells.
    pub role: String,
    /// The posting.
    pub posting: Option<WebUrl>,
}

impl Share {
    /// What the query of an address asks to add; `None` where it asks for nothing. A share that
    /// comes by GET replaces the whole query, `add` too: so any of the parts will do.
    pub fn of(search: &str) -> Option<Self> {
        let value = |name| query_value(search, name);
        let [add, title, text, url] = PARAMETERS.map(value);
        if [&add, &title, &text, &url]
            .iter()
            .all(|part| part.is_none())
        {
            return None;
        }
        Some(Self {
            role: one_line(&title.unwrap_or_default()),
            posting: url
                .as_deref()
                .and_then(first_address)
                .or_else(|| text.as_deref().and_then(first_address)),
        })
    }

    /// The rest of the query, as it stood there.
    pub fn without(search: &str) -> String {
        let is_ours = |part: &&str| PARAMETERS.contains(&part.split('=').next().unwrap_or(part));
        let rest: Vec<&str> = search
            .split('&')
            .filter(|part| !part.is_empty() && !is_ours(part))
            .collect();
        rest.join("&")
    }
}

/// A value of a query. (The router's own map decodes twice, which breaks an address in a value.)
pub fn query_value(search: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(search.as_bytes())
        .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// A title as a role: on one line, and not too long.
fn one_line(title: &str) -> String {
    let words: Vec<&str> = title
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(ROLE_MAX).collect()
}

/// The first web address in a text. People put it between words: what closes a sentence or a
/// bracket after it is not part of it.
fn first_address(text: &str) -> Option<WebUrl> {
    text.split_whitespace().find_map(|word| {
        let at = word
            .char_indices()
            .map(|(at, _)| at)
            .find(|at| starts_address(word.get(*at..).unwrap_or_default()))?;
        let address = word.get(at..)?.split(['<', '>', '"']).next()?;
        address
            .trim_end_matches([
                '.', ',', ';', ':', '!', '?', '\'', '’', '”', '»', ')', ']', '}',
            ])
            .parse()
            .ok()
    })
}

fn starts_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(name: &str, text: &str) -> String {
        serde_urlencoded::to_string([(name, text)]).unwrap()
    }

    #[test]
    fn an_address_asks_for_nothing_or_for_an_empty_dialog() {
        assert_eq!(Share::of(""), None);
        assert_eq!(Share::of("tag=x"), None);
        assert_eq!(Share::of("add"), Some(Share::default()));
        assert_eq!(Share::of("tag=x&add=&text="), Some(Share::default()));
    }

    #[test]
    fn a_title_is_the_role() {
        let share = Share::of(&search("title", " 100% remote\n Engineer\t– Acme ")).unwrap();
        assert_eq!(share.role, "100% remote Engineer – Acme");
        assert_eq!(share.posting, None);
        let long = Share::of(&search("title", &"ä".repeat(300))).unwrap();
        assert_eq!(long.role.chars().count(), ROLE_MAX);
    }

    #[test]
    fn the_first_web_address_is_the_posting() {
        for (text, address) in [
            (
                "https://jobs.example.com/42?x=1&to=a%20b",
                Some("https://jobs.example.com/42?x=1&to=a%20b"),
            ),
            (
                "Look at this (https://example.com/a), and https://example.com/b.",
                Some("https://example.com/a"),
            ),
            (
                "Engineer|HTTP://Example.com/a!",
                Some("http://Example.com/a"),
            ),
            ("https:// https://example.com", Some("https://example.com")),
            ("<https://example.com/é>", Some("https://example.com/é")),
            ("example.com javascript:alert(1) ftp://example.com", None),
            ("", None),
        ] {
            let posting = Share::of(&search("text", text)).unwrap().posting;
            assert_eq!(posting.as_ref().map(WebUrl::as_str), address, "{text}");
        }
        let both = "text=https%3A%2F%2Fexample.com%2Ftext&url=https%3A%2F%2Fexample.com%2Furl";
        let posting = Share::of(both).unwrap().posting.unwrap();
        assert_eq!(posting.as_str(), "https://example.com/url");
    }

    #[test]
    fn what_else_the_address_says_stays() {
        assert_eq!(Share::without("add&url=x"), "");
        assert_eq!(Share::without("add=&tag=a+b&title=x&q"), "tag=a+b&q");
    }
}
