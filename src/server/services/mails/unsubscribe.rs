//! Stopping the mails of a rule, by an address that only we can make.

use crate::{
    domain::{
        change::Change,
        error::Problem,
        rules::{ReminderDefaults, Rule, RuleChange},
        settings::SettingsPatch,
        time::Timestamp,
    },
    server::{
        db::{self, Db, tenant::Owner},
        secrets::{Keys, base64, unbase64},
    },
};
use uuid::Uuid;
/// Where mails are stopped: before the token.
pub const UNSUBSCRIBE: &str = "/unsubscribe/";

/// What the key is derived for that makes these addresses.
const PURPOSE: &str = "unsubscribe";

/// The octets of an id, and of what is signed of one address.
const ID: usize = 16;
const TAG: usize = 32;

/// What stops the mails of one rule to one person, and nothing else.
pub(super) fn token(keys: &Keys, user: Uuid, rule: Rule) -> String {
    let said = [user.as_bytes().as_slice(), rule.as_str().as_bytes()].concat();
    let tag = keys.sign(PURPOSE, &said);
    base64(&[tag.as_slice(), &said].concat())
}

/// Whose mails of which rule an address stops; none where it is none of ours.
pub fn read_token(keys: &Keys, token: &str) -> Option<(Owner, Rule)> {
    let bytes = unbase64(token)?;
    let (tag, said) = bytes.split_at_checked(TAG)?;
    if !keys.verify(PURPOSE, said, tag) {
        return None;
    }
    let (user, rule) = said.split_at_checked(ID)?;
    let rule = std::str::from_utf8(rule).ok()?.parse().ok()?;
    Some((Owner::vouched(Uuid::from_slice(user).ok()?), rule))
}

/// Whether mails of a rule are sent to a person; none where there is no such person any more.
///
/// # Errors
/// When the database does not answer.
pub async fn is_mailed(db: &Db, owner: Owner, rule: Rule) -> Result<Option<bool>, Problem> {
    let mut tenant = db.read_as(owner).await?;
    match db::settings::find(&mut tenant).await {
        Ok(settings) => Ok(Some(settings.reminder_defaults.rule(rule).mail)),
        Err(sqlx::Error::RowNotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Stops the mails of these rules, or has them sent again. Where it is so already, nothing changes.
///
/// # Errors
/// When the database does not answer.
pub async fn set_mailed(
    db: &Db,
    owner: Owner,
    rules: &[Rule],
    wanted: bool,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut tenant = match db.write_as(owner).await {
        Err(sqlx::Error::RowNotFound) => return Ok(()),
        tenant => tenant?,
    };
    let settings = db::settings::find(&mut tenant).await?;
    let defaults = with_mailed(settings.reminder_defaults.clone(), rules, wanted);
    if defaults == settings.reminder_defaults {
        return Ok(());
    }
    let patch = SettingsPatch {
        reminder_defaults: Change::Set(defaults),
        ..SettingsPatch::default()
    };
    // No reminder is another one for that.
    db::settings::update(&mut tenant, &settings.patched(&patch, now)?, false).await?;
    tenant.commit().await?;
    Ok(())
}

/// The same with mails of these rules sent, or not.
fn with_mailed(defaults: ReminderDefaults, rules: &[Rule], wanted: bool) -> ReminderDefaults {
    rules.iter().fold(defaults, |defaults, rule| {
        if defaults.rule(*rule).mail == wanted {
            return defaults;
        }
        let change = RuleChange {
            mail: (!wanted).then_some(false),
            ..defaults.change(*rule).cloned().unwrap_or_default()
        };
        defaults.with(*rule, change)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stops_one_rule_for_one_person_and_nobody_makes_one() {
        let keys = Keys::of(b"a secret of tests, long enough");
        let user = Uuid::from_u128(7);
        for rule in Rule::ALL {
            let token = token(&keys, user, *rule);
            let (owner, of) = read_token(&keys, &token).unwrap();
            assert_eq!((owner.user_id(), of), (user, *rule));
            let other = Keys::of(b"the secret of another server, too");
            assert!(read_token(&other, &token).is_none());
            assert!(read_token(&keys, &token[1..]).is_none());
        }
        for text in ["", "x", "////", "AAAA"] {
            assert!(read_token(&keys, text).is_none());
        }
    }
}
