//! `POST /v1/events`: events in.

use std::{collections::HashMap, num::NonZeroU32};

use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use barid_broker::incoming::HOPS_HEADER;
use barid_event::{Tenant, amqp::Message};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{
    admit::{Admitted, Circumstances, admit},
    idempotency,
    outcome::{self, Accepted},
    read::{self, Events},
    send,
};
use crate::{
    access::Caller,
    app::App,
    clock,
    http::{self, Kind, NoQuery, Problem, Query},
};

/// Publish events.
///
/// One event or an array of up to 1,000, as plain JSON or as CloudEvents in binary, structured or batch mode. An answer of
/// 202 means that the broker has confirmed the event. An array is answered item by item: 202 if at least one event was
/// accepted, else 422 or 503. Sending the same again, with the same ids or the same `Idempotency-Key`, is safe: every copy
/// carries the same `message_id`, by which receivers tell it.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "events",
    operation_id = "publishEvents",
    params(
        ("Idempotency-Key" = Option<String>, Header,
            description = "Makes the ids that events lack the same whenever the same request is sent again.",
            pattern = "^[!-~]+$", min_length = 1, max_length = 255, example = "order-4711"),
        ("barid-hops" = Option<u8>, Header,
            description = "How often the event has passed through Barid: copy it from the delivery that led to this event. \
                           An event with more than 5 is a dead letter, since it goes in a circle.", example = 1),
    ),
    request_body(
        description = "An event or several.",
        content(
            (ref("#/components/schemas/EventOrEvents") = "application/json",
                example = json!({"type": "deal.won", "source": "/crm/sales", "data": {"id": "42", "amount": 1200}})),
            (ref("#/components/schemas/Event") = "application/cloudevents+json"),
            (ref("#/components/schemas/Events") = "application/cloudevents-batch+json"),
        )
    ),
    responses(
        (status = 202, description = "The broker has the event, or at least one of several.",
            body = ref("#/components/schemas/Accepted"),
            headers(("barid-warning" = String, description = "What the schema of the event's type does not like, where that is only a warning."))),
    )
)]
pub(crate) async fn publish(
    State(app): State<App>,
    caller: Caller,
    Query(NoQuery {}): Query<NoQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let idempotency_key = idempotency::key(&headers)?;
    let body = http::bytes(&app, &headers, body, app.limits.event_body).await?;
    let (snapshot, now) = (app.snapshot(), clock::now());
    let circumstances = Circumstances { caller: &caller, snapshot: &snapshot, idempotency_key, now };
    let hops = hops(&headers);
    match read::read(&headers, &body, app.limits.events)? {
        Events::One(message) => {
            let mut outcomes = accept(&app, vec![message], &circumstances, hops).await;
            outcome::one(outcomes.pop().unwrap_or_else(|| Err(Problem::at("", "has no event: send one"))))
        }
        Events::Many(messages) => outcome::many(&accept(&app, messages, &circumstances, hops).await),
    }
}

/// What becomes of each message, in their order.
async fn accept(
    app: &App,
    messages: Vec<Message<'_>>,
    circumstances: &Circumstances<'_>,
    hops: Option<u8>,
) -> Vec<Result<Accepted, Problem>> {
    let admitted = messages.into_iter().enumerate();
    let admitted: Vec<_> =
        admitted.map(|(index, message)| admit(message, index, circumstances, Uuid::now_v7)).collect();
    let limited = limited(app, &admitted);
    let sent = admitted.into_iter().map(async |admitted| {
        let Admitted { event, warning } = admitted?;
        if let Some(problem) = limited.get(&event.envelope.tenant) {
            return Err(problem.clone());
        }
        send::must_be_open(app)?;
        send::send(app, &event, hops, send::CONFIRM_WITHIN).await?;
        Ok(Accepted::new(&event.envelope, warning))
    });
    let outcomes = join_all(sent).await;
    for outcome in &outcomes {
        app.metrics.events_published_total.with_label_values(&[result(outcome)]).inc();
    }
    outcomes
}

/// The tenants that publish faster than they may, and what they are told. A tenant's events of one request come all or
/// not at all.
fn limited(app: &App, admitted: &[Result<Admitted, Problem>]) -> HashMap<Tenant, Problem> {
    let mut counts: HashMap<&Tenant, u32> = HashMap::new();
    for Admitted { event, .. } in admitted.iter().flatten() {
        *counts.entry(&event.envelope.tenant).or_default() += 1;
    }
    let over = counts.into_iter().filter_map(|(tenant, count)| {
        let (count, per_second) = (NonZeroU32::new(count)?, app.quotas(tenant).publish_per_second);
        let limited = app.rates.take(tenant, per_second, count).err()?;
        Some((tenant.clone(), limited.told(per_second)))
    });
    over.collect()
}

/// How often the event has passed through Barid, if the client says so. What is no small number counts as nothing, as it
/// does in messages.
pub(crate) fn hops(headers: &HeaderMap) -> Option<u8> {
    headers.get(HOPS_HEADER)?.to_str().ok()?.parse().ok()
}

/// The label of what became of an event.
fn result(outcome: &Result<Accepted, Problem>) -> &'static str {
    match outcome {
        Ok(_) => "accepted",
        Err(problem) => match problem.kind() {
            Kind::TooMany => "limited",
            Kind::Unavailable => "unavailable",
            _ => "refused",
        },
    }
}
