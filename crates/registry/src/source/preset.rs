//! What is known of a provider, from a file: how its requests are verified and taken in, what its payloads become, and a sample.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    intake::{self, Intake},
    mapping::{self, Mapping},
    verification::{self, Verification},
};
use crate::{
    cursor::{Cursor, Fields, Keys},
    name::Name,
    problem::{Problem, Problems},
    tree::{self, Node},
};

/// The longest title, note and sample, in bytes.
const MAX_TEXT: usize = 16 << 10;

/// The most headers of a sample.
const MAX_HEADERS: usize = 20;

const PRESET: Keys = Keys {
    known: &[
        "name",
        "title",
        "note",
        "verification",
        "items",
        "kind",
        "id",
        "json_field",
        "handshake",
        "acknowledgement",
        "mapping",
        "sample",
    ],
    unsupported: &[],
};
const SAMPLE: Keys = Keys { known: &["headers", "body", "type"], unsupported: &[] };

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What sources call it.
    pub name: Name,
    /// What people call it.
    pub title: String,
    /// What to know before using it.
    pub note: Option<String>,
    /// How requests are taken in.
    pub intake: Intake,
    /// What payloads become.
    pub mapping: Mapping,
    /// A request as the provider would send it.
    pub sample: Sample,
    verification: Value,
}

/// A request as a provider would send it, not signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Headers, by their names in lower case.
    pub headers: Box<[(Box<str>, Box<str>)]>,
    /// The body, with `$SECRET` where the secret goes along in it.
    pub body: String,
    /// The type of the event that comes of it.
    pub event_type: String,
}

/// All presets, by name.
#[derive(Clone, Debug, Default)]
pub struct Presets(BTreeMap<Box<str>, Preset>);

impl Presets {
    /// The presets of these files.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, Problems> {
        let presets = texts.into_iter().map(Preset::read);
        presets
            .map(|preset| preset.map(|preset| (preset.name.as_str().into(), preset)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The preset of this name.
    pub fn get(&self, name: &str) -> Option<&Preset> {
        self.0.get(name)
    }

    /// All of them, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &Preset> {
        self.0.values()
    }

    /// Their names, to choose from.
    pub(super) fn names(&self) -> String {
        self.0.keys().map(|name| &**name).collect::<Vec<_>>().join(", ")
    }
}

impl Preset {
    fn read(text: &str) -> Result<Self, Problems> {
        let node = tree::read(text)?;
        let mut problems = Problems::default();
        let read = preset(&Cursor::root(&node), &mut problems);
        problems.finish(read)
    }

    /// The verification, without anything overridden.
    pub fn verification(&self) -> Result<Verification, Problems> {
        self.verification_with(None)
    }

    /// The verification, with what a source says instead. Another scheme replaces all of it.
    pub(super) fn verification_with(&self, instead: Option<&Value>) -> Result<Verification, Problems> {
        let mut document = self.verification.clone();
        if let Some(instead) = instead {
            let scheme = instead.get("scheme");
            if scheme.is_some_and(|scheme| document.get("scheme") != Some(scheme)) {
                document = json!({});
            }
            merge(&mut document, instead);
        }
        let whole = Node::document(&json!({"verification": document})).map_err(Problems::from)?;
        let mut problems = Problems::default();
        let fields = Cursor::root(&whole).fields(&PRESET, &mut problems);
        let at = fields.and_then(|fields| fields.get("verification").cloned());
        let read = at.and_then(|at| verification::read(&at, &mut problems));
        problems.finish(read)
    }
}

fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    target.remove(key);
                } else if key == "signature" && is_elsewhere(value) {
                    // Another place instead of this one, and not beside it.
                    let kept = target.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
                    let kept = kept.into_iter().filter(|(key, _)| !PLACES.contains(&key.as_str()));
                    let mut place = Value::Object(kept.collect::<Map<_, _>>());
                    merge(&mut place, value);
                    target.insert(key.clone(), place);
                } else {
                    merge(target.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// Keys of which a proof has one.
const PLACES: [&str; 3] = ["header", "query", "body"];

fn is_elsewhere(signature: &Value) -> bool {
    PLACES.iter().any(|place| signature.get(place).is_some())
}

fn preset(at: &Cursor<'_>, problems: &mut Problems) -> Option<Preset> {
    let fields = at.fields(&PRESET, problems)?;
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let title = problems.keep(fields.require("title").and_then(|at| at.line(MAX_TEXT)));
    let note = fields.optional("note", problems, |at| at.prose(MAX_TEXT));
    let verification = problems.keep(fields.require("verification"));
    let verification = verification.and_then(|at| {
        verification::read(at, problems)?;
        problems.keep(at.json())
    });
    let intake = intake::read(&fields, problems);
    let mapping = problems.keep(fields.require("mapping")).and_then(|at| mapping::read(at, true, problems));
    let sample = problems.keep(fields.require("sample")).and_then(|at| sample(at, problems));
    Some(Preset {
        name: name?,
        title: title?,
        note,
        intake,
        mapping: mapping?,
        sample: sample?,
        verification: verification?,
    })
}

fn sample(at: &Cursor<'_>, problems: &mut Problems) -> Option<Sample> {
    let fields = at.fields(&SAMPLE, problems)?;
    let headers = fields.get("headers").map_or(Some(Vec::new()), |at| headers(at, problems));
    let body = fields.optional("body", problems, |at| at.prose(MAX_TEXT)).unwrap_or_default();
    let event_type = problems.keep(text(&fields, "type"));
    Some(Sample { headers: headers?.into(), body, event_type: event_type? })
}

fn headers(at: &Cursor<'_>, problems: &mut Problems) -> Option<Vec<(Box<str>, Box<str>)>> {
    let members = problems.keep(at.members(MAX_HEADERS))?;
    members.iter().map(|(name, at)| Some(((*name).into(), problems.keep(at.line(MAX_TEXT))?.into()))).collect()
}

fn text(fields: &Fields<'_>, key: &'static str) -> Result<String, Problem> {
    fields.require(key).and_then(|at| at.line(MAX_TEXT))
}
