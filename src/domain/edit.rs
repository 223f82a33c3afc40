//! What people do to rows: operations on one row of a kind, and edits, which are those of all kinds.

use super::{
    error::{Problem, ProblemKind},
    fields::{Create, Patch},
    kinds::kinds,
    row::{Edited, Made, OfEdit, OfKind},
    sync::{Entity, EntityKind},
    time::Timestamp,
};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was done to one row of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", bound = "")]
pub enum Op<R: Edited> {
    /// Made it.
    Create(Box<R::Create>),
    /// Changed some fields.
    Patch(Box<R::Patch>),
    /// Deleted it.
    Delete,
}

macro_rules! define_edits {
    ($d:tt all $all:tt edited { $( $module:ident::$Kind:ident, )+ }) => {
        $( use super::$module::$Kind; )+

        /// What was done to one row of any kind.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Edit {
            $(
                #[doc = concat!("To a row of the kind [`", stringify!($Kind), "`].")]
                $Kind(Op<$Kind>),
            )+
        }

        $(
            impl OfEdit for $Kind {
                fn into_edit(op: Op<Self>) -> Edit {
                    Edit::$Kind(op)
                }
                fn op(edit: &Edit) -> Option<&Op<Self>> {
                    match edit {
                        Edit::$Kind(op) => Some(op),
                        _ => None,
                    }
                }
            }
        )+

        /// Expands a body for the kind of an edit: `$op` is its operation, `$R` the row's type.
        macro_rules! each_kind {
            ($d edit:expr, |$d op:ident: $d R:ident| $d body:expr) => {
                match $d edit {
                    $(
                        // Not every body names the type.
                        $crate::domain::edit::Edit::$Kind($d op) => {
                            #[allow(dead_code)]
                            type $d R = $crate::domain::$module::$Kind;
                            $d body
                        }
                    )+
                }
            };
        }
        pub(crate) use each_kind;

        /// The edit that creates a copy of a row under another id; none where that is not possible.
        pub fn recreate(row: &Entity, id: Uuid) -> Option<Edit> {
            fn of<R: Edited>(row: &R, id: Uuid) -> Option<Edit> {
                let create = row.recreate(id)?;
                Some(R::into_edit(Op::Create(Box::new(create))))
            }
            match row {
                $( Entity::$Kind(row) => of(row.as_ref(), id), )+
                // There may be kinds that nobody edits.
                #[allow(unreachable_patterns)]
                _ => None,
            }
        }
    };
}
kinds!(define_edits $);

/// What is told apart in an edit without knowing its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It makes a row.
    Create,
    /// It changes one.
    Patch,
    /// It deletes one.
    Delete,
}

impl Edit {
    /// Which kind of row it is about.
    pub fn kind(&self) -> EntityKind {
        each_kind!(self, |_op: R| R::KIND)
    }

    /// What it does.
    pub fn verb(&self) -> Verb {
        each_kind!(self, |op: R| match op {
            Op::Create(_) => Verb::Create,
            Op::Patch(_) => Verb::Patch,
            Op::Delete => Verb::Delete,
        })
    }

