//! Who is signed in, and what the first page of their session is made of.

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
}

/// Asks the server for both; `focus` is the application that the address names.
///
/// # Errors
/// 401 where nobody is signed in, and what else the server says.
pub async fn start(focus: Option<Uuid>) -> Result<Start, Problem> {
    let me = auth::me().await.and_then(Reply::into_body)?;
    let query = Query::of(&BoardQuery { focus });
    let board = get_board(query).await.and_then(Reply::into_body)?;
    Ok(Start { me, board })
}

/// The same in the shell, which no server has rendered.
///
/// # Errors
/// The same; without a network it says what that means.
pub async fn start_from_shell(focus: Option<Uuid>) -> Result<Start, Problem> {
    start(focus).await.map_err(|problem| match problem.kind {
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
