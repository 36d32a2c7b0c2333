//! The key `destination` of a document: read into settings, and written from them.

use barid_headers::{Field, Method};
use serde_json::{Map, Value, json};

use super::{Reading, Secrets, verification};
use crate::{
    cursor::{Cursor, Fields, Keys},
    destination::{
        Access, Auth, Basic, Client, ClientAuth, Destination, InvalidAuth, MAX_STATIC_HEADERS, OAuth2, Timeout,
        credential, pem,
    },
    problem::{Problem, Problems},
    verification::Verification,
};

/// Stands for what is left out where a secret is shown masked.
pub(super) const MASK: char = '…';

const DESTINATION: Keys =
    Keys { known: &["url", "method", "headers", "auth", "ca", "timeout", "verification"], unsupported: &[] };
const AUTH: Keys = Keys {
    known: &[
        "kind",
        "username",
        "password",
        "token",
        "name",
        "value",
        "token_url",
        "client_id",
        "client_secret",
        "scope",
        "audience",
        "client_auth",
        "certificate",
        "key",
    ],
    unsupported: &[],
};

/// The keys of each kind of authentication.
const NONE: &[&str] = &["kind"];
const BASIC: &[&str] = &["kind", "username", "password"];
const BEARER: &[&str] = &["kind", "token"];
const HEADER: &[&str] = &["kind", "name", "value"];
const OAUTH2: &[&str] = &["kind", "token_url", "client_id", "client_secret", "scope", "audience", "client_auth"];
const MTLS: &[&str] = &["kind", "certificate", "key"];
const KINDS: [(&str, &[&str]); 6] =
    [("none", NONE), ("basic", BASIC), ("bearer", BEARER), ("header", HEADER), ("oauth2", OAUTH2), ("mtls", MTLS)];

/// The destination at a cursor, and what is to be asked of it.
pub(super) fn read(
    at: &Cursor<'_>,
    reading: &Reading<'_>,
    problems: &mut Problems,
) -> Option<(Destination, Option<Verification>)> {
    let fields = at.fields(&DESTINATION, problems)?;
    let verification = fields.get("verification").and_then(|at| verification::read(at, reading.consents, problems));
    let allow_http = reading.allow_http;
    // What is refused is left at its default, since the document is refused with it: the rest is still to be checked.
    let timeout = fields.optional("timeout", problems, timeout).unwrap_or_default();
    let method = fields.optional("method", problems, |at| at.one_of(&Method::ALL)).unwrap_or_default();
    let access = access(&fields, allow_http, problems);
    let at = problems.keep(fields.require("url"))?;
    let url = problems.keep(unmasked(at))?;
    let destination = problems.keep(at.check(Destination::new(url, timeout, allow_http)))?;
    if let Some(at) = fields.get("verification").filter(|_| destination.has_placeholders()) {
        let message =
            "is there beside a url with placeholders, which cannot be asked before there is an event: remove it";
        problems.add(at.problem(message));
    }
    Some((destination.with(method, access?), verification))
}

fn timeout(at: &Cursor<'_>) -> Result<Timeout, Problem> {
    at.check(at.duration()?.try_into())
}

fn access(fields: &Fields<'_>, allow_http: bool, problems: &mut Problems) -> Option<Access> {
    let headers = fields.get("headers").map_or(Some(Vec::new()), |at| headers(at, problems));
    let auth = fields.get("auth").map_or(Some(Auth::None), |at| auth(at, allow_http, problems));
    let ca =
        fields.get("ca").map_or(Some(None), |at| problems.keep(at.text().and_then(|t| at.check(pem(t)))).map(Some));
    let access = Access::new(headers?, auth?, ca?);
    match fields.get("headers") {
        Some(at) => problems.keep(at.check(access)),
        // Only headers can be at odds with the rest.
        None => access.ok(),
    }
}

fn headers(at: &Cursor<'_>, problems: &mut Problems) -> Option<Vec<Field>> {
    let members = problems.keep(at.members(MAX_STATIC_HEADERS))?;
    let read: Vec<_> = members
        .into_iter()
        .map(|(name, at)| problems.keep(unmasked(&at).and_then(|value| at.check(Field::of_user(name, value)))))
        .collect();
    read.into_iter().collect()
}

fn auth(at: &Cursor<'_>, allow_http: bool, problems: &mut Problems) -> Option<Auth> {
    let fields = at.fields(&AUTH, problems)?;
    let kind = problems.keep(fields.require("kind").and_then(|at| at.one_of(&KINDS)))?;
    for key in AUTH.known.iter().filter(|key| !kind.contains(key)) {
        if let Some(at) = fields.get(key) {
            problems.add(at.problem(format!(
                "belongs to another kind: remove it, or change the kind (this one has {})",
                kind.join(", ")
            )));
        }
    }
    match kind {
        BASIC => {
            let username = problems.keep(secret(&fields, "username", |text| Basic::new(text, "").map(|_| text)));
            let password = problems.keep(secret(&fields, "password", credential));
            let basic = Basic::new(username?, password?);
            problems.keep(at.check(basic)).map(|basic| Auth::Basic(Box::new(basic)))
        }
        BEARER => problems.keep(secret(&fields, "token", Auth::bearer)),
        HEADER => {
            let named = |text| Field::of_user(text, "").map(|_| text).map_err(InvalidAuth::from);
            let name = problems.keep(secret(&fields, "name", named));
            let value = problems.keep(secret(&fields, "value", |value| Auth::of_header("x", value).map(|_| value)));
            problems.keep(at.check(Auth::of_header(name?, value?)))
        }
        OAUTH2 => oauth2(at, &fields, allow_http, problems).map(|oauth2| Auth::OAuth2(Box::new(oauth2))),
        MTLS => {
            let certificate = problems.keep(secret(&fields, "certificate", pem));
            let key = problems.keep(secret(&fields, "key", pem));
            problems.keep(at.check(Auth::mtls(certificate?, key?)))
        }
        _ => Some(Auth::None),
    }
}

