//! What filters answer, what they refuse, and that nothing they are given makes them slow.

use std::time::{Duration, Instant};

use barid_event::{
    Event,
    amqp::{Limits, Message, read},
};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

/// Far more than a refusal or an evaluation needs, on a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(5);

fn event_of(content_type: &'static str, body: Vec<u8>) -> Event {
    let message = Message {
        routing_key: "deal.updated",
        content_type: Some(content_type),
        body: body.into(),
        ..Message::default()
    };
    let limits = Limits { max_body: 64 << 20, ..Limits::default() };
    read(&message, &limits, DateTime::UNIX_EPOCH, Uuid::nil).unwrap().event
}

fn event(data: &Value) -> Event {
    event_of("application/json", serde_json::to_vec(data).unwrap())
}

fn judge(source: &str, data: &Value) -> Verdict {
    let event = event(data);
    Filter::compile(source).unwrap().judge(&Facts::new(&event.envelope, &event.data))
}

fn error(source: &str, data: &Value) -> String {
    match judge(source, data) {
        Verdict::Error(text) => text,
        verdict => panic!("{source}: {verdict:?}"),
    }
}

fn refusal(source: &str) -> InvalidFilter {
    let began = Instant::now();
    let refusal = Filter::compile(source).unwrap_err();
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    refusal
}

#[test]
fn answers_what_cel_answers() {
    let data = json!({
        "amount_minor": 2_000_000, "share": 0.5, "huge": u64::MAX, "currency": "EUR", "tags": ["vip", "late"], "none": null,
        "owner": {"name": "Ada", "team": "north"}, "lines": [{"sku": "a", "n": 2}, {"sku": "b", "n": 5}],
        "changes": [{"field": "stage", "old": "open", "new": "won"}, {"field": "note", "new": "x"}],
    });
    let yes = [
        "data.amount_minor > 1000000 && data.currency == 'EUR'",
        "data.amount_minor >= 2000000.0 && data.share < 1 && data.huge > 1",
        "data.currency in ['EUR', 'USD'] && !('x' in data.tags) && 'vip' in data.tags",
        "data.tags == ['vip', 'late'] && ['vip', 'late'] == data.tags && data.tags != ['vip']",
        "data.tags in [['vip', 'late']] && [data.tags] == [['vip', 'late']]",
        "data.owner == {'name': 'Ada', 'team': 'north'} && {'name': 'Ada', 'team': 'north'} == data.owner",
        "data.owner != {'name': 'Ada'} && 'team' in data.owner && data.owner['team'] == 'north'",
        "has(data.owner.name) && !has(data.owner.mail) && data.none == null && subject == null",
        "size(data.tags) == 2 && data.tags.size() == 2 && size(data.owner) == 2 && size(data.currency) == 3",
        "data.lines.exists(line, line.n > 4) && data.lines.all(line, line.n > 1) && data.lines[0].sku == 'a'",
        "data.lines.exists_one(line, line.sku == 'a') && size(data.lines.filter(line, line.n > 2)) == 1",
        "data.lines.map(line, line.n + 1) == [3, 6] && data.owner.all(key, key in ['name', 'team'])",
        "data.currency.matches('^E[A-Z]R$') && matches(data.currency, 'U') && !data.currency.matches('x')",
        "data.currency.startsWith('E') && data.currency.endsWith('R') && data.currency.contains('U')",
        "changed('stage') && old('stage') == 'open' && !changed('owner') && old('owner') == null && old('note') == null",
        "type == 'deal.updated' && tenant == 'default' && size(id) > 0 && source != ''",
        "time == timestamp('1970-01-01T00:00:00Z') && time < timestamp('1970-01-01T00:00:00Z') + duration('1s')",
        "data.amount_minor > 0 ? data.currency == 'EUR' : false",
        "int('7') + 1 == 8 && string(1) == '1' && -data.amount_minor < 0 && data.amount_minor % 3 == 2",
        // What decides is enough, as CEL has it.
        "data.missing == 1 || true",
    ];
    for source in yes {
        assert_eq!(judge(source, &data), Verdict::Match, "{source}");
        assert_eq!(judge(&format!("!({source})"), &data), Verdict::NoMatch, "{source}");
    }
}

