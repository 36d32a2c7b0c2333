//! What templates can do with text beyond what the engine has: what receivers of webhooks ask for. Each pays fuel for the
//! text it works on, as the engine's own do, so that a loop over a long text ends.

#![expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over")]

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};
use minijinja::{Environment, Error, ErrorKind, State};
use sha2::Sha256;

/// How many bytes of text cost as much as an instruction: as many as with the engine's own filters.
const BYTES_PER_FUEL: usize = 64;
/// What a shortened text ends with.
const ELLIPSIS: &str = "…";

/// Adds them.
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("md5", md5);
    environment.add_filter("sha256", sha256);
    environment.add_filter("slack", slack);
    environment.add_filter("truncate", truncate);
}

/// MD5 in hexadecimal: how some receivers name a person by their e-mail address.
fn md5(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    pay(state, &text)?;
    Ok(HEXLOWER.encode(&Md5::digest(text.as_bytes())))
}

/// SHA-256 in hexadecimal.
fn sha256(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    pay(state, &text)?;
    Ok(HEXLOWER.encode(&Sha256::digest(text.as_bytes())))
}

/// The three characters that begin something in Slack's text, escaped.
fn slack(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    pay(state, &text)?;
    Ok(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// At most `length` characters, the last of them `…` where something is missing.
fn truncate(state: &State<'_, '_>, text: Cow<'_, str>, length: usize) -> Result<String, Error> {
    pay(state, &text)?;
    if text.char_indices().nth(length).is_none() {
        return Ok(text.into_owned());
    }
    let kept =
        length.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "nothing is left of the text"))?;
    let end = text.char_indices().nth(kept).map_or(text.len(), |(end, _)| end);
    Ok(format!("{}{ELLIPSIS}", &text[..end]))
}

fn pay(state: &State<'_, '_>, text: &str) -> Result<(), Error> {
    state.consume_fuel(u64::try_from(text.len() / BYTES_PER_FUEL).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::payload::{Template, TemplateFault};

    fn written(source: &str) -> Result<String, TemplateFault> {
        let event = json!({"id": "e1", "data": {"email": " Jane@Example.COM ", "text": "a <b> & c", "n": 7}});
        Template::new(source, "text/plain".parse().unwrap()).unwrap().render(event)
    }

    #[test]
    fn hashes_as_other_programs_do() {
        assert_eq!(written("{{ data.email|trim|lower|md5 }}").unwrap(), "9e26471d35a78862c17e467d87cddedf");
        assert_eq!(
            written("{{ 'abc'|sha256 }}").unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(written("{{ data.n|md5 }}").unwrap(), "8f14e45fceea167a5a36dedd4bea2543");
    }

    #[test]
    fn escapes_what_slack_reads() {
        assert_eq!(written("{{ data.text|slack }}").unwrap(), "a &lt;b&gt; &amp; c");
    }

    #[test]
    fn shortens_by_characters() {
        assert_eq!(written("{{ 'äöü'|truncate(3) }}").unwrap(), "äöü");
        assert_eq!(written("{{ 'äöüß'|truncate(3) }}").unwrap(), "äö…");
        assert!(written("{{ 'a'|truncate(0) }}").is_err());
    }

    #[test]
    fn a_long_text_over_and_over_ends_for_want_of_fuel() {
        for filter in ["md5", "sha256", "slack", "truncate(9)"] {
            let source = format!(
                "{{% set a = '%40000d'|format(1) %}}{{% for i in range(9999) %}}{{% set b = a|{filter} %}}{{% endfor %}}"
            );
            assert_eq!(written(&source), Err(TemplateFault::OutOfFuel), "{filter}");
        }
    }
}
