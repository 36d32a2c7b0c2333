//! The API, the key for it, and what its clock says.

use super::{Finding, clocks};
use crate::api::{self, Api, Method, Path, Refused, Unavailable};
use crate::clock;
use crate::config::Settings;
use crate::exit::explain;

const CHECK: &str = "api";

/// Asks the gateway for one subscription.
pub(super) async fn examine(settings: &Settings, options: &api::Options) -> anyhow::Result<Vec<Finding>> {
    if options.is_local() {
        return Ok(vec![Finding::skipped(CHECK, "--local asks no gateway")]);
    }
    let api = Api::open(options, settings).await?;
    let answer = api.call(Method::Get, &Path::v1("subscriptions").with("limit", "1"), None).await;
    let ours = clock::now();
    Ok(match answer {
        Ok(answer) => vec![
            Finding::ok(CHECK, "the gateway answers, and the key is valid"),
            clocks::examine(answer.date.as_deref(), ours),
        ],
        Err(error) => {
            let text = explain(&error);
            let finding = match error.downcast_ref::<Refused>() {
                // Nobody gave a key, so nobody may expect that it works.
                Some(Refused(problem)) if problem.status == 401 && !options.has_key() => Finding::ok(
                    CHECK,
                    "the gateway answers; whether a key works is seen with BARID_KEY or BARID_KEY_FILE",
                ),
                Some(Refused(problem)) if problem.status == 403 => {
                    Finding::ok(CHECK, "the gateway answers, and the key is valid, for other things than looking")
                }
                Some(_) => Finding::failed(CHECK, text, "look for the key with `barid keys list`, or make one"),
                None if options.names_an_api() => unreachable_there(&error, text),
                None => {
                    Finding::skipped(CHECK, "no gateway answers on this machine; BARID_URL says where another one is")
                }
            };
            vec![finding, clocks::examine(None, ours)]
        }
    })
}

/// Whoever says where the API is expects it to be there.
fn unreachable_there(error: &anyhow::Error, text: String) -> Finding {
    match error.downcast_ref::<Unavailable>() {
        Some(Unavailable::Unreachable { url, reason }) => Finding::failed(
            CHECK,
            format!("nothing answers at {url} ({reason})"),
            "start `barid serve` there, or correct --url or BARID_URL",
        ),
        _ => Finding::failed(CHECK, text, "look at the log of the gateway"),
    }
}
