//! Activities: planning one, and one in full.

mod moods;
mod plan;
mod sheet;
mod wording;

pub use moods::Moods;
pub use plan::{Plan, PlanForm};
pub use sheet::{ActivityForm, JoinLink};
pub use wording::{icon_of, meeting_link, when_label};
