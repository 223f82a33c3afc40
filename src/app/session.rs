//! Who is signed in, and what the first page of their session is made of.

use super::figures::{self, Asked, Served};
use crate::{
    api::{
        auth,
        board::{BoardQuery, get_board},
        rest::{Query, Reply},
    },
    client::{
        habits::{self, use_habits},
        store::use_store,
        zone::{CurrentZone, Zone},
    },
    domain::{
        error::{Problem, ProblemKind},
        sync::BoardSnapshot,
        time::ZoneRules as _,
        user::Me,
    },
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who is signed in; nobody until a page of theirs is loaded.
pub type CurrentUser = RwSignal<Option<Me>>;

/// The signed-in user.
pub fn use_me() -> CurrentUser {
    expect_context::<CurrentUser>()
}

/// Provides who is signed in, their zone, and how they are used to dates.
pub fn provide() {
    provide_context(CurrentUser::new(None));
    provide_context(use_store().zone());
    provide_context(use_store().habits());
}

/// What the first page of a session is rendered from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Who it is.
    pub me: Me,
    /// What they see first.
    pub board: BoardSnapshot,
    /// The figures, where those are what they see.
    pub figures: Option<Served>,
}

/// What the first page needs beside the top of the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// The application that the address names.
    pub focus: Option<Uuid>,
    /// The figures that it asks for.
    pub figures: Option<Asked>,
}

impl Wanted {
    /// What the page at an address needs.
    pub fn of(path: &str, search: &str) -> Self {
        let id = path.strip_prefix("/board/");
        Self {
            focus: id.and_then(|id| id.parse().ok()),
            figures: (path == "/analytics").then(|| Asked::of(search)),
        }
    }
}

/// Asks the server for it.
///
/// # Errors
/// 401 where nobody is signed in, and what else the server says.
pub async fn start(wanted: Wanted) -> Result<Start, Problem> {
    let me = auth::me().await.and_then(Reply::into_body)?;
    let focus = wanted.focus;
    let query = Query::of(&BoardQuery { focus });
    let board = get_board(query).await.and_then(Reply::into_body)?;
    let figures = match wanted.figures {
        Some(asked) => {
            let today = Zone::new(me.settings.timezone.clone()).day(board.now);
            // The page says it where they cannot be had, and asks again.
            figures::ask(asked, today).await.ok()
        }
        None => None,
    };
    Ok(Start { me, board, figures })
}

/// The same in the shell, which no server has rendered.
///
/// # Errors
/// The same; without a network it says what that means.
pub async fn start_from_shell(wanted: Wanted) -> Result<Start, Problem> {
    start(wanted).await.map_err(|problem| match problem.kind {
        ProblemKind::Network => Problem::new(
            ProblemKind::Network,
            "You are offline, and nothing is kept on this device yet.",
        ),
        _ => problem,
    })
}

/// Takes note of who is signed in.
pub fn remember(me: Me) {
    use_store().use_csrf_token(&me.csrf_token);
    expect_context::<CurrentZone>().set(Zone::new(me.settings.timezone.clone()));
    habits::follow(use_habits(), &me.settings);
    use_me().set(Some(me));
}
