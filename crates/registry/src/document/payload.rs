//! The key `payload` of a document: read into settings, and written from them.

use std::collections::BTreeMap;

use barid_event::ContentType;
use serde_json::{Map, Value, json};

use crate::{
    cursor::{Cursor, Fields, Keys, all},
    payload::{Encoding, Format, MAX_PATHS, Path, Payload, Redaction, Selection, Template},
    problem::Problems,
};

const PAYLOAD: Keys = Keys {
    known: &["envelope", "encoding", "fields", "exclude", "redact", "template", "content_type"],
    unsupported: &[],
};

/// The payload at a cursor.
pub(super) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Option<Payload> {
    let fields = at.fields(&PAYLOAD, problems)?;
    let selection = selection(&fields, problems);
    let format = match fields.get("template") {
        Some(at) => template(at, &fields, problems).map(Format::Template),
        None => enveloped(&fields, problems),
    };
    Some(Payload { selection: selection?, format: format? })
}

fn enveloped(fields: &Fields<'_>, problems: &mut Problems) -> Option<Format> {
    if let Some(at) = fields.get("content_type") {
        problems.add(at.problem("is there without a template, whose media type it is: remove it"));
    }
    // An encoding that is refused is left at its default, since the document is refused with it.
    let at_encoding = fields.get("encoding");
    let encoding = at_encoding.and_then(|at| problems.keep(at.one_of(&Encoding::ALL))).unwrap_or_default();
    let at_envelope = fields.get("envelope");
    let envelope = at_envelope.map_or(Ok("standard"), Cursor::text);
    let envelope = problems.keep(envelope)?;
    let format = Format::enveloped(envelope, encoding);
    match (format, at_envelope, at_encoding) {
        (Ok(format), ..) => Some(format),
        (Err(error @ crate::payload::InvalidFormat::Structured(_)), _, Some(at)) | (Err(error), Some(at), _) => {
            problems.add(at.problem(error.to_string()));
            None
        }
        // Neither is there, and the default is an envelope.
        (Err(_), None, _) => None,
    }
}

fn template(at: &Cursor<'_>, fields: &Fields<'_>, problems: &mut Problems) -> Option<Template> {
    for key in ["envelope", "encoding"] {
        if let Some(at) = fields.get(key) {
            problems.add(at.problem("is there beside template, which writes the whole body: remove one of them"));
        }
    }
    let content_type = fields.get("content_type").map_or_else(
        || Ok(ContentType::default()),
        |at| at.text().and_then(|text| text.parse().map_err(|error| at.problem(format!("{error}")))),
    );
    let content_type = problems.keep(content_type)?;
    problems.keep(at.text().and_then(|source| at.check(Template::new(source, content_type))))
}

fn selection(fields: &Fields<'_>, problems: &mut Problems) -> Option<Selection> {
    let include = paths(fields, "fields", problems);
    let exclude = paths(fields, "exclude", problems);
    let redact = fields.get("redact").map_or_else(|| Some(BTreeMap::new()), |at| redact(at, problems));
    if let Some(at) = fields.get("fields")
        && include.as_ref().is_some_and(Vec::is_empty)
    {
        problems.add(at.problem("is empty: name what to include, or remove it to include everything"));
    }
    // Too many paths are refused by each reader at its own place.
    Selection::new(include?, exclude?, redact?).ok()
}

fn paths(fields: &Fields<'_>, key: &str, problems: &mut Problems) -> Option<Vec<Path>> {
    fields.get(key).map_or_else(|| Some(Vec::new()), |at| all(at, MAX_PATHS, Cursor::parse::<Path>, problems))
}

fn redact(at: &Cursor<'_>, problems: &mut Problems) -> Option<BTreeMap<Path, Redaction>> {
    let members = problems.keep(at.members(MAX_PATHS))?;
    let read: Vec<_> = members
        .into_iter()
        .map(|(key, at)| {
            let path = problems.keep(at.check(key.parse::<Path>()));
            let redaction = problems.keep(at.one_of(&Redaction::ALL));
            Some((path?, redaction?))
        })
        .collect();
    read.into_iter().collect()
}

/// The canonical form: `fields`, `exclude` and `redact` only where they choose something.
pub(super) fn write(payload: &Payload) -> Value {
    let mut document = Map::new();
    match &payload.format {
        Format::Template(template) => {
            document.insert("template".to_owned(), json!(template.source()));
            document.insert("content_type".to_owned(), json!(template.content_type().as_str()));
        }
        format => {
            if let Some((envelope, encoding)) = format.names() {
                document.insert("envelope".to_owned(), json!(envelope));
                document.insert("encoding".to_owned(), json!(encoding.as_str()));
            }
        }
    }
    let selection = &payload.selection;
    for (key, paths) in [("fields", selection.fields()), ("exclude", selection.exclude())] {
        if !paths.is_empty() {
            document.insert(key.to_owned(), paths.iter().map(Path::as_str).collect());
        }
    }
    if !selection.redact().is_empty() {
        let redact = selection.redact().iter().map(|(path, how)| (path.as_str().to_owned(), json!(how.as_str())));
        document.insert("redact".to_owned(), Value::Object(redact.collect()));
    }
    Value::Object(document)
}

#[cfg(test)]
mod tests;
