//! Which dead letters are meant.

use anyhow::bail;
use barid_broker::dead_letter::DeadLetter;
use barid_event::Tenant;
use barid_registry::{Name, SubscriptionId};
use clap::Args;

use crate::exit::Usage;

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Filter {
    /// Only those that died for this reason, such as `attempts_exhausted`.
    #[arg(long)]
    reason: Option<String>,

    /// Only deliveries for this subscription: its id, or its name in a file.
    #[arg(long, value_name = "ID|NAME")]
    subscription: Option<String>,

    /// Only events of this tenant.
    #[arg(long)]
    tenant: Option<Tenant>,
}

/// Dead letters by id, or by conditions, or all.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Selection {
    /// These, by their ids.
    #[arg(value_name = "ID", conflicts_with_all = ["all", "reason", "subscription", "tenant"])]
    pub(super) ids: Vec<String>,

    /// All of them.
    #[arg(long, conflicts_with_all = ["reason", "subscription", "tenant"], required_unless_present_any = ["ids", "reason", "subscription", "tenant"])]
    all: bool,

    #[command(flatten)]
    filter: Filter,
}

impl Filter {
    /// Whether it has no condition.
    pub(super) fn is_empty(&self) -> bool {
        self.reason.is_none() && self.subscription.is_none() && self.tenant.is_none()
    }

    /// Whether all conditions hold.
    pub(super) fn wants(&self, letter: &DeadLetter) -> bool {
        let tenant = letter.envelope().map(|envelope| &envelope.tenant);
        self.reason.as_ref().is_none_or(|reason| *reason == letter.reason)
            && self.tenant.as_ref().is_none_or(|wanted| tenant == Some(wanted))
            && self.subscription.as_deref().is_none_or(|wanted| is_for(letter.subscription(), tenant, wanted))
    }
}

/// Whether `wanted` is the subscription's id, or the name that the id of this tenant is derived from.
fn is_for(subscription: Option<&str>, tenant: Option<&Tenant>, wanted: &str) -> bool {
    let Some(id) = subscription else { return false };
    let derived = || {
        let name: Name = wanted.parse().ok()?;
        Some(SubscriptionId::derive(tenant?, &name))
    };
    id == wanted || derived().is_some_and(|derived| derived.as_str() == id)
}

impl Selection {
    /// Whether this one is meant.
    pub(super) fn wants(&self, letter: &DeadLetter) -> bool {
        if self.ids.is_empty() { self.filter.wants(letter) } else { self.ids.contains(&letter.id) }
    }

    /// Whoever names ids has seen what they discard; anybody else says so.
    pub(super) fn refuse_to_discard_unasked(&self) -> anyhow::Result<()> {
        if self.ids.is_empty() {
            bail!(Usage(
                "this forgets every dead letter that is chosen: add --yes, or --dry-run to see how many".to_owned()
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::{delivery, message};
    use super::*;

    #[test]
    fn all_conditions_must_hold() {
        let letter = delivery("attempts_exhausted", "acme", "sub_1");
        let filter = Filter {
            reason: Some("attempts_exhausted".to_owned()),
            subscription: Some("sub_1".to_owned()),
            tenant: Some("acme".parse().unwrap()),
        };
        assert!(filter.wants(&letter));
        assert!(!Filter { reason: Some("expired".to_owned()), ..filter.clone() }.wants(&letter));
        assert!(!Filter { tenant: Some("globex".parse().unwrap()), ..filter.clone() }.wants(&letter));
        assert!(!Filter { subscription: Some("sub_2".to_owned()), ..filter }.wants(&letter));
        assert!(Filter::default().wants(&letter));
    }

    #[test]
    fn a_subscription_of_a_file_can_be_named() {
        let id = SubscriptionId::derive(&"acme".parse().unwrap(), &"big-deals".parse().unwrap());
        let filter = Filter { subscription: Some("big-deals".to_owned()), ..Filter::default() };
        assert!(filter.wants(&delivery("expired", "acme", id.as_str())));
        assert!(!filter.wants(&delivery("expired", "globex", id.as_str())));
        assert!(!filter.wants(&message("invalid_json", b"{")));
    }

    #[test]
    fn ids_choose_only_themselves() {
        let (one, other) = (message("invalid_json", b"{"), message("invalid_json", b"{"));
        let selection = Selection { ids: vec![one.id.clone()], ..Selection::default() };
        assert!(selection.wants(&one) && !selection.wants(&other));
        assert!(selection.refuse_to_discard_unasked().is_ok());
        assert!(Selection::default().refuse_to_discard_unasked().is_err());
    }
}
