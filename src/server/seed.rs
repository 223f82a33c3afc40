//! Demo data: invented companies over all statuses, with a past that makes the board look lived in.

use super::{
    AppState,
    db::tenant::Owner,
    services::{Context, ledger::MutationKey, mails, rows},
};
use crate::domain::{
    activity::{Activity, ActivityCreate},
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::Problem,
    reminder::{Reminder, ReminderCreate},
    row::Edited as _,
    rules::Rule,
    stage::Status,
    time::{Timestamp, ZoneRules},
    user::Email,
};
use chrono::DurationRound;
use serde_json::json;
use uuid::Uuid;

/// What was loaded.
pub struct Seeded {
    /// Whose account it is.
    pub email: Email,
    /// How many applications it got now.
    pub added: u32,
}

/// Loads the demo: ten applications, or `count` made-up ones. Ids derive from the address, so that
/// doing it again adds nothing.
///
/// # Errors
/// When the database does not take them.
pub async fn seed(state: &AppState, email: &Email, count: Option<u32>) -> Result<Seeded, Problem> {
    let now = state.clock.now();
    let user = state.db.ensure_user(email, now).await?;
    let context = Context {
        db: &state.db,
        keys: &state.keys,
        owner: Owner::vouched(user.id),
        mutation: None,
        reached: None,
        now,
    };
    let demo = match count {
        None => demo(now),
        Some(count) => (0..count).map(|number| made_up(number, now)).collect(),
    };
    let zone = super::db::settings::find(&mut state.db.read_as(context.owner).await?).await?;
    let zone = zone.timezone.rules().unwrap_or_default();
    let mut added = 0;
    for (number, mut card) in demo.into_iter().enumerate() {
        let activities = std::mem::take(&mut card.activities);
        let company = card.fields.get("company").and_then(|it| it.as_str());
        let reminder = REMINDERS.iter().find(|it| company == Some(it.0));
        let reminder = reminder.map(|(_, title, hours)| (*title, *hours));
        let id = Uuid::new_v5(&user.id, format!("demo {number}").as_bytes());
        match rows::get::<Application>(&context, id).await {
            Ok(_) => continue,
            Err(problem) if problem.kind == crate::domain::error::ProblemKind::NotFound => {}
            Err(problem) => return Err(problem),
        }
        if load(context, id, number, card).await? {
            added += 1;
            for (step, activity) in activities.into_iter().enumerate() {
                let own = Uuid::new_v5(&id, format!("demo activity {step}").as_bytes());
                let create = ActivityCreate {
                    application_id: Some(id),
                    ..activity.create(own, now, &zone)?
                };
                rows::create::<Activity>(&context, Some(own), &create).await?;
            }
            if let Some((title, hours)) = reminder {
                let own = Uuid::new_v5(&id, b"demo reminder");
                let create = ReminderCreate {
                    application_id: Some(id),
                    title: Change::Set(title.parse().map_err(unfit)?),
                    due_at: Change::Set(now - chrono::Duration::hours(hours)),
                    ..ReminderCreate::default()
                };
                rows::create::<Reminder>(&context, Some(own), &create).await?;
            }
        }
    }
    if added > 0 {
        // What was made up is to mail nobody.
        mails::set_mailed(&state.db, context.owner, Rule::ALL, false, now).await?;
    }
    Ok(Seeded {
        email: email.clone(),
        added,
    })
}

/// What is due already: of which company, what, and for how many hours. It rings in the app alone.
const REMINDERS: [(&str, &str, i64); 2] = [
    ("Hearth", "Send Jon the reading list", 2),
    ("Vertex", "Ask Mira about the format", 26),
];

fn unfit(why: String) -> Problem {
    Problem::field("demo", why)
}

/// An application, and the statuses that it went through: how many days ago it reached each.
struct Card {
    fields: serde_json::Value,
    moves: Vec<(Status, i64)>,
    activities: Vec<Plan>,
}

/// An activity: in how many days, at which hour of the user's, and the rest of it.
struct Plan {
    days: i64,
    hour: u32,
    fields: serde_json::Value,
}

impl Plan {
    fn create(
        self,
        id: Uuid,
        now: Timestamp,
        zone: &impl ZoneRules,
    ) -> Result<ActivityCreate, Problem> {
        let parse = |error: serde_json::Error| Problem::field("demo", error.to_string());
        let create: ActivityCreate = serde_json::from_value(self.fields).map_err(parse)?;
        let day = zone.day(now) + chrono::Duration::days(self.days);
        let wall = day.and_hms_opt(self.hour, 0, 0).unwrap_or_default();
        Ok(ActivityCreate {
            id: Some(id),
            starts_at: Change::Set(Some(zone.instant(wall))),
            ..create
        })
    }
}

