//! Planning in a moment: two fields and Enter; the rest can wait.

use crate::{
    app::{
        acts::Submission,
        components::{
            form::{
                Choice, Complaints, DateField, Draft, Editor, Fields, SelectField, TextField,
                input_id,
            },
            sidebar::Closing,
        },
    },
    client::{dom, store::use_store, zone::use_zone},
    domain::{
        activity::{ActivityCreate, ActivityStatus, ActivityType, FollowupChannel, InterviewStage},
        application::Application,
        change::Change,
        json,
        time::{Timestamp, ZoneRules},
        when::{Holds, Leans, morning},
    },
};
use leptos::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// What is planned, or logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// An interview to come.
    Interview,
    /// A call that took place.
    Call,
    /// Asking how it stands.
    FollowUp,
}

impl Plan {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Interview, Self::Call, Self::FollowUp];

    /// What it is called on the button that begins it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Interview => "Schedule interview",
            Self::Call => "Log a call",
            Self::FollowUp => "Plan a follow-up",
        }
    }

    /// Its word in the page, for whoever looks for its button.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interview => "interview",
            Self::Call => "call",
            Self::FollowUp => "follow-up",
        }
    }

    /// What it begins with.
    fn begins(self, row: &Application, now: Timestamp, zone: &impl ZoneRules) -> Fields {
        let fields = match self {
            Self::Interview => json!({
                "type": ActivityType::Interview,
                "starts_at": null,
                "interview_stage": InterviewStage::usual(row.status),
            }),
            Self::Call => json!({
                "type": ActivityType::Call,
                "status": ActivityStatus::Done,
                "starts_at": now,
                "outcome": null,
            }),
            Self::FollowUp => json!({
                "type": ActivityType::FollowUp,
                "starts_at": morning(now, 7, zone),
                "followup_channel": FollowupChannel::Email,
            }),
        };
        match fields {
            Value::Object(fields) => fields,
            _ => Fields::new(),
        }
    }
}

/// What is said of a plan that was begun and is left.
const UNFINISHED: &str = "Finish the plan, or cancel it.";

/// The form.
#[component]
pub fn PlanForm(
    /// What is planned.
    plan: Plan,
    /// Of which application.
    application: Uuid,
    /// It is over, and what was made.
    on_done: impl Fn(Option<Uuid>) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (store, zone) = (use_store(), use_zone());
    let fields = store
        .row_untracked::<Application>(application)
        .map(|row| zone.with_untracked(|zone| plan.begins(&row, store.now_untracked(), zone)));
    // Whoever leaves what was begun is told first.
    let closing = expect_context::<Closing>();
    on_cleanup(move || closing.unfinished(None));
    let draft = Draft::new(fields.unwrap_or_default());
    let complaints = Complaints::default();
    let editor = Editor::new(draft, complaints);
    let submission = Submission::default();
    request_animation_frame(move || {
        let first = match plan {
            Plan::Call => "outcome",
            Plan::Interview | Plan::FollowUp => "starts_at",
        };
        dom::focus(&format!("#{}", input_id(first)));
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        dom::save_typed();
        if editor.is_wrong("starts_at") || !submission.begin() {
            return;
        }
        let create = json::read::<ActivityCreate>(&Value::Object(draft.fields()));
        let made = match create {
            Ok(mut create) => {
                // A call of tomorrow is one to be held.
                let starts = create.starts_at.value().copied().flatten();
                if starts.is_some_and(|starts| starts > store.now_untracked()) {
                    create.status = Change::Set(ActivityStatus::Scheduled);
                }
                store.create_activity(application, create)
            }
            Err(error) => {
                submission.end();
                return editor.refuse("outcome", error);
            }
        };
        match made {
            Ok(id) => on_done(Some(id)),
            Err(problem) => {
                submission.end();
                match problem.message_for("starts_at") {
                    Some(why) => {
                        editor.refuse("starts_at", why);
                        dom::focus(&format!("#{}", input_id("starts_at")));
                    }
                    None => store.toast("error", problem.sentence(), None),
                }
            }
        }
    };
    let begun = RwSignal::new(false);
    let typed = move |_| {
        begun.set(true);
        closing.unfinished(Some(UNFINISHED));
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            event.stop_propagation();
            on_done(None);
        }
    };
    let more = match plan {
        Plan::Interview => {
            let stages = InterviewStage::ALL.iter().map(|stage| Choice {
                value: stage.as_str().into(),
                label: stage.interview().to_owned(),
            });
            let choices = stages.collect();
            view! { <SelectField editor field="interview_stage" choices/> }.into_any()
        }
        Plan::Call => {
            view! { <TextField editor field="outcome" placeholder="What came of it"/> }.into_any()
        }
        Plan::FollowUp => {
            let channels = FollowupChannel::ALL.iter().map(|channel| Choice {
                value: channel.as_str().into(),
                label: channel.label().to_owned(),
            });
            let choices = channels.collect();
            view! { <SelectField editor field="followup_channel" choices/> }.into_any()
        }
    };
    let leans = match plan {
        Plan::Call => Leans::Back,
        Plan::Interview | Plan::FollowUp => Leans::Ahead,
    };
    let verb = match plan {
        Plan::Call => "Log it",
        Plan::Interview | Plan::FollowUp => "Plan it",
    };
    view! {
        <form
            class="plan"
            aria-label=plan.label()
            novalidate
            data-unfinished=move || begun.get().then_some("")
            on:submit=submit
            on:keydown=key
            on:input=typed
        >
            <div class="fields">
                <DateField editor field="starts_at" holds=Holds::Moment leans/>
                {more}
            </div>
            // The focus stays in its field until the form has taken what stands there: a complaint that
            // goes when it is left would take the buttons away from under the pointer.
            <footer class="plan-footer" on:mousedown=move |event| event.prevent_default()>
                <button type="button" class="button button-quiet" on:click=move |_| on_done(None)>"Cancel"</button>
                <button type="submit" class="button button-primary">{verb}</button>
            </footer>
        </form>
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::Plan;
    use crate::domain::{
        activity::{Activity, ActivityCreate},
        application::tests::{now, sample},
        change::Change,
        row::{Edited, Made},
        stage::Status,
    };
    use serde_json::Value;
    use uuid::Uuid;

    #[test]
    fn a_follow_up_is_planned_for_the_morning_a_week_on_whatever_clocks_do_meanwhile() {
        let berlin = chrono_tz::Europe::Berlin;
        let before_the_change = "2026-03-25T20:00:00Z".parse().unwrap();
        let planned = crate::domain::when::morning(before_the_change, 7, &berlin);
        assert_eq!(planned.to_rfc3339(), "2026-04-01T07:00:00+00:00");
    }

    #[test]
    fn what_a_form_begins_with_makes_an_activity_once_it_has_a_start() {
        let mut row = sample(1);
        row.status = Status::TechScreen;
        for (plan, name) in Plan::ALL
            .into_iter()
            .zip(["Technical interview", "Call", "Follow-up"])
        {
            let fields = plan.begins(&row, now(), &chrono::Utc);
            let mut create: ActivityCreate = serde_json::from_value(Value::Object(fields)).unwrap();
            create.application_id = Some(row.id);
            create.timezone = Change::Set("Africa/Lagos".parse().unwrap());
            create.starts_at = Change::Set(Some(now()));
            let made = Made {
                at: now(),
                on: now().date_naive(),
            };
            let made = Activity::build(&create, Uuid::from_u128(5), made).unwrap();
            assert_eq!(made.headline(), name);
        }
    }
}
