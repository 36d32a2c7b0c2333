//! What files say that there should be, thing by thing, as the API takes it.

use std::fmt;

use serde_json::Value;

use crate::api::Path;

/// What kind of thing. In the order in which they are made: what comes later refers to what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A tenant.
    Tenant,
    /// An event type.
    EventType,
    /// A subscription.
    Subscription,
    /// A source.
    Source,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 4] = [Self::Tenant, Self::EventType, Self::Subscription, Self::Source];

    /// What the API calls them.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Tenant => "tenants",
            Self::EventType => "event-types",
            Self::Subscription => "subscriptions",
            Self::Source => "sources",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tenant => "tenant",
            Self::EventType => "event type",
            Self::Subscription => "subscription",
            Self::Source => "source",
        })
    }
}

/// One thing: what it is, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Thing {
    /// What it is.
    pub(crate) kind: Kind,
    /// Whose it is; of a tenant, itself. Event types belong to nobody.
    pub(crate) tenant: Option<String>,
    /// What people call it.
    pub(crate) name: String,
    /// What the API calls it.
    pub(crate) id: String,
}

impl Thing {
    /// Where it is in the API.
    pub(crate) fn path(&self) -> Path {
        Path::v1(self.kind.collection()).join(&self.id)
    }

    /// What an item of a list of the API is. `None` if it is none.
    pub(crate) fn of(kind: Kind, item: &Value) -> Option<Self> {
        let text = |key: &str| item[key].as_str().map(str::to_owned);
        Some(match kind {
            Kind::Tenant => Self { kind, tenant: text("id"), name: text("id")?, id: text("id")? },
            Kind::EventType => Self { kind, tenant: None, name: text("type")?, id: text("type")? },
            Kind::Subscription | Kind::Source => {
                Self { kind, tenant: text("tenant"), name: text("name")?, id: text("id")? }
            }
        })
    }
}

/// For people: `subscription acme/big-deals`.
impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let (Kind::Subscription | Kind::Source, Some(tenant)) = (self.kind, &self.tenant) {
            write!(f, "{tenant}/")?;
        }
        f.write_str(&self.name)
    }
}

/// A thing that a file says there should be.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Which.
    pub(crate) thing: Thing,
    /// The document to put. May hold secrets.
    pub(crate) document: Value,
    /// Where it stands: `subscriptions.yaml:12`.
    pub(crate) place: String,
}
