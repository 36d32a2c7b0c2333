//! Structured mode: the whole event as one JSON object in the body.

use std::borrow::Cow;

use bytes::Bytes;
use data_encoding::BASE64;

use crate::attributes::Attributes;
use crate::members::Members;
use crate::{AttributeValue, Malformed, json};

/// Sets the attributes that the body gives, and returns the data: the bytes of the member `data` as they stand in the
/// body, the text of a string if the content type is not JSON, or what `data_base64` decodes to.
pub(super) fn read(body: &Bytes, attributes: &mut Attributes) -> Result<Bytes, Malformed> {
    // The whole body first: depth, UTF-8 and numbers, which keeping the data raw would not check.
    json::check(body)?;
    let members: Members<'_> = json::parse(body)?;
    for (name, value) in &members.attributes {
        attributes.set_value(name, value)?;
    }
    let is_json = attributes.datacontenttype.get_or_insert_default().is_json();
    let base64 = members.data_base64.filter(|value| *value != AttributeValue::Null);
    match (members.data, base64) {
        (Some(_), Some(_)) => Err(invalid("is given as data and as data_base64: give it once")),
        (None, None) => Ok(Bytes::new()),
        (None, Some(AttributeValue::Text(encoded))) => {
            let data = BASE64
                .decode(encoded.as_bytes())
                .map_err(|_| invalid("in data_base64 is no base64: use the standard alphabet, padded"))?;
            if is_json && !data.is_empty() {
                json::check(&data)?;
            }
            Ok(data.into())
        }
        (None, Some(_)) => Err(invalid("in data_base64 is no string: encode it as base64")),
        (Some(raw), None) if is_json => Ok(body.slice_ref(raw.get().as_bytes())),
        (Some(raw), None) => match json::parse(raw.get().as_bytes())? {
            AttributeValue::Text(Cow::Borrowed(text)) => Ok(body.slice_ref(text.as_bytes())),
            AttributeValue::Text(Cow::Owned(text)) => Ok(text.into()),
            _ => Err(invalid("is a JSON value but datacontenttype is not JSON: give a string or data_base64")),
        },
    }
}

fn invalid(problem: &'static str) -> Malformed {
    Malformed::InvalidData { problem }
}
