//! Asking receivers for their consent, where a subscription says so: the only request that the gateway makes to somebody
//! else's server, since its answer decides whether the subscription is registered at all.

use std::{num::NonZeroU32, time::Duration};

use barid_egress::{Access, Headers, Identity, Method, Request};
use barid_registry::{
    ALLOWED_ORIGIN_HEADER, ALLOWED_RATE_HEADER, Consent, REQUEST_ORIGIN_HEADER, REQUEST_RATE_HEADER, Settings,
    destination::{self, TlsIdentity},
};
use bytes::Bytes;

use crate::{app::App, clock, http::Problem};

/// Where what is wrong is told.
const POINTER: &str = "/destination/verification";

/// How long a receiver may take to consent, and never longer than it may take for a delivery: somebody waits for it.
const WITHIN: Duration = Duration::from_secs(10);

/// What was asked and answered, kept over the tries of one change.
type Asked = Option<(Settings, Consent)>;

/// Asks the receiver, if it is to be asked and there is no consent of it. A receiver that was asked about the same in
/// `asked` is not asked again.
pub(super) async fn complete(app: &App, settings: &mut Settings, asked: &mut Asked) -> Result<(), Problem> {
    if settings.verification.as_ref().is_none_or(|verification| verification.consent().is_some()) {
        return Ok(());
    }
    if let Some((about, consent)) = asked
        && *about == *settings
    {
        keep(settings, consent.clone());
        return Ok(());
    }
    let about = settings.clone();
    let consent = ask(app, &about).await?;
    keep(settings, consent.clone());
    *asked = Some((about, consent));
    Ok(())
}

fn keep(settings: &mut Settings, consent: Consent) {
    if let Some(verification) = &mut settings.verification {
        *verification = verification.with_consent(Some(consent));
    }
}

async fn ask(app: &App, settings: &Settings) -> Result<Consent, Problem> {
    let Some(verification) = &settings.verification else {
        return Err(Problem::at(POINTER, "is not there: set kind: cloudevents first"));
    };
    // It costs a tenant what an event does: nobody is to be flooded with questions.
    let per_second = app.quotas(&settings.tenant).publish_per_second;
    if let Err(limited) = app.rates.take(&settings.tenant, per_second, NonZeroU32::MIN) {
        return Err(limited.told(per_second));
    }
    let mut headers = Headers::new();
    let unset = |error: barid_egress::HeaderError| Problem::at(POINTER, error.to_string());
    headers.set(REQUEST_ORIGIN_HEADER, app.origin.as_str()).map_err(unset)?;
    if let Some(rate) = verification.rate() {
        headers.set(REQUEST_RATE_HEADER, &rate.to_string()).map_err(unset)?;
    }
    let request = Request {
        method: Method::Options,
        url: settings.destination.url().clone(),
        headers,
        body: Bytes::new(),
        deadline: settings.destination.timeout().min(WITHIN),
    };
    // By the same certificates as deliveries; but without their credentials, which belong to who has consented.
    let tls = settings.destination.access().and_then(destination::Access::tls);
    let tls = tls.map(|TlsIdentity { digest, ca, client }| {
        let client = client.map(|client| (&*client.certificate, &*client.key));
        (Identity { ca, client }, digest)
    });
    let access = Access { owner: settings.tenant.as_str(), tls, grant: None };
    let answer = app.clients.call(request, access).await.map_err(|failure| {
        Problem::at(POINTER, format!("the receiver could not be asked: {failure}: have it answer OPTIONS"))
    })?;
    let (origin, rate) = (answer.header(ALLOWED_ORIGIN_HEADER), answer.header(ALLOWED_RATE_HEADER));
    let judged = verification.judge(&app.origin, origin.as_deref(), rate.as_deref(), clock::now());
    judged.map_err(|refusal| Problem::at(POINTER, format!("status {}: {refusal}", answer.status)))
}