/// Loads a card, and says whether it did: one that its user has deleted stays deleted.
async fn load(context: Context<'_>, id: Uuid, number: usize, card: Card) -> Result<bool, Problem> {
    let parse = |error: serde_json::Error| Problem::field("demo", error.to_string());
    let now = context.now;
    let mut moves = card
        .moves
        .into_iter()
        .map(|(status, days)| (status, days_ago(now, days)));
    let (status, at) = moves.next().unwrap_or((Status::Applied, now));
    let mut create: ApplicationCreate = serde_json::from_value(card.fields).map_err(parse)?;
    create.id = Some(id);
    create.status = Change::Set(status);
    create.status_occurred_at = Some(at);
    let key = |step: usize| MutationKey {
        key: format!("demo-{number}-{step}"),
        request_hash: [0; 32],
    };
    let first = key(0);
    let created = Context {
        mutation: Some(&first),
        ..context
    };
    match rows::create::<Application>(&created, Some(id), &create).await {
        Ok(_) => {}
        // There was one, and it was deleted.
        Err(problem) if problem.kind == crate::domain::error::ProblemKind::Gone => {
            return Ok(false);
        }
        Err(problem) => return Err(problem),
    }
    for (step, (status, at)) in moves.enumerate() {
        let row: Application = rows::get(&context, id).await?;
        let patch = ApplicationPatch {
            status: Change::Set(status),
            status_occurred_at: Some(at),
            ..ApplicationPatch::default()
        };
        let key = key(step + 1);
        let moved = Context {
            mutation: Some(&key),
            ..context
        };
        rows::patch::<Application>(&moved, id, row.seen(), &patch).await?;
    }
    Ok(true)
}

fn days_ago(now: Timestamp, days: i64) -> Timestamp {
    now - chrono::Duration::days(days)
}

