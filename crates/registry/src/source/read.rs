//! From a document to a source: which keys there are, what they default to, and how they change the preset.

use barid_event::Tenant;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use url::Url;

use super::{
    id::SourceId,
    intake, mapping,
    preset::{Preset, Presets},
    secret::{MAX_SOURCE_SECRETS, SecretText, SourceSecret},
    settings::{
        DEFAULT_DEDUP_WINDOW, DEFAULT_MAX_BODY, MAX_DEDUP_WINDOW, MAX_MAX_BODY, OnInvalid, RateLimit, SourceSettings,
    },
    verification::Verification,
};
use crate::{
    cursor::{Cursor, Fields, Keys},
    destination::MAX_URL_LENGTH,
    name::Name,
    problem::{Problem, Problems},
    tree::Node,
};

/// Stands for what is left out where a secret is shown masked.
const MASK: char = '…';

/// The least that bodies may be bounded to, in bytes.
const MIN_MAX_BODY: u32 = 1 << 10;

/// The highest rate and burst.
const MAX_RATE: u32 = 100_000;

const SOURCE: Keys = Keys {
    known: &[
        "name",
        "tenant",
        "preset",
        "secret",
        "secrets",
        "verify_token",
        "verification",
        "items",
        "kind",
        "id",
        "mapping",
        "public_url",
        "on_invalid",
        "rate_limit",
        "dedup_window",
        "max_body",
        "keep_raw",
        "enabled",
    ],
    unsupported: &[],
};
const SECRET: Keys = Keys { known: &["secret", "until"], unsupported: &[] };
const RATE: Keys = Keys { known: &["per_second", "burst"], unsupported: &[] };

/// Keys that are said instead of the preset's.
pub(super) const OVERRIDES: [&str; 5] = ["verification", "items", "kind", "id", "mapping"];

/// What reading a source depends on beside its document.
#[derive(Clone, Copy, Debug)]
pub struct SourceReading<'a> {
    /// The presets there are.
    pub presets: &'a Presets,
    /// The tenant of the caller; a document that names another is refused, and so is a mapping that chooses one.
    pub tenant: Option<&'a Tenant>,
    /// The source as it is: its secrets stay where the document names none.
    pub current: Option<&'a SourceSettings>,
}

/// The source that a document describes; or everything that is wrong with it.
pub fn read(document: &Value, reading: &SourceReading<'_>) -> Result<SourceSettings, Problems> {
    let node = Node::document(document).map_err(Problems::from)?;
    let mut problems = Problems::default();
    let read = settings(&Cursor::root(&node), reading, &mut problems);
    problems.finish(read)
}

