//! The figures of the hunt.

mod chart;
mod counted;
mod download;
mod drawing;
mod funnel;
mod list;
mod model;
mod next_steps;
mod over_time;
mod pending;
mod periods;
mod read_out;
mod sources;
mod stages;
mod standing;
mod tiles;
mod words;
mod year;

pub use counted::HowCounted;
pub use funnel::Funnel;
pub use list::FigureList;
pub use model::{AnalyticsModel, Figure, use_analytics};
pub use next_steps::NextSteps;
pub use over_time::OverTime;
pub use pending::PendingAnswers;
pub use periods::Periods;
pub use sources::SourcesTable;
pub use stages::TimeInStages;
pub use standing::Standing;
pub use tiles::Tiles;
pub use words::{drafts_words, lacks_words, range_label};
pub use year::Year;
