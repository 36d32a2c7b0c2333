//! Who wants what, written as the file that `barid serve` reads.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// The secret of every subscription here.
pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A subscription. It wants every event and has Barid's own defaults unless it says otherwise.
#[derive(Clone, Debug)]
pub struct Wants {
    name: String,
    url: String,
    events: Vec<String>,
    tenant: Option<String>,
    timeout: Option<String>,
    max_in_flight: Option<u16>,
    schedule: Option<Vec<String>>,
    verification: Option<Value>,
    success: Option<Value>,
    permanent: Option<Vec<u16>>,
    horizon: Option<String>,
    payload: Option<Value>,
    signing: Option<Value>,
    filter: Option<String>,
    destination: Map<String, Value>,
}

impl Wants {
    /// Everything, at this URL.
    pub fn everything(name: &str, url: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            url: url.into(),
            events: vec!["#".to_owned()],
            tenant: None,
            timeout: None,
            max_in_flight: None,
            schedule: None,
            verification: None,
            success: None,
            permanent: None,
            horizon: None,
            payload: None,
            signing: None,
            filter: None,
            destination: Map::new(),
        }
    }

    /// Only the events of these patterns.
    #[must_use]
    pub fn only(mut self, patterns: &[&str]) -> Self {
        self.events = owned(patterns);
        self
    }

    /// As this tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    /// With this timeout of an attempt, such as `2s`.
    #[must_use]
    pub fn timeout(mut self, timeout: &str) -> Self {
        self.timeout = Some(timeout.to_owned());
        self
    }

    /// With at most this many requests at the same time.
    #[must_use]
    pub fn max_in_flight(mut self, requests: u16) -> Self {
        self.max_in_flight = Some(requests);
        self
    }

    /// With these delays between attempts, such as `["1s", "2s"]`.
    #[must_use]
    pub fn schedule(mut self, delays: &[&str]) -> Self {
        self.schedule = Some(owned(delays));
        self
    }

    /// After this was asked of the receiver.
    #[must_use]
    pub fn verification(mut self, verification: Value) -> Self {
        self.verification = Some(verification);
        self
    }

    /// With these rules for what counts as delivered.
    #[must_use]
    pub fn success(mut self, rules: Value) -> Self {
        self.success = Some(rules);
        self
    }

    /// With these statuses that end a delivery at once.
    #[must_use]
    pub fn permanent(mut self, statuses: &[u16]) -> Self {
        self.permanent = Some(statuses.to_vec());
        self
    }

    /// Given up so long after it was routed, such as `72h`.
    #[must_use]
    pub fn horizon(mut self, horizon: &str) -> Self {
        self.horizon = Some(horizon.to_owned());
        self
    }

    /// With this payload.
    #[must_use]
    pub fn payload(mut self, payload: Value) -> Self {
        self.payload = Some(payload);
        self
    }

    /// Signed like this; by Standard Webhooks with [`SECRET`] unless told.
    #[must_use]
    pub fn signing(mut self, signing: Value) -> Self {
        self.signing = Some(signing);
        self
    }

    /// With this filter.
    #[must_use]
    pub fn filter(mut self, filter: &str) -> Self {
        self.filter = Some(filter.to_owned());
        self
    }

    /// With more to say of its destination: a mapping, such as `{"method": "PUT"}`.
    #[must_use]
    pub fn destination(mut self, more: Value) -> Self {
        if let Value::Object(more) = more {
            self.destination = more;
        }
        self
    }

    /// The document, as the file and the API have it.
    pub fn to_value(&self) -> Value {
        let mut destination = Map::from_iter([("url".to_owned(), self.url.clone().into())]);
        set(&mut destination, "timeout", self.timeout.as_deref());
        destination.extend(self.destination.clone());
        set(&mut destination, "verification", self.verification.clone());
        let mut delivery = Map::new();
        set(&mut delivery, "max_in_flight", self.max_in_flight);
        set(&mut delivery, "success", self.success.clone());
        let mut retry = Map::new();
        set(&mut retry, "schedule", self.schedule.clone());
        set(&mut retry, "permanent", self.permanent.clone());
        set(&mut retry, "horizon", self.horizon.as_deref());
        delivery.insert("retry".to_owned(), retry.into());
        let mut whole = Map::from_iter([
            ("name".to_owned(), self.name.clone().into()),
            ("events".to_owned(), self.events.clone().into()),
            ("destination".to_owned(), destination.into()),
            ("signing".to_owned(), self.signing.clone().unwrap_or_else(|| json!({"secret": SECRET}))),
            ("delivery".to_owned(), delivery.into()),
        ]);
        set(&mut whole, "tenant", self.tenant.as_deref());
        set(&mut whole, "filter", self.filter.as_deref());
        set(&mut whole, "payload", self.payload.clone());
        whole.into()
    }
}

/// Writes the file. JSON is YAML.
pub(crate) fn write(path: &Path, subscriptions: &[Wants]) -> Result<()> {
    let all: Vec<_> = subscriptions.iter().map(Wants::to_value).collect();
    let text = serde_json::to_string_pretty(&json!({"subscriptions": all}))?;
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn set<T: Into<Value>>(map: &mut Map<String, Value>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use barid_registry::file;

    use super::*;

    #[test]
    fn the_file_says_what_the_test_said() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("subscriptions.yaml");
        let wants = Wants::everything("crm", "http://127.0.0.1:1/a")
            .only(&["deal.*"])
            .tenant("acme")
            .timeout("2s")
            .max_in_flight(3)
            .schedule(&["1s", "2s"]);
        write(&path, &[wants, Wants::everything("plain", "http://127.0.0.1:1/b")]).unwrap();
        let read = file::parse(&std::fs::read_to_string(path).unwrap(), true).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].name.as_str(), "crm");
        assert_eq!(read[0].tenant.as_str(), "acme");
        assert_eq!(read[0].policy.max_in_flight(), 3);
    }
}
