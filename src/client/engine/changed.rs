//! Which records have changed since somebody looked.

use std::collections::HashSet;
use uuid::Uuid;

/// Records that may show otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// Perhaps all: it is not worth telling which.
    All,
    /// These, of whichever kind.
    Records(HashSet<Uuid>),
}

impl Default for Changed {
    fn default() -> Self {
        Self::Records(HashSet::new())
    }
}

impl Changed {
    /// One more.
    pub fn note(&mut self, record: Uuid) {
        if let Self::Records(records) = self {
            records.insert(record);
        }
    }
}
