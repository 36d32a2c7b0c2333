//! `barid tenants`: whose events are accepted, and what each may have.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::wait::Wait;
use crate::api::{self, Api, Method, Path};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output;

/// What the API calls them.
const COLLECTION: &str = "tenants";

/// The quotas, as the API calls them.
const QUOTAS: [&str; 4] = ["subscriptions", "fanout", "own_lanes", "publish_per_second"];

/// What the registry adds to a document, and does not take back.
const ADDED: [&str; 3] = ["created_at", "updated_at", "revision"];

/// List, show, register, change and delete tenants.
///
/// While no tenant is registered, events of every tenant are accepted; from the first one on, only of those registered.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    api: api::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List tenants.
    List,
    /// Show one.
    Show {
        /// The tenant.
        tenant: String,
    },
    /// Register one.
    Create {
        /// What it is called in events and subscriptions.
        tenant: String,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        wait: Wait,
    },
    /// Change what is given; the rest stays.
    Update {
        /// The tenant.
        tenant: String,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        wait: Wait,
    },
    /// Delete one that has neither subscriptions nor keys.
    Delete {
        /// The tenant.
        tenant: String,
        #[command(flatten)]
        wait: Wait,
    },
}

/// What can be said of a tenant.
#[derive(Clone, Debug, Default, Args)]
struct Fields {
    /// A name for people.
    #[arg(long)]
    title: Option<String>,
    /// Subscriptions it may have, instead of `quotas.subscriptions`.
    #[arg(long, value_name = "NUMBER")]
    subscriptions: Option<u32>,
    /// Subscriptions that may want one event, instead of `quotas.fanout`.
    #[arg(long, value_name = "NUMBER")]
    fanout: Option<u32>,
    /// Subscriptions with a lane of their own, instead of `quotas.own_lanes`.
    #[arg(long, value_name = "NUMBER")]
    own_lanes: Option<u32>,
    /// Events it may publish over HTTP per second, instead of `quotas.publish_per_second`.
    #[arg(long, value_name = "NUMBER")]
    publish_per_second: Option<u32>,
}

impl Fields {
    /// A document with what is given, and nothing else.
    fn document(&self) -> Map<String, Value> {
        let given = [self.subscriptions, self.fanout, self.own_lanes, self.publish_per_second];
        let quotas: Map<_, _> =
            QUOTAS.into_iter().zip(given).filter_map(|(name, limit)| Some((name.to_owned(), limit?.into()))).collect();
        let mut document = Map::new();
        if let Some(title) = &self.title {
            document.insert("title".to_owned(), title.as_str().into());
        }
        if !quotas.is_empty() {
            document.insert("quotas".to_owned(), quotas.into());
        }
        document
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let api = Api::open(&arguments.api, settings).await?;
    let done = act(&api, arguments.action, output).await;
    api.close().await;
    done.map(|()| Exit::Done)
}

async fn act(api: &Api, action: Action, output: Output) -> anyhow::Result<()> {
    let one = |tenant: &str| Path::v1(COLLECTION).join(tenant);
    match action {
        Action::List => list(&api.list(&Path::v1(COLLECTION)).await?, output),
        Action::Show { tenant } => output::document(output, &api.call(Method::Get, &one(&tenant), None).await?.body),
        Action::Create { tenant, fields, wait } => {
            let mut document = fields.document();
            document.insert("id".to_owned(), tenant.as_str().into());
            let answer = api.call(Method::Post, &wait.on(Path::v1(COLLECTION)), Some(&document.into())).await?;
            Wait::tell(&answer);
            tell("registered", &tenant, &answer.body, output)
        }
        Action::Update { tenant, fields, wait } => {
            let seen = api.call(Method::Get, &one(&tenant), None).await?;
            let document = merged(seen.body.clone(), fields.document());
            let answer = api.replace(&wait.on(one(&tenant)), &document, &seen).await?;
            Wait::tell(&answer);
            tell(answer.outcome.as_deref().unwrap_or("changed"), &tenant, &answer.body, output)
        }
        Action::Delete { tenant, wait } => {
            Wait::tell(&api.call(Method::Delete, &wait.on(one(&tenant)), None).await?);
            tell("deleted", &tenant, &json!({ "id": tenant }), output)
        }
    }
}

/// The document with what is given, and without what the registry adds.
fn merged(mut document: Value, given: Map<String, Value>) -> Value {
    if let Value::Object(fields) = &mut document {
        for field in ADDED {
            fields.remove(field);
        }
    }
    for (key, value) in given {
        match value {
            Value::Object(inner) => inner.into_iter().for_each(|(name, value)| document[&key][name] = value),
            value => document[&key] = value,
        }
    }
    document
}

fn tell(done: &str, tenant: &str, body: &Value, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Table => Ok(output::line(&format!("{done} tenant {}", output::printable(tenant)))?),
        Output::Json | Output::Yaml => output::data(output, body),
    }
}

fn list(items: &[Value], output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, items);
    }
    if items.is_empty() {
        return Ok(output::line("no tenant is registered: events of every tenant are accepted")?);
    }
    let rows = items.iter().map(|item| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let [subscriptions, fanout, own_lanes, rate] = QUOTAS.map(|name| match item["quotas"][name].as_u64() {
            Some(limit) => limit.to_string(),
            None => "default".to_owned(),
        });
        [text("id"), text("title"), subscriptions, fanout, own_lanes, rate]
    });
    Ok(output::table(["TENANT", "TITLE", "SUBSCRIPTIONS", "FAN-OUT", "OWN LANES", "PUBLISH/S"], rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_only_what_was_given() {
        let fields = Fields { title: Some("Acme".to_owned()), fanout: Some(5), ..Fields::default() };
        assert_eq!(Value::from(fields.document()), json!({"title": "Acme", "quotas": {"fanout": 5}}));
        assert!(Fields::default().document().is_empty());
    }

    #[test]
    fn what_is_not_given_stays() {
        let seen = json!({"id": "acme", "title": "Acme", "quotas": {"fanout": 5, "own_lanes": 1}, "revision": 7});
        let fields = Fields { fanout: Some(9), ..Fields::default() };
        let expected = json!({"id": "acme", "title": "Acme", "quotas": {"fanout": 9, "own_lanes": 1}});
        assert_eq!(merged(seen, fields.document()), expected);
        let bare = merged(json!({"id": "acme"}), fields.document());
        assert_eq!(bare, json!({"id": "acme", "quotas": {"fanout": 9}}));
    }
}
