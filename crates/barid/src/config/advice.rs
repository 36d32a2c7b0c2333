//! Combinations that are legal and unwise, told once at start.

use super::Settings;

/// What an operator should know about these settings; nothing if all is well.
pub(crate) fn advice(settings: &Settings) -> Vec<&'static str> {
    let Settings { broker, ledger, security, telemetry, dispatcher, gateway, tenants, .. } = settings;
    let rules = [
        (!ledger.enabled, "ledger.enabled is off: no attempt is recorded, and there will be no history of this time"),
        (security.allow_http, "security.allow_http is on: events may travel to subscribers in plain text"),
        (
            security.allow_private_networks,
            "security.allow_private_networks is on: whoever may write subscriptions can send requests into this network",
        ),
        (
            broker.url.is_plain_text_to_another_machine(),
            "broker.url is amqp:// to another machine: password and events travel in plain text; use amqps://",
        ),
        (
            !telemetry.listen.ip().is_loopback(),
            "telemetry.listen is no loopback address: let only Prometheus and the platform's probes reach it",
        ),
        (
            !gateway.listen.ip().is_loopback(),
            "gateway.listen is no loopback address: keys travel in plain text; put a proxy with TLS before it",
        ),
        (
            gateway.public_publish && gateway.public_listen.is_none(),
            "gateway.public_publish is on, and gateway.public_listen is not set: nothing is published there",
        ),
        (
            tenants.restrict(broker.url.user().as_deref()),
            "tenants.publishers does not give the user of broker.url every tenant: what the gateway publishes may become a \
             dead letter; give the gateway a broker user of its own, and that user \"*\"",
        ),
        (
            dispatcher.per_host > dispatcher.slots,
            "dispatcher.per_host is more than dispatcher.slots: one host can take every slot",
        ),
        (
            dispatcher.fast >= dispatcher.slow,
            "dispatcher.fast is not below dispatcher.slow: an attempt can count as fast and slow at once",
        ),
    ];
    rules.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn has_nothing_to_say_about_the_defaults() {
        assert_eq!(advice(&settings("")), Vec::<&str>::new());
    }

    #[test]
    fn warns_about_every_open_door() {
        let open = "
            broker.url = 'amqp://rabbit.example'
            ledger.enabled = false
            security = {allow_http = true, allow_private_networks = true}
            telemetry.listen = '0.0.0.0:9464'
            gateway = {listen = '0.0.0.0:8080', public_publish = true}
            tenants.publishers.crm = 'acme'
            dispatcher = {slots = 10, fast = '3s'}";
        assert_eq!(advice(&settings(open)).len(), 10);
    }
}
