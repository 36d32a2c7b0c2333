//! The sources together: which is stronger, what is refused and in which words.

use std::collections::HashMap;
use std::fs;

use tempfile::TempDir;

use super::{Settings, Sources};

/// Sources with nothing but a file of this text, and the directory it is in.
pub(crate) fn file(text: &str) -> (TempDir, Sources) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("barid.toml");
    fs::write(&path, text).unwrap();
    (directory, Sources { file: Some(path), ..Sources::default() })
}

/// The settings of a file of this text.
pub(crate) fn settings(text: &str) -> Settings {
    let (_directory, sources) = file(text);
    sources.load().unwrap().settings
}

fn refused(sources: &Sources) -> String {
    let error = sources.load().unwrap_err().to_string();
    match &sources.file {
        Some(path) => error.replace(&path.display().to_string(), "barid.toml"),
        None => error,
    }
}

fn variables<const N: usize>(variables: [(&str, &str); N]) -> HashMap<String, String> {
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn the_command_line_beats_the_environment_which_beats_the_file() {
    let text = "router.prefetch = 1\ndispatcher.slots = 1\ndispatcher.per_host = 1";
    let (_directory, sources) = file(text);
    let sources = Sources {
        environment: variables([("BARID_DISPATCHER__SLOTS", "2"), ("BARID_DISPATCHER__PER_HOST", "2")]),
        command_line: vec![("dispatcher.per_host".to_owned(), "3".to_owned())],
        ..sources
    };
    let settings = sources.load().unwrap().settings;
    let seen = (settings.router.prefetch, settings.dispatcher.slots, settings.dispatcher.per_host);
    assert_eq!(seen, (1, 2, 3));
    assert_eq!(settings.dispatcher.slow_slots, 256, "what nobody gives stays");
}

#[test]
fn the_file_of_defaults_can_be_given_back() {
    assert_eq!(serde_json::to_value(settings(super::DEFAULT)).unwrap(), serde_json::to_value(settings("")).unwrap());
}

#[test]
fn digits_in_a_text_stay_as_they_are() {
    let (_directory, sources) = file("");
    let environment = variables([("BARID_BROKER__NAMESPACE", "0123")]);
    let settings = Sources { environment, ..sources }.load().unwrap().settings;
    assert_eq!(settings.broker.namespace.to_string(), "0123");
}

#[test]
fn publishers_can_come_from_the_environment() {
    let (_directory, sources) = file("");
    let environment = variables([("BARID_TENANTS__PUBLISHERS__CRM", "acme,globex")]);
    let settings = Sources { environment, ..sources }.load().unwrap().settings;
    assert_eq!(settings.tenants.publishers["crm"].0.len(), 2);
}

#[test]
fn unknown_keys_are_named_with_their_source() {
    let (_directory, sources) = file("[broker]\nulr = 'x'\n[brokr]\nurl = 'x'");
    let sources = Sources {
        environment: variables([("BARID_ROUTER__PREFTCH", "1")]),
        command_line: vec![("color".to_owned(), "red".to_owned())],
        ..sources
    };
    let mut lines: Vec<_> = refused(&sources).lines().map(str::to_owned).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "BARID_ROUTER__PREFTCH: router.preftch is no setting: router has canary_every, lanes_per_tenant, max_event_bytes, prefetch",
            "barid.toml: broker.ulr is no setting: broker has events_exchange, \
             namespace, topology, url, url_file, work_lanes",
            "barid.toml: brokr.url is no setting: see `barid config --default`",
            "command line: color is no setting: see `barid config --default`",
        ]
    );
}

#[test]
fn a_variable_with_one_underscore_too_few_is_named() {
    let (_directory, sources) = file("");
    let environment = variables([("BARID_BROKER_URL_FILE", "x"), ("BARID_DEV_DIR", "x"), ("BARID_URL", "x")]);
    assert_eq!(
        refused(&Sources { environment, ..sources }),
        "BARID_BROKER_URL_FILE is no setting: did you mean BARID_BROKER__URL_FILE, with two underscores?"
    );
}

