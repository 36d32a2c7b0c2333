//! A file for `barid apply`: what the API is to have, of every kind. Everything is checked here already, so that nothing is
//! applied of a file that would be refused half-way.

use std::{collections::HashSet, fmt};

use barid_event::Tenant;
use serde_json::Value;

use super::{MAX_SUBSCRIPTIONS, Place, Problem, Problems, Twice, tree};
use crate::{
    cursor::{Cursor, Keys},
    document::{self, Reading},
    event_type::{self, EventTypeSettings},
    id::SubscriptionId,
    name::Name,
    source::{self, SourceId},
    tenant::{self, TenantSettings},
};

/// The most tenants in a file.
pub const MAX_TENANTS: usize = 50_000;
/// The most sources in a file.
pub const MAX_SOURCES: usize = 10_000;
/// The most event types in a file.
pub const MAX_EVENT_TYPES: usize = 10_000;

const MANIFEST: Keys = Keys { known: &["tenants", "event_types", "subscriptions", "sources"], unsupported: &[] };

/// What a file describes, each kind in its order.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The tenants, at revision 0.
    pub tenants: Vec<TenantSettings>,
    /// The event types, at revision 0.
    pub event_types: Vec<EventTypeSettings>,
    /// The subscriptions.
    pub subscriptions: Vec<Draft>,
    /// The sources.
    pub sources: Vec<SourceDraft>,
}

/// A checked subscription as it is written, which may be without the secrets that are made for it.
#[derive(Clone)]
pub struct Draft {
    /// Its identifier.
    pub id: SubscriptionId,
    /// Its tenant.
    pub tenant: Tenant,
    /// Its name.
    pub name: Name,
    /// The document as written. Holds secrets if the file does.
    pub document: Value,
    /// Where it begins in the file.
    pub place: Option<Place>,
    /// Where it stands in the structure: `subscriptions[0]`.
    pub path: String,
}

/// A source as it is written. Only who it is has been read: what is missing may be kept from the source there is, which the
/// API knows.
#[derive(Clone)]
pub struct SourceDraft {
    /// Its identifier.
    pub id: SourceId,
    /// Its tenant.
    pub tenant: Tenant,
    /// Its name.
    pub name: Name,
    /// The document as written. Holds secrets.
    pub document: Value,
    /// Where it begins in the file.
    pub place: Option<Place>,
}

impl fmt::Debug for SourceDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the document, for its secrets.
        f.debug_struct("SourceDraft").field("tenant", &self.tenant).field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the document, for its secrets.
        f.debug_struct("Draft").field("tenant", &self.tenant).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What `text` describes; or everything that is wrong with it.
pub fn parse_manifest(text: &str, reading: &Reading<'_>) -> Result<Manifest, Problems> {
    let root = tree(text)?;
    let mut problems = Problems::default();
    let mut manifest = Manifest::default();
    if let Some(fields) = Cursor::root(&root).fields(&MANIFEST, &mut problems) {
        let mut items = |key, limit| {
            let items = fields.optional(key, &mut problems, |list| list.items(limit));
            items.unwrap_or_default()
        };
        let tenants = items("tenants", MAX_TENANTS);
        let event_types = items("event_types", MAX_EVENT_TYPES);
        let subscriptions = items("subscriptions", MAX_SUBSCRIPTIONS);
        let sources = items("sources", MAX_SOURCES);
        manifest.tenants = each(&tenants, tenant::settings, |tenant| tenant.id.as_str(), &mut problems);
        manifest.event_types =
            each(&event_types, event_type::settings, |settings| settings.event_type.as_str(), &mut problems);
        manifest.subscriptions = drafts(&subscriptions, reading, &mut problems);
        manifest.sources = each(
            &sources,
            |at, problems| source(at, reading.tenant, problems),
            |draft| draft.id.as_str(),
            &mut problems,
        );
    }
    problems.none_or(manifest)
}

