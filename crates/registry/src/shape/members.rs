//! The event taken apart, for what is not written around the data's own bytes.

use std::collections::BTreeMap;

use barid_event::Envelope;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::{ShapeError, json};
use crate::{
    id::SubscriptionId,
    payload::{Payload, TEMPLATE_NAMES},
};

/// The data of an event, after the selection.
pub(super) enum Content {
    /// JSON, text, or null where there is none.
    Value(Value),
    /// Anything else, in base64.
    Base64(String),
}

impl Content {
    /// What the payload's selection leaves of the data.
    pub(super) fn of(
        payload: &Payload,
        envelope: &Envelope,
        data: &Bytes,
        id: &SubscriptionId,
    ) -> Result<Self, ShapeError> {
        let is_everything = payload.selection.is_everything() || data.is_empty();
        match Self::whole(envelope, data)? {
            content if is_everything => Ok(content),
            Self::Value(value) if envelope.datacontenttype.is_json() => {
                Ok(Self::Value(payload.selection.apply(value, id)))
            }
            _ => Err(ShapeError::NotJson(envelope.datacontenttype.clone())),
        }
    }

    /// All of the data.
    pub(super) fn whole(envelope: &Envelope, data: &Bytes) -> Result<Self, ShapeError> {
        if data.is_empty() {
            return Ok(Self::Value(Value::Null));
        }
        if envelope.datacontenttype.is_json() {
            return Ok(Self::Value(serde_json::from_slice(data)?));
        }
        Ok(match std::str::from_utf8(data) {
            Ok(text) => Self::Value(text.into()),
            Err(_) => Self::Base64(STANDARD.encode(data)),
        })
    }

    /// The members of the standard envelope, in its order.
    pub(super) fn members(self, envelope: &Envelope) -> Vec<(&'static str, Value)> {
        let mut members = vec![
            ("id", envelope.id.as_str().into()),
            ("type", envelope.event_type.as_str().into()),
            ("timestamp", json::timestamp(envelope).into()),
            ("tenant", envelope.tenant.as_str().into()),
        ];
        if let Some(subject) = &envelope.subject {
            members.push(("subject", subject.as_str().into()));
        }
        members.push(("source", envelope.source.as_str().into()));
        if !envelope.datacontenttype.is_json() {
            members.push(("datacontenttype", envelope.datacontenttype.as_str().into()));
        }
        members.push(match self {
            Self::Value(value) => ("data", value),
            Self::Base64(text) => ("data_base64", text.into()),
        });
        members
    }

    /// The same for a template, which finds every name there is.
    pub(super) fn context(self, envelope: &Envelope) -> BTreeMap<&'static str, Value> {
        let mut context: BTreeMap<_, _> = TEMPLATE_NAMES.map(|name| (name, Value::Null)).into();
        context.extend(self.members(envelope));
        context.insert("datacontenttype", envelope.datacontenttype.as_str().into());
        context
    }

    /// The data without an envelope, if it can be without one.
    pub(super) fn alone(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Base64(_) => None,
        }
    }
}

/// What the payload's selection leaves of the data, as bytes of the same media type: the very same where it leaves all.
pub(super) fn bytes(
    payload: &Payload,
    envelope: &Envelope,
    data: &Bytes,
    id: &SubscriptionId,
) -> Result<Bytes, ShapeError> {
    if payload.selection.is_everything() || data.is_empty() {
        return Ok(data.clone());
    }
    match Content::of(payload, envelope, data, id)? {
        Content::Value(value) => Ok(serde_json::to_vec(&value)?.into()),
        Content::Base64(_) => Err(ShapeError::NotJson(envelope.datacontenttype.clone())),
    }
}
