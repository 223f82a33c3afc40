//! Where the next page of a list starts.

use super::Context;
use crate::{
    domain::{
        cursor::{DEFAULT_LIMIT, MAX_LIMIT, Page},
        error::Problem,
    },
    server::{db::rows::After, secrets},
};

const PURPOSE: &str = "list-cursor";

/// Which page of a list is asked for.
pub struct Asked<'a> {
    /// What the list is ordered by: a cursor of another one does not fit.
    order: &'a str,
    limit: u32,
    /// Where the page starts.
    pub after: Option<After>,
}

impl<'a> Asked<'a> {
    /// The page that a request asks for.
    ///
    /// # Errors
    /// 400 for a limit out of range, or a cursor that is not ours or was made for another order.
    pub fn read(
        context: &Context<'_>,
        order: &'a str,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::field(
                "limit",
                format!("Between 1 and {MAX_LIMIT}."),
            ));
        }
        let after = cursor
            .map(|cursor| read(context, cursor, order))
            .transpose()?;
        Ok(Self {
            order,
            limit,
            after,
        })
    }

    /// One more than asked for tells whether there is a next page.
    pub fn limit_and_one(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page of what was found.
    pub fn of<T>(
        &self,
        context: &Context<'_>,
        mut items: Vec<T>,
        key: impl FnOnce(&T) -> After,
    ) -> Page<T> {
        let more = items.len() > self.limit as usize;
        items.truncate(self.limit as usize);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|last| write(context, self.order, key(last)));
        Page { items, next_cursor }
    }
}

/// `order|milliseconds|id`, signed: a cursor that somebody made up is refused, not obeyed.
fn write(context: &Context<'_>, order: &str, after: After) -> String {
    let text = format!("{order}|{}|{}", after.key.timestamp_millis(), after.id);
    let tag = context.keys.sign(PURPOSE, text.as_bytes());
    let mut bytes = tag.get(..16).unwrap_or(&tag).to_vec();
    bytes.extend_from_slice(text.as_bytes());
    secrets::base64(&bytes)
}

fn read(context: &Context<'_>, cursor: &str, order: &str) -> Result<After, Problem> {
    let read = || {
        let bytes = secrets::unbase64(cursor)?;
        let (tag, text) = bytes.split_at_checked(16)?;
        let expected = context.keys.sign(PURPOSE, text);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(expected.get(..16)?, tag)) {
            return None;
        }
        let mut parts = std::str::from_utf8(text).ok()?.split('|');
        let made_for = parts.next()?.to_owned();
        let key = chrono::DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        let id = parts.next()?.parse().ok()?;
        Some((made_for, After { key, id }))
    };
    match read() {
        Some((made_for, after)) if made_for == order => Ok(after),
        Some(_) => Err(Problem::field(
            "cursor",
            "This cursor was made for another order.",
        )),
        None => Err(Problem::field(
            "cursor",
            "Use next_cursor of the page before, as it is.",
        )),
    }
}