fn demo(now: Timestamp) -> Vec<Card> {
    use Status::{
        Accepted, Applied, Declined, Draft, Ghosted, InterviewLoop, Offer, OnHold, RecruiterCall,
        Rejected, Screening, TechScreen,
    };
    // On the hour, as people plan.
    let due = |hours: i64| {
        now.duration_trunc(chrono::Duration::hours(1))
            .unwrap_or(now)
            + chrono::Duration::hours(hours)
    };
    vec![
        Card {
            fields: json!({
                "company": "Northwind", "role_title": "Platform Engineer", "source": "LinkedIn",
                "priority": "High", "tags": ["rust", "remote"], "next_action": "Follow up",
                "next_action_due": due(-48), "job_url": "https://jobs.northwind.example/platform",
                "salary_min": 82000, "salary_max": 96000, "salary_currency": "EUR",
                "notes": "Team of six; on call one week in six. Ask about the migration.",
            }),
            moves: vec![(Draft, 11), (Applied, 9)],
            activities: vec![],
        },
        Card {
            fields: json!({
                "company": "Acme Corp", "role_title": "Backend Engineer", "source": "Referral",
                "priority": "Medium", "tags": ["python", "fintech"],
                "contacts_inline": [{ "name": "Jane Recruiter", "role": "Talent partner", "email": "jane@acme.example" }],
            }),
            moves: vec![(Applied, 3)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Lumen Labs", "role_title": "Staff Engineer, Data Platform and Reliability", "source": "Company site", "location_mode": "hybrid", "location_text": "Lagos" }),
            moves: vec![(Draft, 0)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Orbital", "role_title": "Site Reliability Engineer", "source": "LinkedIn", "priority": "High", "next_action": "Screening call", "next_action_due": due(22), "tags": ["on-call"] }),
            moves: vec![(Applied, 8), (Screening, 1)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Pine & Co", "role_title": "Software Engineer II", "source": "Job board", "location_mode": "onsite", "location_text": "Abuja" }),
            moves: vec![(Applied, 13), (Screening, 7), (RecruiterCall, 4)],
            activities: vec![Plan {
                days: 3,
                hour: 9,
                fields: json!({ "type": "FollowUp", "followup_channel": "email" }),
            }],
        },
        Card {
            fields: json!({ "company": "Vertex", "role_title": "Compiler Engineer", "source": "Conference", "priority": "High", "next_action": "Pair session", "next_action_due": due(76), "tags": ["llvm", "rust"] }),
            moves: vec![(Applied, 20), (Screening, 12), (TechScreen, 2)],
            activities: vec![
                Plan {
                    days: -5,
                    hour: 15,
                    fields: json!({
                        "type": "Interview", "interview_stage": "screening", "status": "done",
                        "duration_minutes": 30, "interview_medium": "phone",
                        "outcome": "good: they like the side project",
                    }),
                },
                Plan {
                    days: 7,
                    hour: 10,
                    fields: json!({
                        "type": "Interview", "interview_stage": "technical", "duration_minutes": 90,
                        "interview_medium": "google_meet",
                        "location_or_link": "https://meet.example/vertex",
                        "related_contacts": [{ "name": "Mira Okafor", "role": "Compiler lead" }],
                        "agenda": "Pair on a small pass over an intermediate form.",
                        "prep_checklist": [
                            { "text": "Read their talk on register allocation", "done": true },
                            { "text": "Set up the editor for sharing", "done": false },
                        ],
                    }),
                },
            ],
        },
        Card {
            fields: json!({ "company": "Hearth", "role_title": "Senior Backend Engineer", "source": "Referral", "priority": "Medium", "next_action": "Prepare system design", "next_action_due": due(30), "tags": ["go", "remote"] }),
            moves: vec![
                (Applied, 30),
                (RecruiterCall, 21),
                (TechScreen, 12),
                (InterviewLoop, 5),
            ],
            activities: vec![Plan {
                days: 0,
                hour: 17,
                fields: json!({
                    "type": "Interview", "interview_stage": "loop", "duration_minutes": 60,
                    "interview_medium": "zoom", "location_or_link": "https://zoom.example/hearth",
                    "related_contacts": [{ "name": "Jon Bell" }, { "name": "Ada Umeh", "role": "CTO" }],
                    "prep_checklist": [{ "text": "Draw the system that you know best", "done": false }],
                }),
            }],
        },
        Card {
            fields: json!({ "company": "Saltwater", "role_title": "API Engineer", "source": "LinkedIn", "priority": "High", "next_action": "Answer the offer", "next_action_due": due(50), "salary_min": 74000, "salary_max": 74000, "salary_currency": "EUR" }),
            moves: vec![
                (Applied, 41),
                (Screening, 33),
                (TechScreen, 25),
                (InterviewLoop, 14),
                (Offer, 1),
            ],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Kestrel", "role_title": "Developer Advocate", "source": "Job board" }),
            moves: vec![(Applied, 26), (Rejected, 15)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Tallow", "role_title": "Infrastructure Engineer", "source": "Company site" }),
            moves: vec![(Applied, 35), (OnHold, 10)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Brook", "role_title": "Full-stack Engineer", "source": "LinkedIn" }),
            moves: vec![(Applied, 60), (Ghosted, 25)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Quarry", "role_title": "Data Engineer", "source": "Agency", "notes": "Two days a week on site; said no." }),
            moves: vec![
                (Applied, 70),
                (Screening, 62),
                (InterviewLoop, 55),
                (Offer, 48),
                (Declined, 45),
            ],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Fable Works", "role_title": "Contract Backend Engineer", "source": "Referral" }),
            moves: vec![(Applied, 220), (Offer, 205), (Accepted, 200)],
            activities: vec![],
        },
        Card {
            fields: json!({ "company": "Mistral Row", "role_title": "Tooling Engineer", "source": "Job board" }),
            moves: vec![(Applied, 18), (Status::Withdrawn, 16)],
            activities: vec![],
        },
    ]
}

/// One of many: for measuring a large board. The same number always makes the same card.
fn made_up(number: u32, now: Timestamp) -> Card {
    const COMPANIES: [&str; 12] = [
        "Northwind",
        "Acme Corp",
        "Lumen Labs",
        "Orbital",
        "Pine & Co",
        "Vertex",
        "Hearth",
        "Saltwater",
        "Kestrel",
        "Tallow",
        "Brook",
        "Quarry",
    ];
    const ROLES: [&str; 7] = [
        "Platform Engineer",
        "Backend Engineer",
        "Site Reliability Engineer",
        "Compiler Engineer",
        "Staff Engineer, Data Platform and Reliability",
        "Data Engineer",
        "API Engineer",
    ];
    const TAGS: [&str; 6] = ["rust", "remote", "python", "fintech", "go", "on-call"];
    let pick = |list: &[&'static str], salt: u32| {
        let index =
            (number.wrapping_mul(2_654_435_761).rotate_left(salt)) as usize % list.len().max(1);
        list.get(index).copied().unwrap_or_default()
    };
    let days = i64::from(number % 180);
    let status = Status::ALL
        .get(number as usize % Status::ALL.len())
        .copied()
        .unwrap_or(Status::Applied);
    let mut fields = json!({
        "company": format!("{} {}", pick(&COMPANIES, 3), number / 12 + 1),
        "role_title": pick(&ROLES, 9),
        "source": pick(&["LinkedIn", "Referral", "Job board", "Company site"], 13),
        "tags": if number.is_multiple_of(3) { json!([]) } else { json!([pick(&TAGS, 5), pick(&TAGS, 17)]) },
        "notes": "Spoke with the team lead; they look for somebody who likes long-lived systems.",
    });
    if number.is_multiple_of(4)
        && let Some(fields) = fields.as_object_mut()
    {
        let due = now + chrono::Duration::hours(i64::from(number % 200) - 60);
        fields.insert("next_action".into(), "Follow up".into());
        fields.insert("next_action_due".into(), json!(due));
    }
    Card {
        fields,
        moves: vec![(Status::Applied, days + 7), (status, days)],
        activities: vec![],
    }
}
