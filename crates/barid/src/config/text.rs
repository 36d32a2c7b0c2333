//! Settings that are written as text: durations as people write them, checked words, lists from one variable.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{SerializeSeq, Serializer};

/// Durations such as `250ms` or `7d`.
pub(super) mod duration {
    use super::{Deserialize, Deserializer, Duration, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(value: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&humantime::format_duration(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text)
            .map_err(|_| D::Error::custom(format!("{text:?} is no duration: write 250ms, 5s, 15m, 2h or 7d")))
    }
}

/// Anything that checks its own text.
pub(super) mod checked {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A path, or nothing where the text is empty.
pub(super) mod optional_path {
    use super::{Deserialize, Deserializer, PathBuf, Serializer};

    #[expect(clippy::ref_option, reason = "serde gives it like this")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<PathBuf>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&value.as_deref().unwrap_or("".as_ref()).display())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        let text = String::deserialize(from)?;
        Ok((!text.is_empty()).then(|| text.into()))
    }
}

/// Anything that checks its own text, or nothing where the text is empty.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "serde gives it like this")]
    pub(crate) fn serialize<T: Display, S: Serializer>(value: &Option<T>, out: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => out.collect_str(value),
            None => out.serialize_str(""),
        }
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        match String::deserialize(from)?.as_str() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(D::Error::custom),
        }
    }
}

/// A list of checked texts, or one text with commas between them, as a variable of the environment gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T: Display> serde::Serialize for List<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut list = out.serialize_seq(Some(self.0.len()))?;
        for item in &self.0 {
            list.serialize_element(&item.to_string())?;
        }
        list.end()
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged, expecting = "expected a list, or one text with commas")]
        enum Written {
            Text(String),
            List(Vec<String>),
        }
        let texts = match Written::deserialize(from)? {
            Written::Text(text) if text.trim().is_empty() => Vec::new(),
            Written::Text(text) => text.split(',').map(|item| item.trim().to_owned()).collect(),
            Written::List(list) => list,
        };
        let items = texts.iter().map(|text| text.parse().map_err(D::Error::custom));
        Ok(Self(items.collect::<Result<_, _>>()?))
    }
}