fn oauth2(at: &Cursor<'_>, fields: &Fields<'_>, allow_http: bool, problems: &mut Problems) -> Option<OAuth2> {
    let url = |at: &Cursor<'_>| at.check(OAuth2::url(unmasked(at)?, allow_http));
    let token_url = problems.keep(fields.require("token_url").and_then(url));
    let id = problems.keep(secret(fields, "client_id", credential));
    let secret = problems.keep(secret(fields, "client_secret", credential));
    let mut optional = |key| fields.optional(key, problems, |at| at.check(credential(at.text()?))).map(str::to_owned);
    let (scope, audience) = (optional("scope"), optional("audience"));
    let auth = fields.optional("client_auth", problems, |at| at.one_of(&ClientAuth::ALL)).unwrap_or_default();
    let client = Client { id: id?.to_owned(), secret: secret?.to_owned(), scope, audience, auth };
    problems.keep(at.check(OAuth2::new(token_url?, client)))
}

/// A value that must be there, is not masked, and obeys a rule.
fn secret<'y, T>(
    fields: &Fields<'y>,
    key: &'static str,
    rule: impl FnOnce(&'y str) -> Result<T, InvalidAuth>,
) -> Result<T, Problem> {
    let at = fields.require(key)?;
    at.check(rule(unmasked(at)?))
}

/// Text that stands for itself, and not masked for something longer.
fn unmasked<'y>(at: &Cursor<'y>) -> Result<&'y str, Problem> {
    let text = at.text()?;
    if text.contains(MASK) {
        let message = "is masked: give the whole value, or leave it out of a patch to keep what there is";
        return Err(at.problem(message));
    }
    Ok(text)
}

/// The canonical form: `headers` and `ca` only where there are any.
pub(super) fn write(destination: &Destination, secrets: Secrets) -> Value {
    let url = match secrets {
        Secrets::Shown => destination.text().to_owned(),
        Secrets::Masked => format!("{destination}/…"),
    };
    let mut document = json!({
        "url": url,
        "method": destination.method().as_str(),
        "auth": {"kind": Auth::None.kind()},
        "timeout": super::write::duration(destination.timeout()),
    });
    if let Some(access) = destination.access() {
        document["auth"] = write_auth(access.auth(), secrets);
        if !access.headers().is_empty() {
            let field = |field: &Field| (field.name().to_owned(), masked(field.value(), secrets).into());
            document["headers"] = Value::Object(access.headers().iter().map(field).collect());
        }
        if let Some(ca) = access.tls().and_then(|tls| tls.ca) {
            document["ca"] = ca.into();
        }
    }
    document
}

fn write_auth(auth: &Auth, secrets: Secrets) -> Value {
    let masked = |text| masked(text, secrets);
    let mut document = match auth {
        Auth::None => json!({}),
        // With some receivers the user's name is the key, and the password says nothing.
        Auth::Basic(basic) => json!({"username": masked(basic.username()), "password": masked(basic.password())}),
        Auth::Bearer(_) => json!({"token": masked(auth.token().unwrap_or_default())}),
        Auth::Header(field) => json!({"name": field.name(), "value": masked(field.value())}),
        Auth::OAuth2(oauth2) => write_oauth2(oauth2, secrets),
        Auth::Mtls(client) => json!({"certificate": client.certificate, "key": masked(&client.key)}),
    };
    document["kind"] = auth.kind().into();
    document
}

fn write_oauth2(oauth2: &OAuth2, secrets: Secrets) -> Value {
    let (url, client) = (oauth2.token_url(), oauth2.client());
    let token_url = match secrets {
        Secrets::Shown => url.to_string(),
        Secrets::Masked => format!("{}/{MASK}", url.origin().ascii_serialization()),
    };
    let mut document = Map::from_iter([
        ("token_url".to_owned(), token_url.into()),
        ("client_id".to_owned(), client.id.as_str().into()),
        ("client_secret".to_owned(), masked(&client.secret, secrets).into()),
        ("client_auth".to_owned(), client.auth.as_str().into()),
    ]);
    for (key, value) in [("scope", &client.scope), ("audience", &client.audience)] {
        if let Some(value) = value {
            document.insert(key.to_owned(), value.as_str().into());
        }
    }
    Value::Object(document)
}

fn masked(text: &str, secrets: Secrets) -> String {
    match secrets {
        Secrets::Shown => text.to_owned(),
        Secrets::Masked => MASK.to_string(),
    }
}

#[cfg(test)]
mod tests;
