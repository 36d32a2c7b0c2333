//! Files of what is to be registered: found, read, and judged all together before anything is done.

mod files;
mod recipes;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use barid_event::Tenant;
use barid_registry::document::Reading;
use barid_registry::file::{Manifest, Problem, Problems, parse_manifest};
use barid_registry::{event_type, tenant};
use serde_json::Value;

pub(crate) use self::recipes::recipes;
use crate::apply::wanted::{Kind, Thing, Wanted};
use crate::exit::Usage;

/// Everything that is wrong with the files. Prints one problem a line, each with its file and place.
#[derive(Debug, thiserror::Error)]
#[error("nothing was done, since the files are not valid\n{}", .0.join("\n"))]
pub(crate) struct Invalid(Vec<String>);

/// What these files and folders say there should be, in their order. With `tenant`, of this tenant only.
pub(crate) fn read(paths: &[PathBuf], tenant: Option<&Tenant>) -> Result<Vec<Wanted>, Invalid> {
    // Whether http is allowed is for the gateway to say.
    let reading = Reading { allow_http: true, tenant, ..Reading::default() };
    let (files, mut problems) = files::find(paths);
    let mut wanted = Vec::new();
    for file in files {
        let name = files::shown(&file);
        match files::text(&file) {
            Err(error) => problems.push(format!("{name}: {}", unreadable(&error))),
            Ok(text) => match parse_manifest(&text, &reading) {
                Ok(manifest) => wanted.extend(things(&name, manifest)),
                Err(found) => problems.extend(told(&name, &found)),
            },
        }
    }
    problems.extend(twice(&wanted));
    if problems.is_empty() { Ok(wanted) } else { Err(Invalid(problems)) }
}

/// Judges a document as a file with this one subscription would be judged.
pub(crate) fn judge(subscription: &Value, name: &str) -> Result<(), Invalid> {
    let text = serde_json::json!({"subscriptions": [subscription]}).to_string();
    let reading = Reading { allow_http: true, ..Reading::default() };
    // Nobody has seen that text: its lines and columns say nothing.
    let lines =
        |found: Problems| found.listed().iter().map(|problem| format!("{name}: {}", without_place(problem))).collect();
    parse_manifest(&text, &reading).map(drop).map_err(|found| Invalid(lines(found)))
}

/// One document, for the API to judge.
pub(crate) fn one(file: &Path) -> anyhow::Result<Value> {
    let text = files::text(file).with_context(|| format!("cannot read {}", files::shown(file)))?;
    let value = barid_registry::file::read(&text)
        .map_err(|problems| Invalid(vec![format!("{}: {problems}", files::shown(file))]))?;
    if value.is_object() {
        return Ok(value);
    }
    Err(Usage(format!("{} holds no single object: use `barid apply -f` for lists", files::shown(file))).into())
}

/// What is wrong with a file, a line each.
fn told(file: &str, found: &Problems) -> Vec<String> {
    let line = |problem: &Problem| match problem.place {
        Some(place) => format!("{file}:{}:{}: {}", place.line, place.column, without_place(problem)),
        None => format!("{file}: {}", without_place(problem)),
    };
    let mut lines: Vec<_> = found.listed().iter().map(line).collect();
    if found.unlisted() > 0 {
        lines.push(format!("{file}: and {} more problems", found.unlisted()));
    }
    lines
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}")
}

fn without_place(problem: &Problem) -> String {
    if problem.path.is_empty() { problem.message.clone() } else { format!("{}: {}", problem.path, problem.message) }
}