#[test]
fn wrong_values_are_named_with_their_source() {
    for (text, message) in [
        (
            "dispatcher.fast = 'soon'",
            "barid.toml: dispatcher.fast \"soon\" is no duration: write 250ms, 5s, 15m, 2h or 7d",
        ),
        ("dispatcher.slots = 'many'", "barid.toml: dispatcher.slots is string \"many\": give an integer"),
        ("broker = 5", "barid.toml: broker is a section: give the settings in it"),
        ("broker.work_lanes = 65", "barid.toml: broker.work_lanes is 65: give 1 to 64"),
        (
            "broker.url = 'http://u:s3cret@h'",
            "barid.toml: broker.url is no AMQP URL: begin it with amqp:// or amqps://",
        ),
        ("router.lanes_per_tenant = 65", "barid.toml: router.lanes_per_tenant is 65: give 1 to 64"),
        (
            "tenants.publishers.crm = 'A'",
            "barid.toml: tenants.publishers.crm tenant has 'A' at byte 0: use only a-z, 0-9, _ and -",
        ),
    ] {
        let (_directory, sources) = file(text);
        assert_eq!(refused(&sources), message);
    }
}

#[test]
fn all_values_out_of_bounds_are_named_at_once() {
    let (_directory, sources) = file("broker.work_lanes = 0\nrouter.prefetch = 0\ndispatcher.fast = '0s'");
    assert_eq!(refused(&sources).lines().count(), 3);
}

#[test]
fn a_named_file_must_be_there() {
    let missing = Sources { file: Some("/nowhere/barid.toml".into()), ..Sources::default() };
    assert_eq!(refused(&missing), "cannot read barid.toml");
}

#[test]
fn the_url_comes_from_a_file_unless_a_stronger_source_gives_it() {
    let (directory, sources) = file("broker.url = 'amqp://weaker/'");
    let secret = directory.path().join("url");
    fs::write(&secret, "amqp://u:p@from-file/\n").unwrap();
    let environment = variables([("BARID_BROKER__URL_FILE", &secret.display().to_string())]);
    let sources = Sources { environment, ..sources };
    let url = |sources: &Sources| sources.load().unwrap().settings.broker.url.to_string();
    assert_eq!(url(&sources), "amqp://u:***@from-file/");
    let command_line = vec![("broker.url".to_owned(), "amqp://stronger/".to_owned())];
    assert_eq!(url(&Sources { command_line, ..sources }), "amqp://stronger/");
}

#[test]
fn an_old_master_key_list_can_come_from_the_environment() {
    let (_directory, sources) = file("");
    let environment = variables([("BARID_SECURITY__OTHER_MASTER_KEYS", "a, b")]);
    let settings = Sources { environment, ..sources }.load().unwrap().settings;
    assert_eq!(settings.security.other_master_keys.0.len(), 2);
}

#[test]
fn a_file_that_holds_no_url_of_a_store_is_named_and_not_repeated() {
    let (directory, sources) = file("");
    let secret = directory.path().join("url");
    fs::write(&secret, "mysql://u:s3cret@h").unwrap();
    let environment = variables([("BARID_STORE__URL_FILE", &secret.display().to_string())]);
    let refused = refused(&Sources { environment, ..sources });
    assert!(
        refused.ends_with("url (store.url_file) holds is no store: begin it with sqlite: or postgres://"),
        "{refused}"
    );
}

#[test]
fn neither_passwords_nor_master_keys_are_shown() {
    let text =
        "store.url = 'postgres://u:s3cret@h/b'\nsecurity = {master_key = 's3cret', other_master_keys = ['s3cret']}";
    let shown = serde_json::to_string(&settings(text)).unwrap();
    assert!(!shown.contains("s3cret") && shown.contains("\"master_key\":\"***\""), "{shown}");
}
