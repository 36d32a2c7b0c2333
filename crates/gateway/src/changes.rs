//! After a change: everybody is told, this process has it before it answers, and `?wait=1` waits for the routers.

use std::time::Duration;

use axum::{http::HeaderValue, response::Response};
use barid_broker::{control::Notice, roll_call};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::IntoParams;

use crate::{app::App, http::Flag};

/// The header field that says how far a change has come.
const PROPAGATION: &str = "barid-propagation";

/// How long `?wait=1` waits for the routers.
const ROUTERS_WITHIN: Duration = Duration::from_secs(10);

/// How long an answer waits until this process has the change itself, so that who made a key can use it at once.
const SETTLE: Duration = Duration::from_secs(2);

/// The query parameter of every change.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wait {
    /// `1`: answer when every router has the change, or after 10 s; the header `barid-propagation` says which.
    #[serde(default)]
    #[param(inline)]
    pub(crate) wait: Flag,
}

/// The query parameters of changes that can be tried.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitOrTry {
    /// `1`: answer when every router has the change, or after 10 s; the header `barid-propagation` says which.
    #[serde(default)]
    #[param(inline)]
    pub(crate) wait: Flag,
    /// `1`: check everything and say what would be done, without doing it.
    #[serde(default)]
    #[param(inline)]
    pub(crate) dry_run: Flag,
}

/// Tells every process that something is at `revision` now.
pub(crate) fn tell(app: &App, revision: u64) {
    app.refresh.notify_one();
    app.road.control.tell(&Notice::Changed { installation: app.installation.clone(), revision });
}

/// Tells everybody that something is at `revision` now, and adds to the answer how far it has come.
pub(crate) async fn announce(app: &App, revision: u64, wait: Flag, mut response: Response) -> Response {
    tell(app, revision);
    let mut snapshots = app.snapshots.clone();
    let settled = snapshots.wait_for(|snapshot| snapshot.revision().is_some_and(|has| has >= revision));
    // One that does not come is no error: the change is committed, and this process looks again every few seconds.
    let _late = timeout(SETTLE, settled).await.is_err();
    if wait.is_on() {
        let everywhere = roll_call::routers_have(&app.road, revision, ROUTERS_WITHIN).await;
        let text = if everywhere { "complete" } else { "pending" };
        response.headers_mut().insert(PROPAGATION, HeaderValue::from_static(text));
    }
    response
}