fn things(file: &str, manifest: Manifest) -> Vec<Wanted> {
    let place = || file.to_owned();
    let mut wanted = Vec::new();
    wanted.extend(manifest.tenants.iter().map(|settings| {
        let id = settings.id.to_string();
        let thing = Thing { kind: Kind::Tenant, tenant: Some(id.clone()), name: id.clone(), id };
        Wanted { thing, document: tenant::write(settings), place: place() }
    }));
    wanted.extend(manifest.event_types.iter().map(|settings| {
        let id = settings.event_type.to_string();
        let thing = Thing { kind: Kind::EventType, tenant: None, name: id.clone(), id };
        Wanted { thing, document: event_type::write(settings), place: place() }
    }));
    wanted.extend(manifest.subscriptions.into_iter().map(|draft| {
        let mut document = draft.document;
        // The document is complete by itself, whoever's key puts it.
        document["tenant"] = draft.tenant.as_str().into();
        let thing = Thing {
            kind: Kind::Subscription,
            tenant: Some(draft.tenant.to_string()),
            name: draft.name.to_string(),
            id: draft.id.to_string(),
        };
        let place = draft.place.map_or_else(place, |place| format!("{file}:{}", place.line));
        Wanted { thing, document, place }
    }));
    wanted.extend(manifest.sources.into_iter().map(|draft| {
        let mut document = draft.document;
        document["tenant"] = draft.tenant.as_str().into();
        let thing = Thing {
            kind: Kind::Source,
            tenant: Some(draft.tenant.to_string()),
            name: draft.name.to_string(),
            id: draft.id.to_string(),
        };
        let place = draft.place.map_or_else(place, |place| format!("{file}:{}", place.line));
        Wanted { thing, document, place }
    }));
    wanted
}

/// The same thing in two files; twice in one is told by its reader.
fn twice(wanted: &[Wanted]) -> Vec<String> {
    let mut first: HashMap<(Kind, &str), &Wanted> = HashMap::with_capacity(wanted.len());
    let mut problems = Vec::new();
    for one in wanted {
        if let Some(before) = first.insert((one.thing.kind, &one.thing.id), one) {
            problems.push(format!("{}: {} is in {} as well: remove one", one.place, one.thing, before.place));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn subscription(name: &str) -> String {
        format!(
            "subscriptions:\n  - {{name: {name}, tenant: acme, events: ['#'], destination: {{url: 'https://h.example/'}}}}\n"
        )
    }

    #[test]
    fn reads_folders_in_the_order_of_names() {
        let directory = tempfile::tempdir().unwrap();
        for (file, text) in [("b.yaml", subscription("b")), ("a.yml", subscription("a")), ("notes.txt", "x".to_owned())]
        {
            fs::write(directory.path().join(file), text).unwrap();
        }
        let wanted = read(&[directory.path().to_owned()], None).unwrap();
        assert_eq!(wanted.iter().map(|one| one.thing.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(wanted[0].place.ends_with("a.yml:2"), "{}", wanted[0].place);
    }

    #[test]
    fn tells_the_problems_of_all_files_with_their_places() {
        let directory = tempfile::tempdir().unwrap();
        let at = |file: &str| directory.path().join(file);
        fs::write(at("a.yaml"), "subscriptions: [{name: A b}]").unwrap();
        fs::write(at("b.yaml"), "tenants: [{id: ACME}]").unwrap();
        let refused = read(&[at("a.yaml"), at("b.yaml"), at("c.yaml")], None).unwrap_err().to_string();
        for part in ["a.yaml:1:", "b.yaml:1:", "c.yaml: cannot be read"] {
            assert!(refused.contains(part), "{refused}");
        }
    }

    #[test]
    fn one_thing_in_two_files_is_a_problem() {
        let directory = tempfile::tempdir().unwrap();
        for file in ["a.yaml", "b.yaml"] {
            fs::write(directory.path().join(file), subscription("a")).unwrap();
        }
        let refused = read(&[directory.path().to_owned()], None).unwrap_err().to_string();
        assert!(
            refused.contains("b.yaml:2: subscription acme/a is in") && refused.ends_with("remove one"),
            "{refused}"
        );
    }

    #[test]
    fn one_document_may_be_yaml_or_json() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("s");
        for text in ["name: a\nevents: ['#']\n", r##"{"name": "a", "events": ["#"]}"##] {
            fs::write(&file, text).unwrap();
            assert_eq!(one(&file).unwrap()["events"][0], "#");
        }
        fs::write(&file, "[1]").unwrap();
        assert!(one(&file).is_err());
    }
}