/// The source at a cursor.
pub(crate) fn settings(
    at: &Cursor<'_>,
    reading: &SourceReading<'_>,
    problems: &mut Problems,
) -> Option<SourceSettings> {
    let fields = at.fields(&SOURCE, problems)?;
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let tenant = problems.keep(tenant(&fields, reading.tenant));
    let preset = problems.keep(fields.require("preset").and_then(|at| preset(at, reading.presets)));
    let overrides = overrides(&fields, problems);
    let verification = preset.and_then(|preset| verification(preset, &overrides, problems));
    let mut intake = preset.map(|preset| preset.intake.clone()).unwrap_or_default();
    intake::overrides(&mut intake, &fields, problems);
    let own = fields.get("mapping").map(|at| mapping::read(at, reading.tenant.is_some(), problems));
    let mapping = own.unwrap_or_else(|| preset.map(|preset| preset.mapping.clone()));
    let secrets = secrets(&fields, reading, problems);
    if let (Some(verification), Some(secrets)) = (&verification, &secrets)
        && *verification != Verification::Token
        && secrets.is_empty()
    {
        problems.add(fields.missing(&["secret"], "give the secret that the provider signs with"));
    }
    let current = reading.current.and_then(|current| current.verify_token.clone());
    let verify_token = fields.optional("verify_token", problems, secret).or(current);
    if intake.handshake.query.is_some() && verify_token.is_none() {
        problems.add(fields.missing(&["verify_token"], "give the one that you tell the provider"));
    }
    // Everything is read before giving up, so that every problem is found.
    let public_url = fields.optional("public_url", problems, public_url);
    let on_invalid = fields.optional("on_invalid", problems, on_invalid).unwrap_or_default();
    let rate_limit = fields.get("rate_limit").and_then(|at| rate_limit(at, problems));
    let dedup_window = fields.optional("dedup_window", problems, window).unwrap_or(DEFAULT_DEDUP_WINDOW);
    let max_body = fields.optional("max_body", problems, max_body).unwrap_or(DEFAULT_MAX_BODY);
    let keep_raw = fields.optional("keep_raw", problems, truth).unwrap_or(false);
    let enabled = fields.optional("enabled", problems, truth).unwrap_or(true);
    Some(SourceSettings {
        name: name?,
        tenant: tenant?,
        preset: preset?.name.clone(),
        secrets: secrets?,
        verify_token,
        verification: verification?,
        intake,
        mapping: mapping?,
        public_url,
        on_invalid,
        rate_limit,
        dedup_window,
        max_body,
        keep_raw,
        enabled,
        overrides,
    })
}

/// The identifier of the source that a document describes, of which only name and tenant are read; `own` is the tenant of the
/// caller.
pub fn id_of(document: &Value, own: Option<&Tenant>) -> Result<SourceId, Problems> {
    let node = Node::document(document).map_err(Problems::from)?;
    let mut problems = Problems::default();
    let read = identity(&Cursor::root(&node), own, &mut problems);
    problems.finish(read.map(|(name, tenant)| SourceId::derive(&tenant, &name)))
}

/// Name and tenant of the source at a cursor, whose keys are known, and nothing else of it.
pub(crate) fn identity(at: &Cursor<'_>, own: Option<&Tenant>, problems: &mut Problems) -> Option<(Name, Tenant)> {
    let fields = at.fields(&SOURCE, problems)?;
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let tenant = problems.keep(tenant(&fields, own));
    Some((name?, tenant?))
}

fn tenant(fields: &Fields<'_>, own: Option<&Tenant>) -> Result<Tenant, Problem> {
    let Some(at) = fields.get("tenant") else {
        return Ok(own.cloned().unwrap_or_default());
    };
    let named = at.parse::<Tenant>()?;
    match own {
        Some(own) if *own != named => Err(at.problem("is not yours: leave it out, or use a key of that tenant")),
        _ => Ok(named),
    }
}

fn preset<'p>(at: &Cursor<'_>, presets: &'p Presets) -> Result<&'p Preset, Problem> {
    presets.get(at.text()?).ok_or_else(|| at.problem(format!("is no preset: use one of {}", presets.names())))
}

fn overrides(fields: &Fields<'_>, problems: &mut Problems) -> Map<String, Value> {
    let read = |name: &&str| Some(((*name).to_owned(), fields.optional(name, problems, Cursor::json)?));
    OVERRIDES.iter().filter_map(read).collect()
}

fn verification(preset: &Preset, overrides: &Map<String, Value>, problems: &mut Problems) -> Option<Verification> {
    let read = preset.verification_with(overrides.get("verification"));
    read.map_err(|refused| refused.listed().iter().cloned().for_each(|problem| problems.add(problem))).ok()
}