    /// What a row of this kind is called in a message.
    pub fn noun(&self) -> &'static str {
        each_kind!(self, |_op: R| R::NOUN)
    }

    /// Whether it must stay apart from other edits of its row.
    pub fn is_event(&self) -> bool {
        each_kind!(self, |op: R| match op {
            Op::Patch(patch) => R::is_event(patch),
            Op::Create(_) | Op::Delete => false,
        })
    }

    /// When what it tells happened, where it says so.
    pub fn happened_at(&self) -> Option<Timestamp> {
        fn of<R: Edited>(op: &Op<R>) -> Option<Timestamp> {
            match op {
                Op::Create(create) => R::happened_at(&create.as_ref().clone().into_patch()),
                Op::Patch(patch) => R::happened_at(patch),
                Op::Delete => None,
            }
        }
        each_kind!(self, |op: R| of::<R>(op))
    }

    /// Whether it takes back what the user did before.
    pub fn is_undo(&self) -> bool {
        each_kind!(self, |op: R| match op {
            Op::Patch(patch) => R::is_undo(patch),
            Op::Create(_) | Op::Delete => false,
        })
    }

    /// This edit, then `later`, as one; none where they cannot be one.
    pub fn merged(&self, later: &Self) -> Option<Self> {
        fn ops<R: Edited>(first: &Op<R>, later: &Edit) -> Option<Edit> {
            let Op::Patch(later) = R::op(later)? else {
                return None;
            };
            Some(R::into_edit(match first {
                Op::Create(create) => {
                    let mut create = create.clone();
                    create.then(later.as_ref().clone());
                    Op::Create(create)
                }
                Op::Patch(patch) => {
                    let mut patch = patch.clone();
                    patch.then(later.as_ref().clone());
                    Op::Patch(patch)
                }
                Op::Delete => return None,
            }))
        }
        each_kind!(self, |first: R| ops::<R>(first, later))
    }

    /// This edit and a later one, as one, also where both create the row: what pages made that could
    /// not store it.
    pub(crate) fn together(&self, later: &Self) -> Option<Self> {
        fn ops<R: Edited>(first: &Op<R>, later: &Edit) -> Option<Edit> {
            let (Op::Create(first), Op::Create(later)) = (first, R::op(later)?) else {
                return None;
            };
            // By way of the text: its reader and writer are there for every type already.
            let object = |create: &R::Create| {
                let text = serde_json::to_string(create).ok()?;
                serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).ok()
            };
            let mut fields = object(first)?;
            fields.extend(object(later)?);
            let create = serde_json::from_str(&serde_json::to_string(&fields).ok()?).ok()?;
            Some(R::into_edit(Op::Create(Box::new(create))))
        }
        let merged = self.merged(later);
        merged.or_else(|| each_kind!(self, |first: R| ops::<R>(first, later)))
    }

    /// The row that it creates, if it creates one.
    pub(crate) fn built(&self, record: Uuid, made: Made) -> Option<Entity> {
        each_kind!(self, |op: R| match op {
            Op::Create(create) => R::build(create, record, made).ok().map(R::into_entity),
            Op::Patch(_) | Op::Delete => None,
        })
    }

    /// The edit as it would be made anew on a later state of its row, `now` where there is one yet.
    #[must_use]
    pub fn again(self, now: Option<Entity>) -> Self {
        fn op<R: Edited>(op: Op<R>, now: Option<Entity>) -> Edit {
            let now = now.and_then(R::from_entity);
            R::into_edit(match op {
                Op::Patch(patch) => Op::Patch(Box::new(R::again(*patch, now.as_ref()))),
                other => other,
            })
        }
        each_kind!(self, |edit: R| op::<R>(edit, now))
    }

    /// The edit as it was made by a clock that is `ahead` less, on a day that is `days` less.
    #[must_use]
    pub(crate) fn earlier(&self, ahead: Duration, days: Duration) -> Self {
        let mut earlier = self.clone();
        each_kind!(&mut earlier, |op: R| R::make_earlier(op, ahead, days));
        earlier
    }

    /// The fields that it sets, with their values, as they go over the wire.
    pub fn fields(&self) -> Vec<(String, serde_json::Value)> {
        let Some(serde_json::Value::Object(body)) = self.body() else {
            return Vec::new();
        };
        let names = each_kind!(self, |_op: R| <R as Edited>::Patch::FIELDS);
        let is_field = |name: &String| names.contains(&name.as_str());
        body.into_iter()
            .filter(|(name, _)| is_field(name))
            .collect()
    }

    fn body(&self) -> Option<serde_json::Value> {
        each_kind!(self, |op: R| match op {
            Op::Create(create) => serde_json::to_string(create).ok(),
            Op::Patch(patch) => serde_json::to_string(patch).ok(),
            Op::Delete => None,
        })
        .and_then(|text| serde_json::from_str(&text).ok())
    }

    /// The request that carries it: method, address below the API's base, body. The same edit is
    /// always the same bytes.
    pub fn request(&self, record: Uuid) -> (http::Method, String, Option<String>) {
        each_kind!(self, |op: R| {
            match op {
                Op::Create(create) => (
                    http::Method::POST,
                    R::created_at(create),
                    serde_json::to_string(create).ok(),
                ),
                Op::Patch(patch) => (
                    http::Method::PATCH,
                    R::patched_at(patch, record),
                    serde_json::to_string(patch).ok(),
                ),
                Op::Delete => (
                    http::Method::DELETE,
                    format!("{}/{record}", R::COLLECTION),
                    None,
                ),
            }
        })
    }
}

/// What an operation makes of a row; `None` is no row.
///
/// # Errors
/// 400 naming what does not fit, 404 where there is nothing to change, 409 where there is something
/// already.
pub fn apply<R: Edited>(
    op: &Op<R>,
    row: Option<&R>,
    id: Uuid,
    made: Made,
) -> Result<Option<R>, Problem> {
    let missing = || Problem::not_found(R::NOUN, id);
    match op {
        Op::Create(create) if row.is_none() => R::build(create, id, made).map(Some),
        Op::Create(_) => Err(Problem::new(
            ProblemKind::Conflict,
            format!("This {} exists already.", R::NOUN),
        )),
        Op::Patch(patch) => row.ok_or_else(missing)?.patched(patch, made).map(Some),
        Op::Delete => row.ok_or_else(missing).map(|_| None),
    }
}
