//! What somebody registered, complete and with its secrets: the one thing that is read from YAML and JSON, sealed in the
//! store, and shown masked.

use std::sync::Arc;

use barid_event::Tenant;

use crate::{
    destination::Destination,
    filter::Filter,
    id::SubscriptionId,
    lane::OwnLane,
    name::Name,
    payload::Payload,
    policy::Policy,
    signing::Signing,
    subscription::{Patterns, Subscription},
    verification::Verification,
};

/// The settings of a subscription. Its `Debug` shows no secret and of the URL only the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What people call it; unique within the tenant, and never changed.
    pub name: Name,
    /// Whose events it gets.
    pub tenant: Tenant,
    /// Which types of event it gets.
    pub patterns: Patterns,
    /// Which of those it gets; all of them without.
    pub filter: Option<Filter>,
    /// What a delivery consists of.
    pub payload: Arc<Payload>,
    /// Where deliveries go.
    pub destination: Destination,
    /// What the receiver is asked before anything is delivered to it, if it is.
    pub verification: Option<Verification>,
    /// What signs deliveries.
    pub signing: Signing,
    /// How deliveries are attempted.
    pub policy: Policy,
}

impl Settings {
    /// What deliveries, queues and records call it: derived from tenant and name.
    pub fn id(&self) -> SubscriptionId {
        SubscriptionId::derive(&self.tenant, &self.name)
    }

    /// Takes the consent of what there was `before`, if the same was asked of the same receiver.
    pub fn keep_consent(&mut self, before: &Self) {
        if let (Some(asks), Some(asked)) = (&mut self.verification, &before.verification)
            && asks.rate() == asked.rate()
            && self.destination.text() == before.destination.text()
        {
            asks.clone_from(asked);
        }
    }

    /// The subscription that routers and dispatchers use: not paused, without an own lane, at revision 0. Whoever knows
    /// better sets those.
    pub fn compile(&self) -> Subscription {
        Subscription {
            id: self.id(),
            name: self.name.clone(),
            tenant: self.tenant.clone(),
            patterns: self.patterns.clone(),
            filter: self.filter.clone(),
            payload: Arc::clone(&self.payload),
            destination: self.destination.clone(),
            origin: self.verification.as_ref().and_then(|asked| Some(asked.consent()?.origin.clone())),
            signer: self.signing.signer().clone(),
            policy: self.policy.clone(),
            paused: false,
            lane: OwnLane::None,
            revision: 0,
        }
    }
}
