//! What `delivery` may say, what is told of the rest, and how a patch changes it.

use serde_json::{Value, json};

use crate::{Problems, Reading, Secrets, Settings, document};

fn subscription(delivery: &Value) -> Result<Settings, Problems> {
    let document = json!({
        "name": "a", "events": ["deal.won"], "destination": {"url": "https://example.com/"}, "delivery": delivery,
        "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    });
    document::read(&document, &Reading::default())
}

fn written(settings: &Settings) -> Value {
    document::write(settings, Secrets::Masked)["delivery"].take()
}

fn told(delivery: &Value) -> Vec<(String, String)> {
    let problems = subscription(delivery).unwrap_err();
    problems.listed().iter().map(|problem| (problem.pointer().to_owned(), problem.message.clone())).collect()
}

#[test]
fn what_is_said_is_written_back() {
    for success in [
        json!({"statuses": [200, "3xx", 409]}),
        json!({"statuses": ["2xx"], "body": {"contains": "ok"}, "otherwise": "retry"}),
        json!({"statuses": ["2xx"], "body": {"lacks": "HTTP error"}, "otherwise": "permanent"}),
        json!({"statuses": ["2xx"], "body": {"pointer": "/items/0/~1", "equals": null}, "otherwise": "retry"}),
    ] {
        let retry = json!({"schedule": ["5s"], "permanent": [], "horizon": "3days"});
        let delivery = json!({"max_in_flight": 1, "success": success, "retry": retry});
        assert_eq!(written(&subscription(&delivery).unwrap()), delivery);
    }
}

#[test]
fn what_is_delivered_cannot_be_permanent() {
    let pointers = |delivery| told(&delivery).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
    let both = ["/delivery/success/statuses", "/delivery/retry/permanent"];
    assert_eq!(pointers(json!({"success": {"statuses": ["2xx", 409]}, "retry": {"permanent": [404, 409]}})), both);
    assert_eq!(pointers(json!({"success": {"statuses": ["4xx"]}})), both, "410 is permanent by default");
    assert_eq!(pointers(json!({"retry": {"permanent": [204]}})), both, "2xx is delivered by default");
    assert!(subscription(&json!({"success": {"statuses": ["4xx"]}, "retry": {"permanent": []}})).is_ok());
    assert!(subscription(&json!({"success": {"statuses": [201]}, "retry": {"permanent": [200]}})).is_ok());
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    for (delivery, pointer, message) in [
        (json!({"success": {"statuses": [200, "1xx"]}}), "/success/statuses/1", "give a number from 200 to 599"),
        (json!({"success": {"statuses": [700]}}), "/success/statuses/0", "give a number from 200 to 599"),
        (json!({"success": {"statuses": []}}), "/success/statuses", "give 1 to 100"),
        (json!({"success": {"otherwise": "retry"}}), "/success/otherwise", "is there without body"),
        (json!({"success": {"body": {"contains": "a"}, "otherwise": "stop"}}), "/success/otherwise", "retry nor"),
        (json!({"success": {"body": {}}}), "/success/body", "give one of contains, lacks, or pointer with equals"),
        (json!({"success": {"body": {"pointer": "/a"}}}), "/success/body", "give one of contains"),
        (json!({"success": {"body": {"contains": "a", "lacks": "b"}}}), "/success/body", "give one of contains"),
        (json!({"success": {"body": {"contains": ""}}}), "/success/body/contains", "give 1 to 256"),
        (json!({"success": {"body": {"pointer": "a", "equals": 1}}}), "/success/body/pointer", "is no json pointer"),
        (
            json!({"success": {"body": {"pointer": "/a", "equals": [1]}}}),
            "/success/body/equals",
            "is a list or a mapping",
        ),
        (json!({"retry": {"horizon": "59s"}}), "/retry/horizon", "horizon is 59s: give 1m to 14days"),
        (json!({"retry": {"horizon": 60}}), "/retry/horizon", "a duration"),
    ] {
        let told = told(&delivery);
        let (at, said) = &told[0];
        assert_eq!((at.as_str(), told.len()), (format!("/delivery{pointer}").as_str(), 1), "{told:?}");
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn a_patch_replaces_a_body_rule_of_another_kind() {
    let current = subscription(&json!({"success": {"body": {"contains": "ok"}, "otherwise": "permanent"}})).unwrap();
    let patched = |current: &Settings, success: Value| {
        document::patch(current, &json!({"delivery": {"success": success}}), &Reading::default()).unwrap()
    };
    let pointed = patched(&current, json!({"body": {"pointer": "/ok", "equals": true}}));
    let expected = json!({"statuses": ["2xx"], "body": {"pointer": "/ok", "equals": true}, "otherwise": "permanent"});
    assert_eq!(written(&pointed)["success"], expected);
    let changed = patched(&pointed, json!({"body": {"equals": 1}}));
    assert_eq!(written(&changed)["success"]["body"], json!({"pointer": "/ok", "equals": 1}));
    let without = patched(&changed, json!({"body": null}));
    assert_eq!(written(&without)["success"], json!({"statuses": ["2xx"]}));
}
