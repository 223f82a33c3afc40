//! The operations.

use super::{
    super::calendar,
    parameters::{positions, query},
    reference,
};
use crate::{
    api::{UNRECORDED, auth, board::BoardQuery},
    domain::{
        activity::{Activity, ActivityCreate, ActivityPatch},
        analytics::{
            AnalyticsQuery, Conversion, Figures, Members, MembersQuery, Sources, Summary, Trends,
            TrendsQuery,
        },
        application::{Application, ApplicationCreate, ApplicationPatch},
        calendar_feed::{CalendarFeed, CalendarFeedChange},
        cursor::Page,
        filter::{ActivityQuery, ApplicationQuery, PageQuery, ReminderQuery},
        reminder::{Reminder, ReminderCreate, ReminderPatch},
        settings::{Settings, SettingsPatch},
        stage::{StageEvent, StageEventPatch},
        sync::{BoardSnapshot, SyncPage, SyncQuery},
        user::Me,
    },
};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

/// One endpoint.
pub(super) struct Operation {
    /// The name of its function.
    pub(super) id: &'static str,
    pub(super) method: &'static str,
    /// Below the server's base.
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) detail: &'static str,
    /// The parameters in its query, and headers that only it takes.
    pub(super) query: Vec<Value>,
    pub(super) body: Option<Value>,
    /// Whether a request may lack the body: that is what `{}` is.
    pub(super) may_lack_body: bool,
    pub(super) status: u16,
    pub(super) answer: Option<Value>,
    /// The media type of the answer.
    pub(super) media: &'static str,
    /// The headers of a success besides those of every answer.
    pub(super) headers: &'static [&'static str],
    /// What can be asked with what it answers.
    pub(super) links: Option<Value>,
    /// Statuses of problems besides those that follow from how it is called.
    pub(super) more_problems: &'static [u16],
    /// Nobody need be signed in.
    pub(super) open: bool,
}

impl Operation {
    pub(super) fn is_unsafe(&self) -> bool {
        self.method != "get"
    }

    /// Whether a body is read, one that means nothing too.
    pub(super) fn reads_body(&self) -> bool {
        matches!(self.method, "post" | "patch")
    }

    pub(super) fn needs_version(&self) -> bool {
        matches!(self.method, "patch" | "delete")
    }

    /// Whether it is done once under a key.
    pub(super) fn takes_key(&self) -> bool {
        let is_recorded = !UNRECORDED.iter().any(|path| self.path.starts_with(path));
        self.is_unsafe() && is_recorded
    }

    /// The ids in its path.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'static str> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The statuses of the problems that it answers, in order.
    pub(super) fn problems(&self) -> Vec<u16> {
        let by_call = [
            (true, &[400, 500, 503][..]),
            (!self.open, &[401]),
            (self.is_unsafe(), &[403]),
            (self.ids().next().is_some(), &[404]),
            (self.needs_version(), &[409, 428]),
            (self.reads_body(), &[413, 415]),
            (self.takes_key(), &[422]),
        ];
        let mut all: Vec<u16> = self.more_problems.to_vec();
        for (_, statuses) in by_call.iter().filter(|(is_so, _)| *is_so) {
            all.extend(*statuses);
        }
        all.sort_unstable();
        all
    }
}

/// How figures are counted.
const ANALYTICS: &str = "An application belongs to the day of its `application_date`, in the user's zone; drafts are counted apart, archived ones count. It reached a stage when a move that counts led to it or to a later one; what was declined reached the offer. A rejection is a response, silence is none.";

