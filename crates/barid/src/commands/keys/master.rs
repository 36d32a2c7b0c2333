//! The master key: making one, and sealing everything again with another.

use anyhow::bail;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::output;
use crate::registry::{self, master_key};

/// Prints a new key.
pub(super) fn new(output: Output) -> anyhow::Result<Exit> {
    let key = master_key::generate()?;
    match output {
        Output::Table => output::line(key.expose_secret())?,
        Output::Json | Output::Yaml => output::data(output, &json!({ "master_key": key.expose_secret() }))?,
    }
    Ok(Exit::Done)
}

/// Seals everything again.
pub(super) async fn rotate(settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    if settings.security.master_key.secret().is_none() {
        bail!(Usage(
            "security.master_key is not set, so there is no key to seal with: make one with `barid keys new-master`, give it \
             to every process as security.master_key with the old one in security.other_master_keys, and run this again"
                .to_owned()
        ));
    }
    let store = registry::store(settings)?;
    store.prepare().await.map_err(registry::judged)?;
    let bar = output::progress(None, "rows");
    let sealed = store
        .reseal(|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })
        .await
        .map_err(registry::judged)?;
    bar.finish_and_clear();
    match output {
        Output::Table => output::line(&format!(
            "sealed again with the current master key: {sealed} rows. The old key can be taken out of \
             security.other_master_keys once every process has the new one and the metric barid_registry_revision of each is \
             what it is at the others"
        ))?,
        Output::Json | Output::Yaml => output::data(output, &json!({ "sealed": sealed }))?,
    }
    Ok(Exit::Done)
}
