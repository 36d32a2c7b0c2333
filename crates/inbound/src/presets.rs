//! The providers that come with the product.

use std::sync::LazyLock;

use barid_registry::source::Presets;

const FILES: [&str; 28] = [
    include_str!("../presets/api-key.yaml"),
    include_str!("../presets/basic.yaml"),
    include_str!("../presets/bearer.yaml"),
    include_str!("../presets/calendly.yaml"),
    include_str!("../presets/github.yaml"),
    include_str!("../presets/hmac.yaml"),
    include_str!("../presets/hubspot-v1.yaml"),
    include_str!("../presets/hubspot-v2.yaml"),
    include_str!("../presets/hubspot.yaml"),
    include_str!("../presets/intercom.yaml"),
    include_str!("../presets/mailchimp.yaml"),
    include_str!("../presets/mandrill.yaml"),
    include_str!("../presets/meta.yaml"),
    include_str!("../presets/pipedrive.yaml"),
    include_str!("../presets/salesforce.yaml"),
    include_str!("../presets/sendgrid.yaml"),
    include_str!("../presets/shopify.yaml"),
    include_str!("../presets/slack.yaml"),
    include_str!("../presets/standard-webhooks-ed25519.yaml"),
    include_str!("../presets/standard-webhooks.yaml"),
    include_str!("../presets/stripe.yaml"),
    include_str!("../presets/svix.yaml"),
    include_str!("../presets/twilio.yaml"),
    include_str!("../presets/typeform.yaml"),
    include_str!("../presets/url-secret.yaml"),
    include_str!("../presets/woocommerce.yaml"),
    include_str!("../presets/zendesk.yaml"),
    include_str!("../presets/zoho.yaml"),
];

// A test reads every file, so that none is refused here.
static PRESETS: LazyLock<Presets> = LazyLock::new(|| Presets::read(FILES).unwrap_or_default());

/// The providers that come with the product, by name.
pub fn presets() -> &'static Presets {
    &PRESETS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_preset() {
        for file in FILES {
            let read = Presets::read([file]);
            assert!(read.is_ok(), "{}\n{read:?}", file.lines().take(3).collect::<String>());
        }
        assert_eq!(presets().iter().count(), FILES.len());
    }
}
