//! Why an event that is well formed reaches nobody: the part of the router's decision that follows from what is registered, and
//! from how often the event has come.

use barid_event::{Event, Tenant};

use crate::{conformity::Mismatch, snapshot::Snapshot};

/// Passages through Barid after which an event is taken for one that goes round: a subscriber publishes what it receives.
pub const MAX_HOPS: u8 = 5;

/// Why an event becomes a dead letter whole. The text is its detail; it quotes no payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It goes round.
    #[error(
        "event has passed through {0} times, more than {MAX_HOPS}: let no subscriber publish what it receives under a type it subscribes to"
    )]
    Loop(u8),
    /// Its tenant is not registered, where others are.
    #[error("tenant {0} is not registered: register it, or mend the event's tenant")]
    TenantUnknown(Tenant),
    /// Its data is not what its type is registered with.
    #[error("data does not match the schema of the event type: {0}")]
    Schema(#[from] Mismatch),
    /// It would reach too many subscriptions.
    #[error("event reaches {reached} subscriptions, more than the {limit} allowed: raise the tenant's quota `fanout`")]
    Fanout {
        /// The subscriptions that want it.
        reached: usize,
        /// The most that may get it.
        limit: u32,
    },
}

impl Refused {
    /// The reason as one stable word, for dead letters and metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Loop(_) => "loop",
            Self::TenantUnknown(_) => "tenant_unknown",
            Self::Schema(_) => "schema",
            Self::Fanout { .. } => "fanout_exceeded",
        }
    }
}

impl Snapshot {
    /// Whether an event may come in, before it is asked who wants it. What the schema of its type only warns of comes back
    /// as a value.
    ///
    /// # Errors
    /// When it becomes a dead letter.
    pub fn admit(&self, event: &Event) -> Result<Option<Mismatch>, Refused> {
        let tenant = &event.envelope.tenant;
        if !self.knows_tenant(tenant) {
            return Err(Refused::TenantUnknown(tenant.clone()));
        }
        Ok(self.check(event)?)
    }

    /// The most subscriptions that an event of this tenant may reach, where its quota says nothing else than `default`.
    pub fn fanout_limit(&self, tenant: &Tenant, default: u32) -> u32 {
        self.tenant(tenant).and_then(|settings| settings.quotas.fanout).unwrap_or(default)
    }
}

/// Whether an event that has passed through Barid so often may do so once more.
///
/// # Errors
/// When it becomes a dead letter.
pub fn check_hops(hops: u8) -> Result<(), Refused> {
    if hops <= MAX_HOPS { Ok(()) } else { Err(Refused::Loop(hops)) }
}

/// Whether an event may reach so many subscriptions: all of them, or none.
///
/// # Errors
/// When it becomes a dead letter.
pub fn check_fanout(reached: usize, limit: u32) -> Result<(), Refused> {
    if u32::try_from(reached).is_ok_and(|reached| reached <= limit) {
        Ok(())
    } else {
        Err(Refused::Fanout { reached, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_allowed_is_allowed() {
        assert_eq!(check_fanout(3, 3), Ok(()));
        assert_eq!(check_fanout(4, 3), Err(Refused::Fanout { reached: 4, limit: 3 }));
        assert_eq!(check_hops(MAX_HOPS), Ok(()));
        assert_eq!(check_hops(MAX_HOPS + 1), Err(Refused::Loop(MAX_HOPS + 1)));
    }
}
