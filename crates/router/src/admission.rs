//! Whether a message comes in: it must be an event, from somebody who may speak for its tenant, and on no endless round.

use barid_broker::frame::FrameError;
use barid_event::amqp::{Limits, Message, Read, read};
use barid_event::{Malformed, Tenant};
use barid_registry::{Refused, check_hops};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::publishers::Publishers;

/// Times the broker has handed a message out before, after which it becomes a dead letter. Far below the limit of the queue
/// itself, so that the dead letter is ours, with its reason.
pub(crate) const MAX_RETURNED: u32 = 20;

/// What an event must keep to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// Sizes.
    pub(crate) limits: Limits,
    /// Who may publish for whom.
    pub(crate) publishers: Publishers,
}

/// Why a message becomes a dead letter. The text is its detail; it quotes no payload.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is no event.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Its publisher is unknown, where only known ones may publish.
    #[error("user_id is absent: set it to the broker user of the connection, as tenants.publishers is in force")]
    NoUser,
    /// Its publisher may not speak for its tenant.
    #[error(
        "user_id {user:?} may not publish for the tenant {tenant}: add the tenant to the user in tenants.publishers"
    )]
    Forbidden {
        /// The broker user, validated by the broker.
        user: String,
        /// The tenant of the event.
        tenant: Tenant,
    },
    /// It goes round, or what is registered does not let it in.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It was tried too often.
    #[error("message was handed out {0} times before without an end: see the router's log for the reason")]
    DeliveryLimit(u32),
    /// It is of no kind that belongs in the queue of unrouted messages.
    #[error("message could not be routed by the exchange {0:?}: declare what is missing with `barid topology --apply`")]
    Unrouted(String),
    /// It says it holds deliveries, and they cannot be read.
    #[error("message of a missing lane cannot be read: {0}")]
    UnreadableWork(#[source] FrameError),
    /// The deliveries made of it cannot be written.
    #[error("deliveries cannot be written: {0}")]
    UnwritableWork(#[from] FrameError),
    /// Handling it panicked.
    #[error("handling the message panicked: see the router's log, and report it")]
    Panicked,
}

impl Refusal {
    /// The reason as one stable word, for dead letters and metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.reason(),
            Self::NoUser | Self::Forbidden { .. } => "tenant_forbidden",
            Self::Refused(refused) => refused.reason(),
            Self::DeliveryLimit(_) => "delivery_limit",
            Self::Unrouted(_) | Self::UnreadableWork(_) => "unrouted",
            Self::UnwritableWork(_) | Self::Panicked => "internal",
        }
    }
}

/// Reads the event in a message that has passed through Barid `hops` times and was handed out `returned` times before.
pub(crate) fn admit(
    message: &Message<'_>,
    hops: u8,
    returned: u32,
    rules: &Rules,
    now: DateTime<Utc>,
    make_id: impl FnOnce() -> Uuid,
) -> Result<Read, Refusal> {
    if returned >= MAX_RETURNED {
        return Err(Refusal::DeliveryLimit(returned));
    }
    check_hops(hops)?;
    let read = read(message, &rules.limits, now, make_id)?;
    rules.check_publisher(message.user_id, &read.event.envelope.tenant)?;
    Ok(read)
}

impl Rules {
    fn check_publisher(&self, user: Option<&str>, tenant: &Tenant) -> Result<(), Refusal> {
        if self.publishers.is_empty() {
            return Ok(());
        }
        let user = user.ok_or(Refusal::NoUser)?;
        if self.publishers.admit(user, tenant) {
            return Ok(());
        }
        Err(Refusal::Forbidden { user: user.to_owned(), tenant: tenant.clone() })
    }
}

#[cfg(test)]
mod tests {
    use barid_registry::MAX_HOPS;

    use super::*;
    use crate::publishers::Speaks;

    fn message() -> Message<'static> {
        Message { routing_key: "deal.won", message_id: Some("evt-1"), body: "{}".into(), ..Message::default() }
    }

    fn reason(message: &Message<'_>, hops: u8, returned: u32, rules: &Rules) -> &'static str {
        admit(message, hops, returned, rules, DateTime::UNIX_EPOCH, Uuid::nil)
            .map_or_else(|refusal| refusal.reason(), |_| "admitted")
    }

    #[test]
    fn admits_an_event_with_the_last_allowed_hop() {
        let rules = Rules::default();
        assert_eq!(reason(&message(), MAX_HOPS, 19, &rules), "admitted");
        assert_eq!(reason(&message(), MAX_HOPS + 1, 19, &rules), "loop");
    }

    #[test]
    fn gives_up_what_was_handed_out_too_often_without_reading_it() {
        let garbage = Message { body: "{".into(), ..message() };
        let rules = Rules::default();
        assert_eq!(reason(&garbage, 0, 20, &rules), "delivery_limit");
        assert_eq!(reason(&garbage, 0, 0, &rules), "invalid_json");
    }

    #[test]
    fn lets_only_known_users_speak_for_their_tenants() {
        let acme = Speaks::For(vec!["acme".parse().unwrap()]);
        let publishers = [("sales".to_owned(), acme), ("gateway".to_owned(), Speaks::ForAll)].into_iter().collect();
        let rules = Rules { publishers, ..Rules::default() };
        let by = |user_id, tenant: &'static str| {
            let message = Message {
                user_id,
                headers: vec![("tenant".into(), barid_event::AttributeValue::Text(tenant.into()))],
                ..message()
            };
            reason(&message, 0, 0, &rules)
        };
        assert_eq!(by(Some("sales"), "acme"), "admitted");
        assert_eq!(by(Some("sales"), "other"), "tenant_forbidden");
        assert_eq!(by(Some("gateway"), "other"), "admitted");
        assert_eq!(by(Some("billing"), "acme"), "tenant_forbidden");
        assert_eq!(by(None, "acme"), "tenant_forbidden");
    }
}
