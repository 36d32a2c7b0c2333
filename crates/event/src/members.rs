//! The members of a JSON object that is an event or its envelope: attributes as scalars, the data untouched.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::AttributeValue;

/// What an event's JSON object holds, in the order it was written.
#[derive(Default)]
pub(crate) struct Members<'a> {
    /// Every member but the data, repeated ones too.
    pub(crate) attributes: Vec<(Cow<'a, str>, AttributeValue<'a>)>,
    /// The bytes of `data`.
    pub(crate) data: Option<&'a RawValue>,
    /// The text of `data_base64`, null as nothing.
    pub(crate) data_base64: Option<AttributeValue<'a>>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of CloudEvents attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(AttributeValue::Text(name)) = map.next_key()? {
            match &*name {
                "data" if members.data.is_some() => return Err(A::Error::duplicate_field("data")),
                "data" => members.data = Some(map.next_value()?),
                "data_base64" if members.data_base64.is_some() => {
                    return Err(A::Error::duplicate_field("data_base64"));
                }
                "data_base64" => members.data_base64 = Some(map.next_value()?),
                _ => members.attributes.push((name, map.next_value()?)),
            }
        }
        Ok(members)
    }
}

impl<'de> Deserialize<'de> for AttributeValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = AttributeValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(AttributeValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(AttributeValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(AttributeValue::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(AttributeValue::Unsupported(size_of::<u64>()), AttributeValue::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(AttributeValue::Unsupported(size_of::<f64>()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(AttributeValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(AttributeValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(AttributeValue::Unsupported(0))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(AttributeValue::Unsupported(0))
    }
}
