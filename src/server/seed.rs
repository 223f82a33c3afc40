//! Demo data: invented companies over all statuses, with a past that makes the board look lived in.

use super::{
    AppState,
    db::tenant::Owner,
    services::{Context, ledger::MutationKey, rows},
};
use crate::domain::{
    application::{Application, ApplicationCreate, ApplicationPatch},
    change::Change,
    error::Problem,
    stage::Status,
    time::Timestamp,
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
        now,
    };
    let demo = match count {
        None => demo(now),
        Some(count) => (0..count).map(|number| made_up(number, now)).collect(),
    };
    let mut added = 0;
    for (number, card) in demo.into_iter().enumerate() {
        let id = Uuid::new_v5(&user.id, format!("demo {number}").as_bytes());
        match rows::get::<Application>(&context, id).await {
            Ok(_) => continue,
            Err(problem) if problem.kind == crate::domain::error::ProblemKind::NotFound => {}
            Err(problem) => return Err(problem),
        }
        if load(context, id, number, card).await? {
            added += 1;
        }
    }
    Ok(Seeded {
        email: email.clone(),
        added,
    })
}

/// An application, and the statuses that it went through: how many days ago it reached each.
struct Card {
    fields: serde_json::Value,
    moves: Vec<(Status, i64)>,
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
    if create.application_date.is_keep() {
        create.application_date = Change::Set(at.date_naive());
    }
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
        rows::patch::<Application>(&moved, id, row.version, &patch).await?;
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
        },
        Card {
            fields: json!({
                "company": "Acme Corp", "role_title": "Backend Engineer", "source": "Referral",
                "priority": "Medium", "tags": ["python", "fintech"],
                "contacts_inline": [{ "name": "Jane Recruiter", "role": "Talent partner", "email": "jane@acme.example" }],
            }),
            moves: vec![(Applied, 3)],
        },
        Card {
            fields: json!({ "company": "Lumen Labs", "role_title": "Staff Engineer, Data Platform and Reliability", "source": "Company site", "location_mode": "hybrid", "location_text": "Lagos" }),
            moves: vec![(Draft, 0)],
        },
        Card {
            fields: json!({ "company": "Orbital", "role_title": "Site Reliability Engineer", "source": "LinkedIn", "priority": "High", "next_action": "Screening call", "next_action_due": due(22), "tags": ["on-call"] }),
            moves: vec![(Applied, 8), (Screening, 1)],
        },
        Card {
            fields: json!({ "company": "Pine & Co", "role_title": "Software Engineer II", "source": "Job board", "location_mode": "onsite", "location_text": "Abuja" }),
            moves: vec![(Applied, 13), (Screening, 7), (RecruiterCall, 4)],
        },
        Card {
            fields: json!({ "company": "Vertex", "role_title": "Compiler Engineer", "source": "Conference", "priority": "High", "next_action": "Pair session", "next_action_due": due(76), "tags": ["llvm", "rust"] }),
            moves: vec![(Applied, 20), (Screening, 12), (TechScreen, 2)],
        },
        Card {
            fields: json!({ "company": "Hearth", "role_title": "Senior Backend Engineer", "source": "Referral", "priority": "Medium", "next_action": "Prepare system design", "next_action_due": due(30), "tags": ["go", "remote"] }),
            moves: vec![
                (Applied, 30),
                (RecruiterCall, 21),
                (TechScreen, 12),
                (InterviewLoop, 5),
            ],
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
        },
        Card {
            fields: json!({ "company": "Kestrel", "role_title": "Developer Advocate", "source": "Job board" }),
            moves: vec![(Applied, 26), (Rejected, 15)],
        },
        Card {
            fields: json!({ "company": "Tallow", "role_title": "Infrastructure Engineer", "source": "Company site" }),
            moves: vec![(Applied, 35), (OnHold, 10)],
        },
        Card {
            fields: json!({ "company": "Brook", "role_title": "Full-stack Engineer", "source": "LinkedIn" }),
            moves: vec![(Applied, 60), (Ghosted, 25)],
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
        },
        Card {
            fields: json!({ "company": "Fable Works", "role_title": "Contract Backend Engineer", "source": "Referral" }),
            moves: vec![(Applied, 220), (Offer, 205), (Accepted, 200)],
        },
        Card {
            fields: json!({ "company": "Mistral Row", "role_title": "Tooling Engineer", "source": "Job board" }),
            moves: vec![(Applied, 18), (Status::Withdrawn, 16)],
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
    }
}