/// Every operation.
pub(super) fn operations(g: &mut SchemaGenerator) -> Vec<Operation> {
    let read = || Operation {
        id: "",
        method: "get",
        path: "",
        summary: "",
        detail: "",
        query: Vec::new(),
        body: None,
        may_lack_body: false,
        status: 200,
        answer: None,
        media: "application/json",
        more_problems: &[],
        headers: &[],
        links: None,
        open: false,
    };
    vec![
        Operation {
            id: "request_magic_link",
            method: "post",
            path: "/auth/magic-link",
            summary: "Ask for a sign-in mail",
            detail: "The mail has a link, whose `token` goes to /auth/magic-link/verify, and a code of six digits for the browser that asked.",
            body: Some(reference::<auth::MagicLinkRequest>(g)),
            status: 202,
            open: true,
            more_problems: &[429],
            headers: &["Set-Cookie"],
            ..read()
        },
        Operation {
            id: "verify_magic_link",
            method: "post",
            path: "/auth/magic-link/verify",
            summary: "Sign in with what the mail brought",
            detail: "Sets the session cookie. `timezone` and `week_start` are where an account begins that is made by it, and change none that is there.",
            body: Some(reference::<auth::MagicLinkVerify>(g)),
            answer: Some(reference::<auth::SignedIn>(g)),
            open: true,
            more_problems: &[429],
            headers: &["Set-Cookie"],
            ..read()
        },
        Operation {
            id: "logout",
            method: "post",
            path: "/auth/logout",
            summary: "Sign out",
            status: 204,
            headers: &["Set-Cookie"],
            ..read()
        },
        Operation {
            id: "get_me",
            path: "/auth/me",
            summary: "Who is signed in",
            detail: "With the settings and the CSRF token.",
            answer: Some(reference::<Me>(g)),
            ..read()
        },
        Operation {
            id: "list_applications",
            path: "/applications",
            summary: "List applications",
            query: query::<ApplicationQuery>(),
            answer: Some(reference::<Page<Application>>(g)),
            ..read()
        },
        Operation {
            id: "create_application",
            method: "post",
            path: "/applications",
            summary: "Create an application",
            detail: "Company and role are enough. With a client-made `id`, the same create again answers the same row; other content under that id is a conflict; a deleted id stays deleted.",
            body: Some(reference::<ApplicationCreate>(g)),
            status: 201,
            answer: Some(reference::<Application>(g)),
            more_problems: &[409],
            headers: &["ETag", "Location"],
            links: Some(links()),
            ..read()
        },
        Operation {
            id: "get_application",
            path: "/applications/{id}",
            summary: "Get an application",
            answer: Some(reference::<Application>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "patch_application",
            method: "patch",
            path: "/applications/{id}",
            summary: "Change an application",
            detail: "A change of status appends a stage event.",
            body: Some(reference::<ApplicationPatch>(g)),
            answer: Some(reference::<Application>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "delete_application",
            method: "delete",
            path: "/applications/{id}",
            summary: "Delete an application",
            detail: "For ever, with all that hangs on it.",
            status: 204,
            ..read()
        },
        Operation {
            id: "list_stage_events",
            path: "/applications/{id}/stage-events",
            summary: "The moves of an application",
            answer: Some(reference::<Vec<StageEvent>>(g)),
            ..read()
        },
        Operation {
            id: "patch_stage_event",
            method: "patch",
            path: "/applications/{id}/stage-events/{event_id}",
            summary: "Correct a move of an application",
            detail: "When it happened, and whether it did. The newest move that counts is not struck out: the application's own PATCH undoes it. `status_since` and `application_date` follow, and make no version of the application.",
            body: Some(reference::<StageEventPatch>(g)),
            answer: Some(reference::<StageEvent>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "list_activities_of",
            path: "/applications/{id}/activities",
            summary: "The activities of an application",
            detail: "In the order in which they were created.",
            query: query::<PageQuery>(),
            answer: Some(reference::<Page<Activity>>(g)),
            ..read()
        },
        Operation {
            id: "create_activity",
            method: "post",
            path: "/applications/{id}/activities",
            summary: "Create an activity of an application",
            detail: "`type` is required, and `starts_at` of what is scheduled, which it is where no `status` is given. An id is used as that of an application.",
            body: Some(reference::<ActivityCreate>(g)),
            status: 201,
            answer: Some(reference::<Activity>(g)),
            more_problems: &[409],
            headers: &["ETag", "Location"],
            links: Some(links_of_activity()),
            ..read()
        },
        Operation {
            id: "list_activities",
            path: "/activities",
            summary: "List the activities that have a start",
            detail: "The earliest first, those that begin at `from` or later and before `to`.",
            query: query::<ActivityQuery>(),
            answer: Some(reference::<Page<Activity>>(g)),
            ..read()
        },
        Operation {
            id: "get_activity",
            path: "/activities/{id}",
            summary: "Get an activity",
            answer: Some(reference::<Activity>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "get_activity_calendar",
            path: calendar::OF_ACTIVITY,
            summary: "Get the calendar file of an activity",
            detail: "An iCalendar object (RFC 5545) with one VEVENT, whose UID stays and whose SEQUENCE rises with each change. One that was called off says METHOD:CANCEL.",
            answer: Some(json!({ "type": "string" })),
            media: "text/calendar",
            headers: &["Content-Disposition"],
            ..read()
        },
        Operation {
            id: "patch_activity",
            method: "patch",
            path: "/activities/{id}",
            summary: "Change an activity",
            detail: "It stays with its application.",
            body: Some(reference::<ActivityPatch>(g)),
            answer: Some(reference::<Activity>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "delete_activity",
            method: "delete",
            path: "/activities/{id}",
            summary: "Delete an activity",
            detail: "For ever.",
            status: 204,
            ..read()
        },
        Operation {
            id: "list_reminders",
            path: "/reminders",
            summary: "List reminders",
            detail: "In the order in which they are due, from `due_after` on and before `due_before`; those that were called off too.",
            query: query::<ReminderQuery>(),
            answer: Some(reference::<Page<Reminder>>(g)),
            ..read()
        },
        Operation {
            id: "create_reminder",
            method: "post",
            path: "/reminders",
            summary: "Create a reminder",
            detail: "Of an application, or of an activity. What is due in the past is due at once. An id is used as that of an application.",
            body: Some(reference::<ReminderCreate>(g)),
            status: 201,
            answer: Some(reference::<Reminder>(g)),
            more_problems: &[404, 409, 429],
            headers: &["ETag", "Location"],
            links: Some(links_of_reminder()),
            ..read()
        },
        Operation {
            id: "get_reminder",
            path: "/reminders/{id}",
            summary: "Get a reminder",
            answer: Some(reference::<Reminder>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "patch_reminder",
            method: "patch",
            path: "/reminders/{id}",
            summary: "Change a reminder",
            detail: "What is set on one that a rule planned stays so, whatever the rule says later.",
            body: Some(reference::<ReminderPatch>(g)),
            answer: Some(reference::<Reminder>(g)),
            more_problems: &[429],
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "delete_reminder",
            method: "delete",
            path: "/reminders/{id}",
            summary: "Delete a reminder",
            detail: "One that a rule planned is called off for good, and stays.",
            more_problems: &[429],
            status: 204,
            ..read()
        },
        Operation {
            id: "get_board",
            path: "/board",
            summary: "The top of every open column",
            query: query::<BoardQuery>(),
            answer: Some(reference::<BoardSnapshot>(g)),
            ..read()
        },
        Operation {
            id: "get_summary",
            path: "/analytics/summary",
            summary: "Get totals, what stands where, how long stages take, and what is silent",
            detail: ANALYTICS,
            query: query::<AnalyticsQuery>(),
            answer: Some(reference::<Summary>(g)),
            ..read()
        },
        Operation {
            id: "get_trends",
            path: "/analytics/trends",
            summary: "Get applications over time",
            detail: "At most 400 parts, empty ones included; the first and the last are cut to the range. Weeks begin on the user's first day of the week.",
            query: query::<TrendsQuery>(),
            answer: Some(reference::<Trends>(g)),
            ..read()
        },
        Operation {
            id: "get_sources",
            path: "/analytics/source-breakdown",
            summary: "Get what came of each source",
            detail: "Spellings that differ in case alone are one source.",
            query: query::<AnalyticsQuery>(),
            answer: Some(reference::<Sources>(g)),
            ..read()
        },
        Operation {
            id: "get_conversion",
            path: "/analytics/stage-conversion",
            summary: "Get how many applications reached each stage",
            detail: ANALYTICS,
            query: query::<AnalyticsQuery>(),
            answer: Some(reference::<Conversion>(g)),
            ..read()
        },
        Operation {
            id: "get_figures",
            path: "/analytics/figures",
            summary: "Get all figures at once, and what was done on each day of the last year",
            detail: "Days are put together as asked for, where that is not more than 400 parts; else, and when it is not said, each by itself up to 31 of them, by weeks up to 400, by months beyond.",
            query: query::<TrendsQuery>(),
            answer: Some(reference::<Figures>(g)),
            ..read()
        },
        Operation {
            id: "get_members",
            path: "/analytics/applications",
            summary: "Get the applications behind a figure",
            detail: "As many as the figure says, the newest first; of more than 1,000 the first of them. `status` goes with `reached`, `now`, `stayed` and `staying`, and with these alone; `reached` takes the stages from Applied to Accepted.",
            query: query::<MembersQuery>(),
            answer: Some(reference::<Members>(g)),
            ..read()
        },
        Operation {
            id: "get_calendar_feed",
            path: "/calendar-feed",
            summary: "Get the address at which calendars read the appointments",
            detail: "Whoever knows the address can read it. `address` is null while there is none.",
            answer: Some(reference::<CalendarFeed>(g)),
            ..read()
        },
        Operation {
            id: "change_calendar_feed",
            method: "post",
            path: "/calendar-feed",
            summary: "Make or change the address at which calendars read the appointments",
            detail: "Sent twice, it changes nothing more.",
            body: Some(reference::<CalendarFeedChange>(g)),
            may_lack_body: true,
            answer: Some(reference::<CalendarFeed>(g)),
            ..read()
        },
        Operation {
            id: "revoke_calendar_feed",
            method: "post",
            path: "/calendar-feed/revoke",
            summary: "Take the address away at which calendars read the appointments",
            status: 204,
            ..read()
        },
        Operation {
            id: "get_settings",
            path: "/settings",
            summary: "Get the settings",
            answer: Some(reference::<Settings>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "patch_settings",
            method: "patch",
            path: "/settings",
            summary: "Change the settings",
            body: Some(reference::<SettingsPatch>(g)),
            answer: Some(reference::<Settings>(g)),
            headers: &["ETag"],
            ..read()
        },
        Operation {
            id: "pull_changes",
            path: "/sync",
            summary: "What changed",
            detail: "In the order of the user's history. Without `since`, everything; then `next` of the page before, which leads on for the same `kinds` alone: with others it is 410. Skip kinds, operations and fields that you do not know; more may come.",
            query: [query::<SyncQuery>(), vec![positions()]].concat(),
            answer: Some(reference::<SyncPage>(g)),
            more_problems: &[410],
            ..read()
        },
    ]
}

/// What can be asked of an activity that was created.
fn links_of_activity() -> Value {
    let to = |operation: &str, parameters: Value| json!({ "operationId": operation, "parameters": parameters });
    let id = "$response.body#/id";
    let version = json!({ "path.id": id, "header.If-Match": "$response.header.ETag" });
    json!({
        "get": to("get_activity", json!({ "path.id": id })),
        "change": to("patch_activity", version.clone()),
        "delete": to("delete_activity", version),
    })
}

/// What can be asked of a reminder that was created.
fn links_of_reminder() -> Value {
    let to = |operation: &str, parameters: Value| json!({ "operationId": operation, "parameters": parameters });
    let id = "$response.body#/id";
    let version = json!({ "path.id": id, "header.If-Match": "$response.header.ETag" });
    json!({
        "get": to("get_reminder", json!({ "path.id": id })),
        "change": to("patch_reminder", version.clone()),
        "delete": to("delete_reminder", version),
    })
}

/// What can be asked of an application that was created.
fn links() -> Value {
    let to = |operation: &str, parameters: Value| json!({ "operationId": operation, "parameters": parameters });
    let id = "$response.body#/id";
    let one = json!({ "path.id": id });
    let version = json!({ "path.id": id, "header.If-Match": "$response.header.ETag" });
    json!({
        "get": to("get_application", one.clone()),
        "moves": to("list_stage_events", one.clone()),
        "activities": to("list_activities_of", one.clone()),
        "plan": to("create_activity", one),
        "change": to("patch_application", version.clone()),
        "delete": to("delete_application", version),
    })
}
