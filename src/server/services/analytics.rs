//! Figures of a hunt, as [`crate::domain::analytics`] has them.

use super::Context;
use crate::{
    domain::{
        analytics::{
            self, AnalyticsQuery, Conversion, Course, Figures, Hunt, MOST_BUCKETS, MOST_MEMBERS,
            Members, MembersQuery, Range, Sources, Summary, Trends, TrendsQuery,
        },
        error::Problem,
        settings::WeekStart,
        time::Timestamp,
    },
    server::{
        db::{analytics as rows, settings, sync},
        zones::Zone,
    },
};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// A hunt as of one place of its history.
struct Known {
    hunt: Hunt,
    zone: Zone,
    weeks: WeekStart,
}

/// A user, and a place of their history.
type Key = (Uuid, Uuid, i64);

/// The hunts of those who look at their figures: a page asks for several figures at once, and figures that nobody
/// changed are asked for again.
#[derive(Clone)]
pub struct Hunts(Cache<Key, Arc<Known>>);

/// Bytes that are kept, about, of all users together.
const MOST_BYTES: u64 = 64 << 20;
/// What nobody asks for is kept for so long.
const IDLE: Duration = Duration::from_secs(10 * 60);

impl Default for Hunts {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(MOST_BYTES)
            .weigher(|_, known: &Arc<Known>| known.bytes())
            .time_to_idle(IDLE);
        Self(cache.build())
    }
}

impl Known {
    async fn load(context: &Context<'_>) -> Result<Self, Problem> {
        let mut tenant = context.db.read_as(context.owner).await?;
        let settings = settings::find(&mut tenant).await?;
        let subjects = rows::subjects(&mut tenant).await?;
        let moves = rows::moves(&mut tenant).await?;
        let activities = rows::activities(&mut tenant).await?;
        Ok(Self {
            hunt: Hunt::new(subjects, moves, &activities),
            zone: settings.timezone.rules().unwrap_or_default(),
            weeks: settings.week_start,
        })
    }

    /// About how much it takes.
    fn bytes(&self) -> u32 {
        let of_course = |course: &Course| {
            let subject = &course.subject;
            let words = [
                subject.company.as_str(),
                subject.role_title.as_str(),
                subject.source.as_str(),
            ];
            let words: usize = words.iter().map(|word| word.len()).sum();
            size_of::<Course>() + words + size_of_val(course.stays.as_slice())
        };
        let courses: usize = self.hunt.courses.iter().map(of_course).sum();
        let all = size_of::<Self>()
            + courses
            + size_of_val(self.hunt.done.as_slice())
            + size_of_val(self.hunt.plans.as_slice());
        u32::try_from(all).unwrap_or(u32::MAX)
    }

    /// The days that are asked for: of those that are not said, from the first application to today.
    fn range(&self, query: &AnalyticsQuery, now: Timestamp) -> Result<Range, Problem> {
        query.range(self.hunt.whole(now, &self.zone))
    }
}

impl Hunts {
    async fn of(&self, context: &Context<'_>) -> Result<Arc<Known>, Problem> {
        let mut tenant = context.db.read_as(context.owner).await?;
        let head = sync::head(&mut tenant).await?;
        drop(tenant);
        let key = (context.owner.user_id(), head.epoch, head.last_seq);
        // Who asks while it is read waits for that.
        let load = async { Known::load(context).await.map(Arc::new) };
        let hunt = self.0.try_get_with(key, load).await;
        hunt.map_err(|problem: Arc<Problem>| Problem::clone(&problem))
    }

    /// The figures of a range.
    ///
    /// # Errors
    /// 400 for a range that is none.
    pub async fn summary(
        &self,
        context: &Context<'_>,
        query: &AnalyticsQuery,
    ) -> Result<Summary, Problem> {
        let (known, now) = (self.of(context).await?, context.now);
        let range = known.range(query, now)?;
        Ok(analytics::summary(
            &known.hunt.courses,
            range,
            now,
            &known.zone,
        ))
    }

    /// Applications over time.
    ///
    /// # Errors
    /// 400 for a range that is none, and for more buckets than [`MOST_BUCKETS`].
    pub async fn trends(
        &self,
        context: &Context<'_>,
        query: &TrendsQuery,
    ) -> Result<Trends, Problem> {
        let known = self.of(context).await?;
        let range = known.range(&query.days(), context.now)?;
        let group_by = query.group_by.unwrap_or_default();
        analytics::trends(&known.hunt.courses, range, group_by, known.weeks).ok_or_else(|| {
            let message = format!(
                "From {} to {} that is more than {MOST_BUCKETS} {group_by}s. Ask for fewer days, or for longer parts.",
                range.from, range.to
            );
            Problem::field("group_by", message)
        })
    }

    /// What came of each source.
    ///
    /// # Errors
    /// 400 for a range that is none.
    pub async fn sources(
        &self,
        context: &Context<'_>,
        query: &AnalyticsQuery,
    ) -> Result<Sources, Problem> {
        let known = self.of(context).await?;
        let range = known.range(query, context.now)?;
        Ok(analytics::sources(&known.hunt.courses, range))
    }

    /// How many reached each stage.
    ///
    /// # Errors
    /// 400 for a range that is none.
    pub async fn conversion(
        &self,
        context: &Context<'_>,
        query: &AnalyticsQuery,
    ) -> Result<Conversion, Problem> {
        let known = self.of(context).await?;
        let range = known.range(query, context.now)?;
        Ok(analytics::conversion(&known.hunt.courses, range))
    }

    /// The applications behind a figure.
    ///
    /// # Errors
    /// 400 for a range that is none, and where the status does not go with what is counted.
    pub async fn members(
        &self,
        context: &Context<'_>,
        query: &MembersQuery,
    ) -> Result<Members, Problem> {
        let (known, now) = (self.of(context).await?, context.now);
        let selection = query.selection(known.hunt.whole(now, &known.zone))?;
        let members = known.hunt.members(&selection, now, &known.zone);
        Ok(Members::of(&members, MOST_MEMBERS))
    }

    /// All of these, and what was done on each day of the last year.
    ///
    /// # Errors
    /// 400 for a range that is none.
    pub async fn figures(
        &self,
        context: &Context<'_>,
        query: &TrendsQuery,
    ) -> Result<Figures, Problem> {
        let (known, now) = (self.of(context).await?, context.now);
        let range = known.range(&query.days(), now)?;
        let (zone, weeks) = (&known.zone, known.weeks);
        Ok(known.hunt.figures(range, query.group_by, weeks, now, zone))
    }
}
