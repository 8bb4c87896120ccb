//! Closed vocabularies and typed ids: each exists once, here, and is a column type and a schema by feature.

/// A closed vocabulary whose members are stored, sent and printed as words.
pub trait Word: Copy + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static {
    /// Every member, in the order of its declaration.
    const ALL: &'static [Self];
    /// The word on every floor: column, JSON, path, log.
    fn as_str(self) -> &'static str;
    /// The field's Chinese term.
    fn zh(self) -> &'static str;
    /// The member with this word.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }
}

/// A text that is no member of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a word of {1}")]
pub struct UnknownWord(pub String, pub &'static str);

/// Declares a [`Word`]: a field-less enum with one word and one Chinese term per member.
///
/// Replaces, for each vocabulary, the enum, its text form both ways, serde, the column type and the schema:
///
/// ```
/// domain::word! {
///     /// How a file stands with the scanner.
///     pub enum ScanState {
///         /// Not looked at yet.
///         Pending = "pending" / "待检",
///         Clean = "clean" / "安全",
///     }
/// }
/// ```
#[macro_export]
macro_rules! word {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        // A `literal` would reach the schema's derive wrapped, which then does not see the name.
        $($(#[$vmeta:meta])* $variant:ident = $text:tt / $zh:tt),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType), sea_orm(value_type = "String"))]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        $vis enum $name {
            $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+
        }

        impl $crate::word::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::word::Word::as_str(*self))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::word::Word>::parse(text)
                    .ok_or_else(|| $crate::word::UnknownWord(text.to_owned(), stringify!($name)))
            }
        }
    };
}

/// Declares typed ids over UUIDv7, so that one thing's id cannot be passed for another's.
#[macro_export]
macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType))]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = uuid::Uuid))]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(text.parse()?))
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        // Asked for by sea-orm of every primary key; a UUID never comes from a row counter.
        #[cfg(feature = "orm")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}