#[test]
fn what_cannot_be_evaluated_is_an_error_that_says_why() {
    let data = json!({"name": "x", "items": vec![0; 1001], "long": "y".repeat(MAX_FILTER_TEXT + 1), "one": 1});
    for (source, expected) in [
        ("data.missing > 1", "missing"),
        ("data.name > 1", "overload"),
        ("data.one", "int, not true or false"),
        ("data.one / 0 == 1", "ivision"),
        ("9223372036854775807 + data.one > 0", "verflow"),
        ("data.items.exists(item, item == 1)", "items has 1001 items"),
        ("size(data.items) > 1", "items has 1001 items"),
        ("data.long == 'y'", "long has 16385 bytes"),
        ("data.name + 'y' == 'xy'", "joins no texts"),
        ("data.name.matches('x') && data.one.matches('x')", "overload"),
        ("[1, 2][5] == 1", "ounds"),
    ] {
        let text = error(source, &data);
        assert!(text.contains(expected), "{source}: {text}");
    }
}

#[test]
fn data_that_is_no_json_is_null() {
    for (content_type, body) in [("text/plain", "{}"), ("application/json", "")] {
        let event = event_of(content_type, body.into());
        let facts = Facts::new(&event.envelope, &event.data);
        let filter = |source: &str| Filter::compile(source).unwrap().judge(&facts);
        assert_eq!(filter("data == null && type == 'deal.updated' && !changed('x')"), Verdict::Match, "{body}");
        assert!(matches!(filter("data.amount == 1"), Verdict::Error(_)), "{body}");
    }
}

#[test]
fn refuses_what_is_no_filter_and_says_what_to_do() {
    assert_eq!(refusal(" \n"), InvalidFilter::Empty);
    assert_eq!(refusal("amount > 1"), InvalidFilter::UnknownName("amount".into()));
    assert_eq!(refusal("data.name.upper() == 'X'"), InvalidFilter::UnknownFunction("upper".into()));
    assert_eq!(refusal("bytes(data.name) == b'x'"), InvalidFilter::UnknownFunction("bytes".into()));
    assert_eq!(refusal("data.a.matches(data.b)"), InvalidFilter::NotLiteral("matches"));
    assert_eq!(refusal("changed(data.a)"), InvalidFilter::NotLiteral("changed"));
    assert_eq!(refusal("changed()"), InvalidFilter::UnknownFunction("changed".into()));
    assert_eq!(refusal("data.a.all(x, data.b.exists(y, x == y))"), InvalidFilter::NestedMacros);
    let syntax = refusal("true &&\n  data.amount >");
    assert!(matches!(syntax, InvalidFilter::Syntax { line: 2, column: 16, .. }), "{syntax:?}");
    let text = refusal("data.a.matches('(')").to_string();
    assert!(text.starts_with("filter has a regular expression that is refused: unclosed group"), "{text}");
    for source in ["a.B{c: 1} == 1", "data.?a == 1", ".data.a == 1", "int == int", "@old == 1"] {
        refusal(source);
    }
}

#[test]
fn macros_may_follow_one_another() {
    let data = json!({"a": [1, 2, 3]});
    assert_eq!(judge("data.a.filter(x, x > 1).all(x, x > 1)", &data), Verdict::Match);
}

#[test]
fn refuses_bombs_in_time() {
    assert_eq!(refusal(&"x".repeat(MAX_FILTER_BYTES + 1)), InvalidFilter::Long(MAX_FILTER_BYTES + 1));
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{1:", "}"), ("!", ""), ("-", ""), ("data[", "]"), ("true?", ":true")]
    {
        for count in [40, 340] {
            let source = format!("{}true{}", open.repeat(count), close.repeat(count));
            assert_eq!(refusal(&source), InvalidFilter::Deep, "{open}");
        }
        refusal(&open.repeat(MAX_FILTER_BYTES / open.len()));
    }
    assert_eq!(refusal(&vec!["1"; 2000].join("+")), InvalidFilter::Deep);
    assert_eq!(refusal(&format!("data{} == 1", ".a".repeat(2000))), InvalidFilter::Deep);
    assert_eq!(refusal(&format!("1 in [{}]", vec!["1"; 600].join(","))), InvalidFilter::Large);
    assert_eq!(refusal(&["data.a.matches('x')"; 11].join("&&")), InvalidFilter::ManyPatterns);
    assert!(matches!(refusal("data.a.matches('((a{100}){100}){100}')"), InvalidFilter::Regex(_)));
    for noise in ["'", "\"", "&&", "||", "?:", "data.", "\\", "1.", "\u{202e}", "\0", "in "] {
        refusal(&noise.repeat(MAX_FILTER_BYTES / noise.len()));
    }
}

