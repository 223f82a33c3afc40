//! Closed sets of words: declared once, with their spelling on the wire and in the database.

/// Declares an enum whose variants have one fixed spelling in JSON, SQL and the URL. The second
/// string is the name of the PostgreSQL enum type.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        pub enum $name:ident as $sql:literal {
            $( $(#[$vmeta:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
        pub enum $name {
            $( $(#[$vmeta])* #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// Every value, in the order of their declaration.
            pub const ALL: &'static [Self] = &[ $( Self::$variant ),+ ];

            /// The spelling on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word ),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $( $word => Ok(Self::$variant), )+
                    other => Err(format!(
                        "“{other}” is not one of {}.",
                        [$( $word ),+].join(", ")
                    )),
                }
            }
        }

        #[cfg(feature = "ssr")]
        $crate::domain::sql::sql_choice!($name, $sql);
    };
}
pub(crate) use choice;
