//! How a list is walked: sort keys and page sizes.

use super::choice::choice;
use serde::{Deserialize, Serialize};

choice! {
    /// The order of `GET /applications`. The id breaks ties, so that no row is met twice.
    pub enum Sort as "sort" {
        /// Newest first.
        CreatedDesc = "-created_at",
        /// Oldest first.
        CreatedAsc = "created_at",
        /// Changed last, first.
        UpdatedDesc = "-updated_at",
        /// Changed first, first.
        UpdatedAsc = "updated_at",
    }
}

/// The page size when none is asked for.
pub const DEFAULT_LIMIT: u32 = 50;
/// The largest page.
pub const MAX_LIMIT: u32 = 200;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Page<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// Where the next page starts; `null` after the last one. Opaque.
    pub next_cursor: Option<String>,
}
