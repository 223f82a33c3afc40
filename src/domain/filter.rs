//! What part of a list is wanted.

use super::{
    activity::{ActivityStatus, ActivityType},
    application::Priority,
    cursor::Sort,
    stage::Status,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The longest text to search for, in characters.
pub const MAX_SEARCH: usize = 200;

/// The query of `GET /applications`. Absent parts do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApplicationQuery {
    /// Where the page starts, from `next_cursor`, with the same `sort`.
    #[cfg_attr(feature = "ssr", schemars(regex(pattern = "^[A-Za-z0-9_-]+$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows a page: 1 to 200, 50 when absent.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = super::cursor::MAX_LIMIT)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Only those that have this text in company, role, location or notes, in any case.
    #[cfg_attr(feature = "ssr", schemars(
        length(max = MAX_SEARCH), regex(pattern = super::schema::without_nul())
    ))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Only those with this tag, in any case.
    #[cfg_attr(feature = "ssr", schemars(
        length(max = super::tags::MAX_TAG), regex(pattern = super::schema::without_nul())
    ))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Only this priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// `true`: only archived; `false`: only those on the board; absent: both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The order; newest first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
}

/// The query of `GET /activities`. Absent parts do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActivityQuery {
    /// Only those that begin then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only those that begin before then; not earlier than `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Only this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ActivityStatus>,
    /// Only this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<ActivityType>,
    /// Where the page starts, from `next_cursor`.
    #[cfg_attr(feature = "ssr", schemars(regex(pattern = "^[A-Za-z0-9_-]+$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows a page: 1 to 200, 50 when absent.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = super::cursor::MAX_LIMIT)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// The query of `GET /reminders`. Absent parts do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReminderQuery {
    /// Only those that are due then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_after: Option<Timestamp>,
    /// Only those that are due before then; not earlier than `due_after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_before: Option<Timestamp>,
    /// `true`: only what was sent; `false`: only what was not; absent: both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<bool>,
    /// Where the page starts, from `next_cursor`.
    #[cfg_attr(feature = "ssr", schemars(regex(pattern = "^[A-Za-z0-9_-]+$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows a page: 1 to 200, 50 when absent.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = super::cursor::MAX_LIMIT)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// The query of a list that is walked in one order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Where the page starts, from `next_cursor`.
    #[cfg_attr(feature = "ssr", schemars(regex(pattern = "^[A-Za-z0-9_-]+$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows a page: 1 to 200, 50 when absent.
    #[cfg_attr(feature = "ssr", schemars(range(min = 1, max = super::cursor::MAX_LIMIT)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