/// What is read of each item; a key that two have is a problem.
fn each<T>(
    items: &[Cursor<'_>],
    read: impl Fn(&Cursor<'_>, &mut Problems) -> Option<T>,
    key: impl Fn(&T) -> &str,
    problems: &mut Problems,
) -> Vec<T> {
    let mut all: Vec<T> = Vec::with_capacity(items.len());
    let mut seen = HashSet::new();
    for at in items {
        if let Some(read) = read(at, problems) {
            if !seen.insert(key(&read).to_owned()) {
                problems.add(at.problem(format!("is {} once more: remove one", key(&read))));
            }
            all.push(read);
        }
    }
    all
}

fn drafts(items: &[Cursor<'_>], reading: &Reading<'_>, problems: &mut Problems) -> Vec<Draft> {
    let mut twice = Twice::default();
    let mut drafts = Vec::with_capacity(items.len());
    for at in items {
        let read = document::draft(at, reading, problems);
        let document: Option<Result<Value, Problem>> = read.is_some().then(|| at.json());
        if let (Some(read), Some(document)) = (read, document.and_then(|document| problems.keep(document))) {
            let id = SubscriptionId::derive(&read.tenant, &read.name);
            twice.look(id.clone(), &read.name, at, problems);
            let (place, path) = (at.place(), at.path());
            drafts.push(Draft { id, tenant: read.tenant, name: read.name, document, place, path });
        }
    }
    drafts
}

fn source(at: &Cursor<'_>, own: Option<&Tenant>, problems: &mut Problems) -> Option<SourceDraft> {
    let (name, tenant) = source::identity(at, own, problems)?;
    let document = problems.keep(at.json())?;
    Some(SourceDraft { id: SourceId::derive(&tenant, &name), tenant, name, document, place: at.place() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "tenants:
  - {id: acme, title: Acme}
event_types:
  - {type: deal.won, description: A deal was won., schema: {type: object}, example: {id: d_1}}
subscriptions:
  - name: a
    tenant: acme
    events: [deal.won]
    destination: {url: 'https://hooks.example.com/crm'}
";

    fn refused(text: &str) -> String {
        parse_manifest(text, &Reading::default()).unwrap_err().to_string()
    }

    #[test]
    fn reads_every_kind() {
        let manifest = parse_manifest(TEXT, &Reading::default()).unwrap();
        assert_eq!(manifest.tenants[0].id.as_str(), "acme");
        assert_eq!(manifest.event_types[0].event_type.as_str(), "deal.won");
        let draft = &manifest.subscriptions[0];
        assert_eq!(
            (draft.tenant.as_str(), draft.name.as_str(), draft.path.as_str()),
            ("acme", "a", "subscriptions[0]")
        );
        assert_eq!(draft.id, SubscriptionId::derive(&draft.tenant, &draft.name));
        assert_eq!(draft.document["events"][0], "deal.won");
        assert!(draft.place.is_some_and(|place| place.line == 6), "{draft:?}");
    }

    #[test]
    fn a_subscription_without_a_tenant_is_the_callers() {
        let tenant = "umbrella".parse().unwrap();
        let text = TEXT.replace("    tenant: acme\n", "");
        let manifest = parse_manifest(&text, &Reading { tenant: Some(&tenant), ..Reading::default() }).unwrap();
        assert_eq!(manifest.subscriptions[0].tenant, tenant);
    }

    #[test]
    fn what_is_there_twice_is_refused() {
        let text = "tenants: [{id: a}, {id: a}]\nevent_types: [{type: b}, {type: b}]";
        let told = refused(text);
        assert!(told.contains("tenants[1]: is a once more: remove one"), "{told}");
        assert!(told.contains("event_types[1]: is b once more: remove one"), "{told}");
    }

    #[test]
    fn problems_of_all_kinds_are_told_at_once() {
        let told =
            refused("tenants: [{id: A}]\nevent_types: [{type: b, validation: hard}]\nsubscriptions: [{name: a b}]");
        for path in ["tenants[0].id: ", "event_types[0].validation: ", "subscriptions[0].name: "] {
            assert!(told.contains(path), "{told}");
        }
    }
}
