//! People and how they are addressed.

use super::{settings::Settings, text::text_type};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest email address, in bytes.
const MAX_EMAIL: usize = 254;

/// An email address, in lower case: the part before the `@` is case-sensitive in theory
/// (RFC 5321 §2.4) and in no mail system that people use, and one person must not become two.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        const WRONG: &str = "Give an email address, such as jane@example.com.";
        let address = text.trim().to_lowercase();
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Err(WRONG.into());
        };
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c));
        let domain_ok = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            });
        if address.len() <= MAX_EMAIL && local_ok && domain_ok {
            Ok(Self(address))
        } else {
            Err(WRONG.into())
        }
    }
}
text_type!(Email);

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema, sqlx::FromRow))]
pub struct User {
    /// Who it is, for ever.
    pub id: Uuid,
    /// Where mail goes; verified by the sign-in link.
    pub email: Email,
}

/// The answer of `GET /auth/me`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Me {
    /// Who is signed in.
    pub user: User,
    /// How this person wants things.
    pub settings: Settings,
    /// Goes into `X-CSRF-Token` of every unsafe request that is authorised by the cookie.
    pub csrf_token: String,
}

#[cfg(feature = "ssr")]
impl schemars::JsonSchema for Email {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Email".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "maxLength": MAX_EMAIL, "pattern": super::schema::email(),
            "examples": ["jane@example.com"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case_and_plausible() {
        assert_eq!(
            " Jane.Doe+x@Example.COM".parse::<Email>().unwrap().as_str(),
            "jane.doe+x@example.com"
        );
        for wrong in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "jane@x",
            "a b@example.com",
            "jane@-x.com",
            "j..d@example.com",
            "jane@example.com\nbcc: x@example.com",
        ] {
            assert!(wrong.parse::<Email>().is_err(), "{wrong}");
        }
    }
}
