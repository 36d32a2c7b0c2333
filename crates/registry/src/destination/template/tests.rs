//! Where placeholders may be, what they write, and that nothing they write leads elsewhere.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn refused(source: &str) -> InvalidDestination {
    UrlTemplate::new(source, false).unwrap_err()
}

fn filled(source: &str, value: &serde_json::Value) -> Result<String, UrlFault> {
    let event = json!({"id": "e1", "data": {"v": value, "email": "Jane@example.com"}});
    UrlTemplate::new(source, false).unwrap().fill(event).map(String::from)
}

fn why(fault: &UrlFault) -> String {
    fault.to_string()
}

#[test]
fn fills_segments_and_query_values_encoded() {
    let source = "https://e.com:8443/a/x{{ data.v }}.json?e={{ data.email|lower|md5 }}&i={{ id }}&fixed=1";
    assert_eq!(
        filled(source, &json!("b/c?d#e%2e {{ id }}")).unwrap(),
        "https://e.com:8443/a/xb%2Fc%3Fd%23e%252e%20%7B%7B%20id%20%7D%7D.json?e=9e26471d35a78862c17e467d87cddedf&i=e1&fixed=1"
    );
    assert_eq!(filled("https://e.com/{{ data.v }}", &json!(7)).unwrap(), "https://e.com/7");
    assert_eq!(filled("https://e.com?q={{ data.v|safe }}", &json!("a&b")).unwrap(), "https://e.com/?q=a%26b");
}

#[test]
fn refuses_placeholders_anywhere_else() {
    let place = InvalidDestination::UrlTemplate(InvalidUrlTemplate::Place);
    for source in [
        "https://{{ data.v }}/",
        "https://a.{{ data.v }}.com/",
        "https://e.com{{ data.v }}",
        "https://e.com:{{ data.v }}/",
        "https://e.com/?{{ data.v }}=1",
        "https://e.com/?a=1&{{ data.v }}",
        "https://e.com?{{ data.v }}",
        "https:e.com/{{ data.v }}",
        "https:///{{ data.v }}/",
        "https:////{{ data.v }}/",
    ] {
        assert!(
            matches!(&refused(source), error if *error == place || matches!(error, InvalidDestination::UrlSyntax(_))),
            "{source}: {:?}",
            refused(source)
        );
    }
    assert!(matches!(refused("{{ data.v }}://e.com/"), InvalidDestination::UrlScheme(_)));
    assert!(matches!(refused("{{ data.v }}"), InvalidDestination::UrlSyntax(_)));
    assert_eq!(refused("https://{{ data.v }}@e.com/"), InvalidDestination::UrlUserInfo);
    assert_eq!(refused("https://e.com/#{{ data.v }}"), InvalidDestination::UrlFragment);
}

#[test]
fn refuses_what_is_no_expression_of_the_event() {
    let unsupported = |what| InvalidDestination::UrlTemplate(InvalidUrlTemplate::Unsupported(what));
    assert_eq!(refused("https://e.com/{% if id %}{{ id }}{% endif %}"), unsupported("a statement"));
    assert_eq!(refused("https://e.com/{# a #}{{ id }}"), unsupported("a comment"));
    assert_eq!(refused("https://e.com\\{{ id }}"), unsupported("a backslash"));
    for source in ["https://e.com/{{ password }}", "https://e.com/{{ id", "https://e.com/{{ [id] * 9 }}"] {
        let refused = refused(source);
        assert!(matches!(refused, InvalidDestination::UrlTemplate(InvalidUrlTemplate::Expression(_))), "{refused}");
    }
    let told = refused("https://e.com/{{ password }}").to_string();
    assert!(told.starts_with("url has an expression that cannot be used, which uses password, which is not"), "{told}");
}

#[test]
fn an_event_without_the_value_has_no_url() {
    let source = "https://e.com/a/{{ data.v }}";
    assert_eq!(
        why(&filled(source, &json!("")).unwrap_err()),
        "the url: the template failed in line 1: a value of the url is empty"
    );
    assert!(why(&filled(source, &json!(null)).unwrap_err()).ends_with("a value of the url is null"));
    assert!(why(&filled(source, &json!(["a"])).unwrap_err()).ends_with("neither text nor a number"));
    let missing = filled("https://e.com/{{ data.missing }}", &json!(1)).unwrap_err();
    assert!(why(&missing).ends_with("undefined value"), "{missing}");
}

#[test]
fn no_value_climbs_in_the_path() {
    for value in [".", ".."] {
        assert_eq!(filled("https://e.com/a/{{ data.v }}/b", &json!(value)), Err(UrlFault::Dots));
    }
    assert_eq!(filled("https://e.com/a/%2E{{ data.v }}", &json!(".")), Err(UrlFault::Dots));
    assert_eq!(filled("https://e.com/{{ data.v }}", &json!("...")).unwrap(), "https://e.com/...");
    assert_eq!(filled("https://e.com/?a=/{{ data.v }}", &json!("..")).unwrap(), "https://e.com/?a=/..");
    let dots = InvalidDestination::UrlTemplate(InvalidUrlTemplate::Dots);
    assert_eq!(refused("https://e.com/a/../{{ id }}"), dots);
}

#[test]
fn bounds_what_comes_out() {
    let fault = filled("https://e.com/{{ data.v }}", &json!("x".repeat(3000))).unwrap_err();
    assert_eq!(fault, UrlFault::TooLong(3014));
}

proptest! {
    #[test]
    fn no_value_changes_more_than_its_own_part(value in "\\PC{1,60}|[./\\\\@:?#%&={}a-z]{1,20}") {
        match filled("https://e.com:8443/a/{{ data.v }}/b?c={{ data.v }}&d=1", &json!(value)) {
            Ok(url) => {
                let url = Url::parse(&url).unwrap();
                prop_assert_eq!(url.origin().ascii_serialization(), "https://e.com:8443");
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 3);
                prop_assert_eq!((segments[0], segments[2], url.fragment()), ("a", "b", None));
                let pairs: Vec<_> = url.query_pairs().into_owned().collect();
                prop_assert_eq!(pairs, [("c".to_owned(), value), ("d".to_owned(), "1".to_owned())]);
            }
            Err(fault) => prop_assert!(fault == UrlFault::Dots && (value == "." || value == ".."), "{}", fault),
        }
    }
}
