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
            signer: self.signing.signer().clone(),
            policy: self.policy.clone(),
            paused: false,
            lane: OwnLane::None,
            revision: 0,
        }
    }
}
