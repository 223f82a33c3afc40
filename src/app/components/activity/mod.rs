//! Activities: planning one, and one in full.

mod plan;
mod sheet;
mod wording;

pub use plan::{Plan, PlanForm};
pub use sheet::{ActivityForm, JoinLink};
pub use wording::{meeting_link, when_label};
