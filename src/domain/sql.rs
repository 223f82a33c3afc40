//! How domain types are stored. The database layer cannot implement sqlx's traits for them (orphan
//! rule), so the mappings stand here, and nothing else that knows of SQL does.

use sqlx::error::BoxDynError;

/// A row whose fields are the columns of a table.
pub trait Columns {
    /// The names of the columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
}

/// Such a row as a database takes it.
pub trait Bind<DB: sqlx::Database>: Columns {
    /// Adds the values of [`Columns::COLUMNS`], in their order, to those of a statement.
    ///
    /// # Errors
    /// For a value that the database has no form for.
    fn bind_to(&self, arguments: &mut DB::Arguments) -> Result<(), BoxDynError>;
}

/// Says how the fields of a row are stored; see [`Columns`].
macro_rules! sql_columns {
    ($Row:ident { $( $field:ident : $type:ty, )+ }) => {
        impl $crate::domain::sql::Columns for $Row {
            const COLUMNS: &'static [&'static str] =
                &[ $( $crate::domain::fields::plain(stringify!($field)) ),+ ];
        }

        impl<DB: sqlx::Database> $crate::domain::sql::Bind<DB> for $Row
        where
            $( $type: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>, )+
        {
            fn bind_to(
                &self,
                arguments: &mut DB::Arguments,
            ) -> Result<(), sqlx::error::BoxDynError> {
                use sqlx::Arguments as _;
                $( arguments.add(self.$field.clone())?; )+
                Ok(())
            }
        }
    };
}
pub(crate) use sql_columns;

/// A closed set of words: a native enum in PostgreSQL, checked text in SQLite.
macro_rules! sql_choice {
    ($name:ty, $sql:literal) => {
        impl sqlx::Type<sqlx::Postgres> for $name {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                sqlx::postgres::PgTypeInfo::with_name($sql)
            }
        }
        impl sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo {
                sqlx::postgres::PgTypeInfo::array_of($sql)
            }
        }
        impl sqlx::Type<sqlx::Sqlite> for $name {
            fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
                <str as sqlx::Type<sqlx::Sqlite>>::type_info()
            }
            fn compatible(ty: &sqlx::sqlite::SqliteTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Sqlite>>::compatible(ty)
            }
        }
        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name
        where
            &'q str: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buf: &mut <DB as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <&str as sqlx::Encode<'q, DB>>::encode(self.as_str(), buf)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name
        where
            &'r str: sqlx::Decode<'r, DB>,
        {
            fn decode(
                value: <DB as sqlx::Database>::ValueRef<'r>,
            ) -> Result<Self, sqlx::error::BoxDynError> {
                let word = <&str as sqlx::Decode<'r, DB>>::decode(value)?;
                word.parse().map_err(Into::into)
            }
        }
    };
}
pub(crate) use sql_choice;

/// A type that is stored as another one that sqlx knows. `$out` and `$back` convert.
macro_rules! sql_as {
    ($name:ty, $raw:ty, $out:expr, $back:expr $(, const $n:ident)?) => {
        impl<DB: sqlx::Database $(, const $n: usize)?> sqlx::Type<DB> for $name
        where
            $raw: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$raw as sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$raw as sqlx::Type<DB>>::compatible(ty)
            }
        }
        impl<'q, DB: sqlx::Database $(, const $n: usize)?> sqlx::Encode<'q, DB> for $name
        where
            $raw: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buf: &mut <DB as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                let raw: $raw = $out(self);
                <$raw as sqlx::Encode<'q, DB>>::encode(raw, buf)
            }
        }
        impl<'r, DB: sqlx::Database $(, const $n: usize)?> sqlx::Decode<'r, DB> for $name
        where
            $raw: sqlx::Decode<'r, DB>,
        {
            fn decode(
                value: <DB as sqlx::Database>::ValueRef<'r>,
            ) -> Result<Self, sqlx::error::BoxDynError> {
                Ok($back(<$raw as sqlx::Decode<'r, DB>>::decode(value)?))
            }
        }
    };
}
pub(crate) use sql_as;

use super::{
    activity::{Checklist, ChecklistItem},
    application::Contact,
    link::Links,
    reminder::Origin,
    rules::{Channels, ReminderChannel},
    tags::Tags,
};
use sqlx::{Postgres, Sqlite, types::Json};

