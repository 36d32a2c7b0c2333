//! What the settings mean for the gateway.

use barid_gateway::{Config, DefaultQuotas, Limits};

use crate::config::Settings;
use crate::manifest::{self, Invalid};

/// The gateway's own configuration, with the recipes in the folder that the settings name.
pub(crate) fn config(settings: &Settings) -> Result<Config, Invalid> {
    let Settings { gateway, quotas, tenants, broker, .. } = settings;
    // Where publishers must be named, so must the gateway.
    let must_be_named = !tenants.publishers.is_empty();
    Ok(Config {
        listen: gateway.listen,
        public_listen: gateway.public_listen,
        public_publish: gateway.public_publish,
        public_url: gateway.public_url.as_ref().map(ToString::to_string),
        guard: settings.security.guard(),
        origin: gateway.origin.clone(),
        limits: Limits::default(),
        quotas: DefaultQuotas {
            subscriptions: quotas.subscriptions,
            fanout: quotas.fanout,
            own_lanes: quotas.own_lanes,
            publish_per_second: quotas.publish_per_second,
        },
        work_lanes: broker.work_lanes,
        user_id: must_be_named.then(|| broker.url.user()).flatten(),
        recipes: manifest::recipes(settings.recipes.folder.as_deref())?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::settings;

    #[test]
    fn the_default_file_says_what_tenants_have_by_default() {
        assert_eq!(config(&settings("")).unwrap().quotas, DefaultQuotas::default());
    }

    #[test]
    fn is_named_only_where_publishers_must_be() {
        assert_eq!(config(&settings("")).unwrap().user_id, None);
        assert_eq!(config(&settings("tenants.publishers.crm = 'acme'")).unwrap().user_id.as_deref(), Some("guest"));
    }
}
