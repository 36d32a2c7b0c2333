//! The way of one request, from its token to its answer.

use std::{panic, sync::Arc, time::Duration};

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use barid_registry::source::SourceToken;
use barid_store::ReadySource;
use tokio::{
    sync::Semaphore,
    task,
    time::{Instant, timeout},
};

use super::{
    body,
    judge::{Judged, acknowledge, judge},
    publish::{Published, publish},
    rates::DEFAULT_RATE,
};
use crate::{
    app::App,
    clock,
    events::hops,
    http::{Kind, Problem},
};

/// Says how many events a request made.
const EVENTS: HeaderName = HeaderName::from_static("barid-events");

/// Bodies longer than this, in bytes, and batches of any length are judged on a thread that serves nobody else.
const LONG: usize = 16 << 10;

/// How many requests may be judged on such threads at the same time; others wait their turn.
pub(crate) const JUDGED_AT_A_TIME: usize = 4;

/// How long a request waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(1);

/// How long judging one request may take.
const JUDGED_WITHIN: Duration = Duration::from_secs(1);

/// The preset of a request that no source answers to.
const NONE: &str = "none";

/// Any method on `/in/{token}`.
pub(crate) async fn receive(
    State(app): State<App>,
    token: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let found = token.ok().and_then(|Path(token)| find(&app, &token));
    let preset = found.as_ref().map_or(NONE, |ready| ready.source.settings().preset.as_str());
    let result = match &found {
        Some(ready) => take(&app, ready, request).await,
        // The same for every path that nobody has.
        None => Err(Problem::new(Kind::NotFound, "there is no such path: see /docs")),
    };
    let outcome = result.as_ref().map_or_else(|problem| outcome(problem.kind()), |(outcome, _)| *outcome);
    app.metrics.source_requests_total.with_label_values(&[preset, outcome]).inc();
    app.metrics.source_request_duration_seconds.with_label_values(&[preset]).observe(started.elapsed().as_secs_f64());
    result.map_or_else(IntoResponse::into_response, |(_, response)| response)
}

/// The source that answers to this token now.
fn find(app: &App, token: &str) -> Option<Arc<ReadySource>> {
    let hash = token.parse::<SourceToken>().ok()?.hash();
    let sources = app.sources.borrow();
    sources.find(&hash, clock::now()).filter(|ready| ready.source.settings().enabled).cloned()
}

async fn take(app: &App, ready: &Arc<ReadySource>, request: Request) -> Result<(&'static str, Response), Problem> {
    let settings = ready.source.settings();
    let preset = settings.preset.as_str();
    app.source_rates.take(&ready.id, settings.rate_limit.unwrap_or(DEFAULT_RATE)).map_err(|wait| {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Problem::new(Kind::TooMany, "the source gets more requests than it may: send the same again later")
            .retry_after(seconds)
    })?;
    let (parts, stream) = request.into_parts();
    let limit = usize::try_from(settings.max_body).unwrap_or(usize::MAX);
    let held = body::read(app, &parts.headers, stream, limit).await?;
    let hops = hops(&parts.headers);
    let now = clock::now();
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let url = format!("{}{path}", app.public_url);
    let (source, bytes) = (Arc::clone(ready), held.bytes.clone());
    let work = move || {
        let began = Instant::now();
        let is_late = || began.elapsed() > JUDGED_WITHIN;
        judge(&source.source, (parts.method.as_str(), &url), &parts.headers, &bytes, now, &is_late)
    };
    let is_quick = settings.intake.items.is_none() && held.bytes.len() <= LONG;
    let judged = if is_quick { work() } else { apart(&app.judging, work).await? };
    let judged = judged.map_err(|(reason, problem)| {
        tracing::info!(source.id = %ready.id, source.preset = preset, reason = reason.as_str(), "a webhook is refused");
        problem
    })?;
    match judged {
        Judged::Answered(outcome, response) => Ok((outcome, response)),
        Judged::Events { acknowledgement, items } => {
            let published = publish(app, ready, items, hops, now).await?;
            count(app, preset, published);
            let mut response = acknowledge(&acknowledgement);
            response.headers_mut().insert(EVENTS, HeaderValue::from(published.events));
            Ok((published.outcome(), response))
        }
    }
}

/// Does long work on a thread that serves nobody else, when its turn comes.
async fn apart<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let turn = timeout(TURN_WITHIN, Arc::clone(turns).acquire_owned()).await;
    let busy = || Problem::unavailable("too many requests are being judged: send the same again");
    let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
    let working = task::spawn_blocking(move || {
        // The turn ends with the work, and not when whoever asked has gone away.
        let _turn = turn;
        work()
    });
    working.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => panic::resume_unwind(panic),
        Err(_) => Problem::unavailable("the gateway is stopping"),
    })
}

fn count(app: &App, preset: &str, published: Published) {
    let count = |what: &str, number: usize| {
        app.metrics.source_items_total.with_label_values(&[preset, what]).inc_by(number as u64);
    };
    count("event", published.events);
    count("dead_letter", published.dead_letters);
    count("duplicate", published.duplicates);
}

/// What a refusal is called in metrics.
fn outcome(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "unknown",
        Kind::Unproven | Kind::WrongToken => "unproven",
        Kind::Invalid => "invalid",
        Kind::TooLarge => "too_large",
        Kind::Timeout => "timeout",
        Kind::TooMany => "limited",
        Kind::Unavailable => "unavailable",
        _ => "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn long_work_waits_for_its_turn_and_not_for_ever() {
        let turns = Arc::new(Semaphore::new(1));
        assert_eq!(apart(&turns, || 7).await.ok(), Some(7));
        let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
        let refused = apart(&turns, || 7).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable);
        drop(turn);
        assert_eq!(apart(&turns, || 7).await.ok(), Some(7));
    }
}
