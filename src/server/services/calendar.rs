//! Appointments for the calendars that people have.

use super::{Context, rows};
use crate::{
    domain::{
        activity::Activity,
        application::Application,
        error::{Problem, ProblemKind},
    },
    server::calendar::{Appointment, file},
};
use uuid::Uuid;

/// The calendar file of an activity. `origin` is where the app lives.
///
/// # Errors
/// 404 when it is not this user's, or has no time.
pub async fn of_activity(context: &Context<'_>, id: Uuid, origin: &str) -> Result<String, Problem> {
    let activity = rows::get::<Activity>(context, id).await?;
    let application = rows::get::<Application>(context, activity.application_id).await?;
    let appointment = Appointment {
        activity: &activity,
        application: &application,
        zone: &activity.timezone.rules().unwrap_or_default(),
        link: format!("{origin}{}", activity.page()),
    };
    file(&appointment).ok_or_else(|| {
        let why = "It has no time yet: there is nothing to put into a calendar.";
        Problem::new(ProblemKind::NotFound, why)
    })
}