/// The secrets that are named, or those there are.
fn secrets(fields: &Fields<'_>, reading: &SourceReading<'_>, problems: &mut Problems) -> Option<Vec<SourceSecret>> {
    match (fields.get("secret"), fields.get("secrets")) {
        (Some(at), None) => problems.keep(secret(at)).map(|secret| vec![SourceSecret { secret, until: None }]),
        (None, Some(at)) => {
            let items = problems.keep(at.items(MAX_SOURCE_SECRETS))?;
            let read: Vec<_> = items.iter().map(|item| dated(item, problems)).collect();
            read.into_iter().collect()
        }
        (Some(_), Some(at)) => {
            problems.add(at.problem("is there beside secret: put all of them here and remove secret"));
            None
        }
        (None, None) => Some(reading.current.map(|current| current.secrets.clone()).unwrap_or_default()),
    }
}

/// A secret as text, or as `{secret, until}`.
fn dated(at: &Cursor<'_>, problems: &mut Problems) -> Option<SourceSecret> {
    if at.is_text() {
        return problems.keep(secret(at)).map(|secret| SourceSecret { secret, until: None });
    }
    let fields = at.fields(&SECRET, problems)?;
    let until = fields.optional("until", problems, Cursor::parse::<DateTime<Utc>>);
    let secret = problems.keep(fields.require("secret").and_then(secret));
    Some(SourceSecret { secret: secret?, until })
}

fn secret(at: &Cursor<'_>) -> Result<SecretText, Problem> {
    if at.text()?.contains(MASK) {
        return Err(at.problem("is masked: leave it out to keep it, or give the whole secret"));
    }
    at.parse()
}

fn public_url(at: &Cursor<'_>) -> Result<String, Problem> {
    let text = at.line(MAX_URL_LENGTH)?;
    if text.contains(MASK) {
        return Err(at.problem("is masked: give the whole url"));
    }
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match url {
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            Err(at.problem("has a user or password: leave them out, no provider signs them"))
        }
        Some(url) if url.query().is_none() && url.fragment().is_none() => Ok(text),
        Some(_) => Err(at.problem("has a query or fragment: leave it out, the provider's is added")),
        None => {
            Err(at
                .problem("is no url: give the one that the provider was told, such as https://hooks.example.com/in/.."))
        }
    }
}

fn on_invalid(at: &Cursor<'_>) -> Result<OnInvalid, Problem> {
    match at.text()? {
        "reject" => Ok(OnInvalid::Reject),
        "dead_letter" => Ok(OnInvalid::DeadLetter),
        _ => Err(at.problem("is neither: use reject or dead_letter")),
    }
}

fn rate_limit(at: &Cursor<'_>, problems: &mut Problems) -> Option<RateLimit> {
    let fields = at.fields(&RATE, problems)?;
    let number = |at: &Cursor<'_>| {
        let number = at.number()?;
        let rate = u32::try_from(number).ok().filter(|rate| (1..=MAX_RATE).contains(rate));
        rate.ok_or_else(|| at.problem(format!("is {number}: give 1 to {MAX_RATE}")))
    };
    let per_second = problems.keep(fields.require("per_second").and_then(number))?;
    let burst = fields.optional("burst", problems, number).unwrap_or(per_second);
    Some(RateLimit { per_second, burst })
}

fn window(at: &Cursor<'_>) -> Result<std::time::Duration, Problem> {
    let window = at.duration()?;
    if window.as_secs() == 0 || window > MAX_DEDUP_WINDOW {
        return Err(at.problem(format!("is out of range: give 1s to {}", humantime::format_duration(MAX_DEDUP_WINDOW))));
    }
    Ok(window)
}

fn max_body(at: &Cursor<'_>) -> Result<u32, Problem> {
    let number = at.number()?;
    let bytes = u32::try_from(number).ok().filter(|bytes| (MIN_MAX_BODY..=MAX_MAX_BODY).contains(bytes));
    bytes.ok_or_else(|| at.problem(format!("is {number} bytes: give {MIN_MAX_BODY} to {MAX_MAX_BODY}")))
}

fn truth(at: &Cursor<'_>) -> Result<bool, Problem> {
    match at.json()? {
        Value::Bool(truth) => Ok(truth),
        _ => Err(at.problem("is neither: give true or false")),
    }
}
