//! When the newest mail was sent, beside the database: where the database knows of none so late, it was set back
//! to a backup.

use crate::domain::time::{Timestamp, write_timestamp};
use chrono::Duration;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The file's name.
const NAME: &str = "last-mail";
/// What the database may lack: it keeps fewer digits, and a process can end between the two.
const TOLERANCE: Duration = Duration::seconds(5);

/// The file that says so.
#[derive(Clone)]
pub struct LastMail {
    path: Arc<Path>,
    /// What it says, once that is known.
    newest: Arc<Mutex<Option<Timestamp>>>,
}

impl LastMail {
    /// The one in this folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            path: folder.join(NAME).into(),
            newest: Arc::default(),
        }
    }

    /// What it says; none where there is none, or none that reads.
    pub fn read(&self) -> Option<Timestamp> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        text.trim().parse().ok()
    }

    /// Whether it tells of a mail of which the database does not: that knows of nothing after `known`.
    pub fn is_ahead_of(&self, known: Option<Timestamp>) -> bool {
        let newest = self.read();
        newest.is_some_and(|at| known.is_none_or(|known| known + TOLERANCE < at))
    }

    /// A mail was sent.
    pub fn note(&self, at: Timestamp) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.is_some_and(|newest| newest >= at) {
            return;
        }
        *newest = Some(at);
        // It appears when it is whole. While the lock is held, so that a later time is never overwritten.
        let aside = PathBuf::from(&*self.path).with_extension("new");
        let written = std::fs::write(&aside, write_timestamp(at) + "\n")
            .and_then(|()| std::fs::rename(&aside, &self.path));
        if let Err(error) = written {
            tracing::warn!(%error, path = %self.path.display(), "when the newest mail was sent was not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_does_not_know_of_is_found_out() {
        let folder = std::env::temp_dir().join(format!("last-mail-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let last = LastMail::new(&folder);
        let at: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        assert!(!last.is_ahead_of(None));
        last.note(at);
        last.note(at - Duration::hours(1));
        let anew = LastMail::new(&folder);
        assert_eq!(anew.read(), Some(at));
        for (known, expected) in [
            (None, true),
            (Some(at - Duration::days(3)), true),
            (Some(at - Duration::seconds(1)), false),
            (Some(at + Duration::days(1)), false),
        ] {
            assert_eq!(anew.is_ahead_of(known), expected, "{known:?}");
        }
        std::fs::write(folder.join(NAME), "soon").unwrap();
        assert!(!anew.is_ahead_of(None));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
