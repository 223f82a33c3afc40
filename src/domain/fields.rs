//! What a person fills in, said once for a kind of row: from one list of fields come the row, the body
//! that creates it and the body that changes it, so that they cannot disagree.

use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use uuid::Uuid;

/// What changes some fields of a row: the body of a `PATCH`. An absent field stays, `null` clears.
pub trait Patch:
    Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + 'static
{
    /// The row that it changes.
    type Row;
    /// The names of the fields that a person fills in, on the wire and in the database.
    const FIELDS: &'static [&'static str];

    /// Writes the changed fields, and nothing else, to `row`.
    fn apply(&self, row: &mut Self::Row);

    /// Whether `row` already is what this patch would make of it.
    fn is_noop_on(&self, row: &Self::Row) -> bool;

    /// This patch, then `later`, as one: the later one wins where both name a field.
    fn then(&mut self, later: Self);

    /// The names of the fields that it changes, as on the wire.
    fn names(&self) -> Vec<&'static str>;

    /// What would set these same fields back to what `row` has.
    fn inverse(&self, row: &Self::Row) -> Self;

    /// Whether a person who sees one row sees the other: all that is filled in is the same.
    fn are_alike(one: &Self::Row, other: &Self::Row) -> bool;
}

/// What creates a row: the body of a `POST`.
pub trait Create<P: Patch>:
    Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static
{
    /// This create, then `patch`, as one.
    fn then(&mut self, patch: P);

    /// The fields as a patch, for what creating and changing share.
    fn into_patch(self) -> P;

    /// What creates a row with the fields of `row` under another id; none where that is not possible.
    fn copy_of(id: Uuid, row: &P::Row) -> Option<Self>;
}

/// Nothing creates a row of this kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Never {}

impl<P: Patch> Create<P> for Never {
    fn then(&mut self, _: P) {
        match *self {}
    }
    fn into_patch(self) -> P {
        match self {}
    }
    fn copy_of(_: Uuid, _: &P::Row) -> Option<Self> {
        None
    }
}

/// The name of a field as it is on the wire and in the database: a word that Rust keeps for itself is
/// written `r#…` in code alone.
pub const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Declares a row, what creates it (where people do) and what changes it:
///
/// ```text
/// fields! {
///     /// Its docs, and more attributes.
///     row Note { pub id: Uuid, pub version: i64, } { pub updated_at: Timestamp, }
///     /// Its docs.
///     patch NotePatch {}
///     /// Its docs.
///     create NoteCreate {}
///     fields {
///         /// Its docs.
///         text: Prose<2000>,
///     }
/// }
/// ```
///
/// The fields of the row stand between what is in its two braces. What stands in the braces of
/// `patch` and `create` says how it is done and is no field of the row: `Option`s, of which those of
/// `create` are among those of `patch`.
macro_rules! fields {
    (
        $(#[$row_meta:meta])* row $Row:ident $first:tt $last:tt
        $(#[$patch_meta:meta])* patch $Patch:ident $patch_extra:tt
        $( $(#[$create_meta:meta])* create $Create:ident $create_extra:tt )?
        fields $fields:tt
    ) => {
        $crate::domain::fields::fields! { @row ($(#[$row_meta])*) $Row $first $fields $last }
        $crate::domain::fields::fields! { @patch ($(#[$patch_meta])*) $Patch $Row $patch_extra $fields }
        $( $crate::domain::fields::fields! {
            @create ($(#[$create_meta])*) $Create $Patch $Row $create_extra $fields
        } )?
    };

    (@row ($($row_meta:tt)*) $Row:ident {
        $( $(#[$first_meta:meta])* pub $first:ident : $first_type:ty, )*
    } {
        $( $(#[$meta:meta])* $field:ident : $type:ty, )+
    } {
        $( $(#[$last_meta:meta])* pub $last:ident : $last_type:ty, )*
    }) => {
        $($row_meta)*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        pub struct $Row {
            $( $(#[$first_meta])* pub $first: $first_type, )*
            $( $(#[$meta])* pub $field: $type, )+
            $( $(#[$last_meta])* pub $last: $last_type, )*
        }

        #[cfg(feature = "ssr")]
        $crate::domain::sql::sql_columns! { $Row {
            $( $first: $first_type, )* $( $field: $type, )+ $( $last: $last_type, )*
        } }
    };

    (@patch ($($patch_meta:tt)*) $Patch:ident $Row:ident {
        $( $(#[$extra_meta:meta])* $extra:ident : $extra_type:ty, )*
    } {
        $( $(#[$meta:meta])* $field:ident : $type:ty, )+
    }) => {
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        $($patch_meta)*
        #[serde(deny_unknown_fields, default)]
        pub struct $Patch {
            $( $(#[$extra_meta])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $extra: $extra_type, )*
            $( $(#[$meta])*
            #[serde(skip_serializing_if = "crate::domain::change::Change::is_keep")]
            pub $field: $crate::domain::change::Change<$type>, )+
        }

        impl $crate::domain::fields::Patch for $Patch {
            type Row = $Row;
            const FIELDS: &'static [&'static str] =
                &[ $( $crate::domain::fields::plain(stringify!($field)) ),+ ];

            fn apply(&self, row: &mut $Row) {
                $( self.$field.apply(&mut row.$field); )+
            }
            fn is_noop_on(&self, row: &$Row) -> bool {
                $( self.$field.is_noop_on(&row.$field) )&&+
            }
            fn then(&mut self, later: Self) {
                $( if later.$extra.is_some() { self.$extra = later.$extra; } )*
                $( self.$field.then(later.$field); )+
            }
            fn names(&self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $( if !self.$field.is_keep() { names.push($crate::domain::fields::plain(stringify!($field))); } )+
                names
            }
            fn inverse(&self, row: &$Row) -> Self {
                Self {
                    $( $extra: None, )*
                    $( $field: self.$field.restoring(&row.$field), )+
                }
            }
            fn are_alike(one: &$Row, other: &$Row) -> bool {
                $( one.$field == other.$field )&&+
            }
        }
    };

    (@create ($($create_meta:tt)*) $Create:ident $Patch:ident $Row:ident {
        $( $(#[$extra_meta:meta])* $extra:ident : $extra_type:ty, )*
    } {
        $( $(#[$meta:meta])* $field:ident : $type:ty, )+
    }) => {
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        $($create_meta)*
        #[serde(deny_unknown_fields, default)]
        pub struct $Create {
            /// The id to give it; a new one when absent.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<uuid::Uuid>,
            $( $(#[$extra_meta])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $extra: $extra_type, )*
            $( $(#[$meta])*
            #[serde(skip_serializing_if = "crate::domain::change::Change::is_keep")]
            pub $field: $crate::domain::change::Change<$type>, )+
        }

        impl $crate::domain::fields::Create<$Patch> for $Create {
            fn then(&mut self, patch: $Patch) {
                $( if patch.$extra.is_some() { self.$extra = patch.$extra; } )*
                $( self.$field.then(patch.$field); )+
            }
            // What only a patch says, where it has any.
            #[allow(clippy::needless_update)]
            fn into_patch(self) -> $Patch {
                $Patch {
                    $( $extra: self.$extra, )*
                    $( $field: self.$field, )+
                    ..Default::default()
                }
            }
            fn copy_of(id: uuid::Uuid, row: &$Row) -> Option<Self> {
                Some(Self {
                    id: Some(id),
                    $( $extra: None, )*
                    $( $field: $crate::domain::change::Change::Set(row.$field.clone()), )+
                })
            }
        }
    };
}
pub(crate) use fields;