// Channels are an array in PostgreSQL and a JSON array in SQLite.
impl sqlx::Type<Postgres> for Channels {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <Vec<ReminderChannel> as sqlx::Type<Postgres>>::type_info()
    }
    fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
        <Vec<ReminderChannel> as sqlx::Type<Postgres>>::compatible(ty)
    }
}
impl sqlx::Type<Sqlite> for Channels {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <Json<Vec<String>> as sqlx::Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &sqlx::sqlite::SqliteTypeInfo) -> bool {
        <Json<Vec<String>> as sqlx::Type<Sqlite>>::compatible(ty)
    }
}
impl<'q> sqlx::Encode<'q, Postgres> for Channels {
    fn encode_by_ref(
        &self,
        buf: &mut <Postgres as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <Vec<ReminderChannel> as sqlx::Encode<'q, Postgres>>::encode(self.to_vec(), buf)
    }
}
impl<'q> sqlx::Encode<'q, Sqlite> for Channels {
    fn encode_by_ref(
        &self,
        buf: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <Json<&Self> as sqlx::Encode<'q, Sqlite>>::encode(Json(self), buf)
    }
}
impl<'r> sqlx::Decode<'r, Postgres> for Channels {
    fn decode(
        value: <Postgres as sqlx::Database>::ValueRef<'r>,
    ) -> Result<Self, sqlx::error::BoxDynError> {
        <Vec<ReminderChannel> as sqlx::Decode<'r, Postgres>>::decode(value)
            .map(|channels| Self::of(&channels))
    }
}
impl<'r> sqlx::Decode<'r, Sqlite> for Channels {
    fn decode(
        value: <Sqlite as sqlx::Database>::ValueRef<'r>,
    ) -> Result<Self, sqlx::error::BoxDynError> {
        <Json<Vec<ReminderChannel>> as sqlx::Decode<'r, Sqlite>>::decode(value)
            .map(|Json(channels)| Self::of(&channels))
    }
}

// A list of tags is `text[]` in PostgreSQL (GIN-indexable) and a JSON array in SQLite.
impl sqlx::Type<Postgres> for Tags {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <Vec<String> as sqlx::Type<Postgres>>::type_info()
    }
    fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
        <Vec<String> as sqlx::Type<Postgres>>::compatible(ty)
    }
}
impl sqlx::Type<Sqlite> for Tags {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <Json<Vec<String>> as sqlx::Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &sqlx::sqlite::SqliteTypeInfo) -> bool {
        <Json<Vec<String>> as sqlx::Type<Sqlite>>::compatible(ty)
    }
}
impl<'q> sqlx::Encode<'q, Postgres> for Tags {
    fn encode_by_ref(
        &self,
        buf: &mut <Postgres as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <Vec<String> as sqlx::Encode<'q, Postgres>>::encode(self.to_strings(), buf)
    }
}
impl<'q> sqlx::Encode<'q, Sqlite> for Tags {
    fn encode_by_ref(
        &self,
        buf: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <Json<Vec<String>> as sqlx::Encode<'q, Sqlite>>::encode(Json(self.to_strings()), buf)
    }
}
impl<'r> sqlx::Decode<'r, Postgres> for Tags {
    fn decode(
        value: <Postgres as sqlx::Database>::ValueRef<'r>,
    ) -> Result<Self, sqlx::error::BoxDynError> {
        <Vec<String> as sqlx::Decode<'r, Postgres>>::decode(value).map(Self::from_stored)
    }
}
impl<'r> sqlx::Decode<'r, Sqlite> for Tags {
    fn decode(
        value: <Sqlite as sqlx::Database>::ValueRef<'r>,
    ) -> Result<Self, sqlx::error::BoxDynError> {
        <Json<Vec<String>> as sqlx::Decode<'r, Sqlite>>::decode(value)
            .map(|Json(strings)| Self::from_stored(strings))
    }
}

/// A list of structures: `jsonb` in PostgreSQL, JSON text in SQLite.
macro_rules! sql_json {
    ($name:ty, $raw:ty, $out:expr, $back:expr) => {
        sql_as!(
            $name,
            Json<$raw>,
            |list: &$name| Json($out(list)),
            |Json(list)| $back(list)
        );
    };
}
sql_json!(
    Links,
    Vec<super::link::Link>,
    |links: &Links| links.0.clone(),
    Links
);
sql_json!(
    super::application::Contacts,
    Vec<Contact>,
    |contacts: &super::application::Contacts| contacts.0.clone(),
    super::application::Contacts
);
sql_json!(
    Checklist,
    Vec<ChecklistItem>,
    |checklist: &Checklist| checklist.0.clone(),
    Checklist
);
sql_json!(Origin, Origin, |origin: &Origin| origin.clone(), |it| it);
