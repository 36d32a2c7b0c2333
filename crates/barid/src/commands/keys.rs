//! `barid keys`: who may use the API, and what secrets in the store are sealed with.

mod expiry;
mod master;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use crate::api::{self, Api, Method, Path};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::{clock, output};

/// What the API calls them.
const COLLECTION: &str = "keys";

/// List, make and revoke API keys; make and rotate the master key.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    api: api::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List API keys; what they are is known to nobody but who holds them.
    List {
        /// Only those of this tenant.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Make an API key, and show it once.
    Create {
        /// What it may do.
        #[arg(long)]
        scope: Scope,
        /// Whose key it is; every key but an admin's belongs to one tenant.
        #[arg(long)]
        tenant: Option<String>,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// When it ends, from now: 90d.
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        expires: Option<std::time::Duration>,
    },
    /// Make an API key worthless, everywhere within a second.
    Revoke {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Make a master key and print it. Nothing is changed: give it to every process as `security.master_key`.
    NewMaster,
    /// Seal everything in the store again, with the `security.master_key` of these settings.
    ///
    /// First give every process the new key as `security.master_key` and the old one in `security.other_master_keys`; then
    /// run this; then take the old one away.
    RotateMaster,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Everything, of every tenant.
    Admin,
    /// Everything of one tenant.
    Tenant,
    /// Publish events of one tenant.
    Publish,
    /// Look at one tenant's things, not at its secrets.
    Read,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Tenant => "tenant",
            Self::Publish => "publish",
            Self::Read => "read",
        }
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::NewMaster => master::new(output),
        Action::RotateMaster => master::rotate(settings, output).await,
        action => {
            let api = Api::open(&arguments.api, settings).await?;
            let done = act(&api, action, output).await;
            api.close().await;
            done.map(|()| Exit::Done)
        }
    }
}

async fn act(api: &Api, action: Action, output: Output) -> anyhow::Result<()> {
    match action {
        Action::List { tenant } => list(&api.list(&Path::v1(COLLECTION).with_some("tenant", tenant)).await?, output),
        Action::Create { scope, tenant, name, expires } => {
            check(scope, tenant.as_deref())?;
            let mut body = Map::new();
            body.insert("scope".to_owned(), scope.as_str().into());
            body.insert("name".to_owned(), name.into());
            if let Some(tenant) = tenant {
                body.insert("tenant".to_owned(), tenant.into());
            }
            if let Some(expires) = expires {
                body.insert("expires_at".to_owned(), expiry::at(clock::now(), expires)?.into());
            }
            created(&api.call(Method::Post, &Path::v1(COLLECTION), Some(&body.into())).await?.body, output)
        }
        Action::Revoke { id } => {
            let answer = api.call(Method::Delete, &Path::v1(COLLECTION).join(&id), None).await?;
            match output {
                Output::Table => Ok(output::line(&format!("revoked key {}", output::printable(&id)))?),
                Output::Json | Output::Yaml => output::data(output, &answer.body),
            }
        }
        // Without the API, and done before it was opened.
        Action::NewMaster | Action::RotateMaster => Ok(()),
    }
}

fn check(scope: Scope, tenant: Option<&str>) -> Result<(), Usage> {
    match (scope, tenant) {
        (Scope::Admin, Some(_)) => Err(Usage("an admin key belongs to no tenant: leave out --tenant".to_owned())),
        (Scope::Admin, None) | (_, Some(_)) => Ok(()),
        (_, None) => Err(Usage("every key but an admin's belongs to a tenant: add --tenant".to_owned())),
    }
}

/// The key on the output stream and nothing else there, so that a script can take it.
fn created(body: &Value, output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, body);
    }
    output::line(body["key"].as_str().unwrap_or_default())?;
    eprintln!("key {} was made: keep it, since it is shown only now", body["id"].as_str().unwrap_or_default());
    Ok(())
}

fn list(items: &[Value], output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, items);
    }
    let rows = items.iter().map(|item| {
        let text = |key: &str| item[key].as_str().unwrap_or("-").to_owned();
        // To the second is enough for people.
        let time = |key: &str| {
            item[key].as_str().map_or("never".to_owned(), |time| time.get(..19).unwrap_or(time).replace('T', " "))
        };
        let state =
            if item["revoked_at"].is_null() { "valid".to_owned() } else { format!("revoked {}", time("revoked_at")) };
        [text("id"), text("scope"), text("tenant"), text("name"), time("last_used_at"), time("expires_at"), state]
    });
    output::table(["ID", "SCOPE", "TENANT", "NAME", "LAST USED", "EXPIRES", "STATE"], rows)?;
    Ok(output::line(&format!("\n{}", output::count(items.len(), "key")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_key_has_no_tenant_and_every_other_one() {
        assert!(check(Scope::Admin, None).is_ok());
        assert!(check(Scope::Publish, Some("acme")).is_ok());
        assert!(check(Scope::Admin, Some("acme")).is_err());
        assert!(check(Scope::Read, None).is_err());
    }
}