#[test]
fn evaluates_hostile_filters_in_time() {
    let data = json!({
        "list": vec![json!(vec!["a"; 1000]); 1000], "text": "a".repeat(MAX_FILTER_TEXT), "numbers": vec![1; 1000],
    });
    for source in [
        "data.text.matches('(a+)+$')",
        "data.text.matches('^(a|a)*b')",
        "data.list.all(x, !('b' in x))",
        "size(data.numbers.map(x, data.list)) == 1000",
        "size(data.numbers.filter(x, x == 1)) == 1000",
        "data.list == data.list",
        "data.numbers.all(x, data.text.contains('aaaaaaaaaaaaaaaaaaaab') == false)",
    ] {
        let began = Instant::now();
        let verdict = judge(source, &data);
        assert!(!matches!(verdict, Verdict::Error(_)), "{source}: {verdict:?}");
        assert!(began.elapsed() < PATIENCE, "{source}: {:?}", began.elapsed());
    }
}

#[test]
fn filters_written_the_same_are_the_same() {
    let filter = Filter::compile("data.a == 1").unwrap();
    assert_eq!(filter, Filter::compile("data.a == 1").unwrap());
    assert_ne!(filter, Filter::compile("data.a==1").unwrap());
    assert_eq!(format!("{filter:?}"), r#"Filter("data.a == 1")"#);
}

proptest! {
    #[test]
    fn compares_numbers_as_rust_does(one in -3_i64..3, other in -3_i64..3, third in -3_i64..3) {
        let data = json!({"a": one, "b": other, "c": third});
        for (source, expected) in [
            ("data.a < data.b || data.b >= data.c", one < other || other >= third),
            ("data.a == data.b && data.b != data.c", one == other && other != third),
            ("data.a + data.b - data.c > data.a * data.b", one + other - third > one * other),
            ("[data.a, data.b].exists(x, x == data.c)", [one, other].contains(&third)),
            ("data.c in [data.a, data.b]", [one, other].contains(&third)),
        ] {
            let expected = if expected { Verdict::Match } else { Verdict::NoMatch };
            prop_assert_eq!(judge(source, &data), expected, "{}", source);
        }
    }

    #[test]
    fn never_panics_on_any_text(source in "[a-z(){}\\[\\]!?:.,'\"&|=<>+*/% 0-9-]{0,60}") {
        if let Ok(filter) = Filter::compile(&source) {
            let event = event(&json!({"a": [1, "x", null]}));
            filter.judge(&Facts::new(&event.envelope, &event.data));
        }
    }
}

/// `data.tags == 'vip'` with a list in `tags` once compared for ever, until the stack of the router was used up.
#[test]
fn regression_a_list_or_object_is_not_the_same_as_anything_else() {
    let data = json!({"list": [1], "object": {"a": 1}, "one": 1, "none": null});
    for one in ["data.list", "data.object"] {
        for other in ["1", "1.5", "'x'", "true", "null", "data.one", "data.none", "time"] {
            assert_eq!(
                judge(&format!("{one} == {other} || {other} == {one}"), &data),
                Verdict::NoMatch,
                "{one} {other}"
            );
            assert_eq!(
                judge(&format!("{one} in [{other}] || {one} != {one}"), &data),
                Verdict::NoMatch,
                "{one} {other}"
            );
        }
    }
    assert_eq!(
        judge("data.list == data.object || data.list == {'a': 1} || data.object == [1]", &data),
        Verdict::NoMatch
    );
}

#[test]
fn the_deepest_expressions_need_half_the_stack_of_a_thread_at_most() {
    let data = json!({"deep": {"a": {"a": {"a": 1}}}, "one": 1, "yes": true});
    let nested = |open: &str, inside: &str, close: &str, depth| open.repeat(depth) + inside + &close.repeat(depth);
    let mut depths = Vec::new();
    for (open, inside, close) in [
        ("(1 + ", "data.one", ")"),
        ("!(", "data.yes", ")"),
        ("data.one == 2 ? false : ", "true", ""),
        ("(data.yes && ", "true", ")"),
        ("[", "data.one", "]"),
        ("", "data.deep", ".a"),
        ("", "data.deep", "['a']"),
    ] {
        let deepest = (1..=MAX_FILTER_DEPTH).rev().find_map(|depth| {
            let source = nested(open, inside, close, depth);
            Filter::compile(&source)
                .or_else(|_| Filter::compile(&(source + " != null")))
                .ok()
                .map(|filter| (depth, filter))
        });
        let ((depth, filter), event) = (deepest.unwrap(), event(&data));
        depths.push(depth);
        let judge = move || filter.judge(&Facts::new(&event.envelope, &event.data));
        std::thread::Builder::new().stack_size(1 << 20).spawn(judge).unwrap().join().unwrap();
    }
    assert!(depths.iter().all(|depth| *depth > MAX_FILTER_DEPTH / 3), "{depths:?}");
}
