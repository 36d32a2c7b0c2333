//! Expressions and templates that are made to harm: each is refused when it is saved, or fails clearly when it is used, and
//! the deliveries of another subscription of the same tenant all arrive.

use anyhow::{Result, ensure};
use barid_tests::{Api, Receiver, Wants, World, event_with};
use serde_json::{Value, json};

/// Every role, in one process.
const WHOLE: [&str; 3] = ["gateway", "router", "dispatcher"];

/// Events that meet each harmful subscription.
const EVENTS: usize = 5;

/// A subscription that is refused, with the pointer to what is wrong.
async fn ensure_refused(api: &Api, wants: &Wants, pointer: &str) -> Result<()> {
    let answer = api.call("POST", "/v1/subscriptions", Some(&wants.to_value()), &[]).await?;
    let problem: Value = serde_json::from_str(&answer.body)?;
    ensure!(answer.status == 422 && problem["errors"][0]["pointer"] == pointer, "{wants:?}: {problem}");
    Ok(())
}

#[tokio::test]
async fn what_would_cost_too_much_is_refused_when_it_is_saved() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("hostile-saved").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    let wants = || Wants::everything("hostile", receiver.url("/hostile"));
    let filters = [
        // Deep, in every way in which a text can be deep.
        format!("{}true{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}true{}", "(".repeat(1000), ")".repeat(1000)),
        format!("{}true", "!".repeat(2000)),
        format!("{}1 > 0", "-".repeat(2000)),
        format!("{}data{} == 1", "[".repeat(500), "]".repeat(500)),
        format!("{}true", "true ? true : ".repeat(200)),
        format!("data{} == 1", ".a".repeat(1000)),
        // Wide.
        format!("[{}1] == []", "1,".repeat(1500)),
        "true || ".repeat(400) + "true",
        // A product of lists, and a list that doubles.
        "data.a.all(x, data.a.all(y, data.a.all(z, x == y)))".to_owned(),
        "data.a.map(x, data.a.map(y, x))".to_owned(),
        // Regular expressions that are large, computed or many.
        "data.a.matches('(a{1000}){1000}')".to_owned(),
        "data.a.matches('[\\\\pL]{900}')".to_owned(),
        "data.a.matches(data.b)".to_owned(),
        ["data.a.matches('a')"; 11].join(" || "),
    ];
    for filter in filters {
        ensure_refused(&api, &wants().filter(&filter), "/filter").await?;
    }
    let templates = [
        format!("{}1{}", "{% if true %}".repeat(300), "{% endif %}".repeat(300)),
        format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)),
        "{% include 'etc/passwd' %}".to_owned(),
        "{% import 'x' as y %}".to_owned(),
        "x".repeat((64 << 10) + 1),
    ];
    for template in templates {
        ensure_refused(&api, &wants().payload(json!({"template": template})), "/payload/template").await?;
    }
    ensure!(api.get("/v1/subscriptions").await?["data"] == json!([]));
    world.finish().await
}

#[tokio::test]
async fn a_filter_that_harms_keeps_no_delivery_of_others() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("hostile-filters").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    let catastrophic =
        "data.text.matches('^(a+)+$') || data.text.matches('(a|aa)*b') || data.text.matches('(.*a){20}c')";
    let filters = [
        catastrophic,
        "data.many.all(x, data.text.matches('(a|aa)*b') == false)",
        "data.many.map(x, x + x).all(x, x > 0) && size(data.too_many) > 0",
        "data.deep.a.a.a.a.a.a.a.a.a.a.a.a.a.a == 1",
        "9223372036854775807 + data.one > 0",
        "data.one / (data.one - data.one) > 0",
    ];
    api.subscribe(&Wants::everything("good", receiver.url("/good")).filter("data.one == 1")).await?;
    for (number, filter) in filters.iter().enumerate() {
        api.subscribe(&Wants::everything(&format!("bad-{number}"), receiver.url("/bad")).filter(filter)).await?;
    }
    let data = json!({
        "one": 1, "text": "a".repeat(8000), "many": vec![1; 1000], "too_many": vec![0; 20_000],
        "deep": serde_json::from_str::<Value>(&format!("{}1{}", "{\"a\":".repeat(60), "}".repeat(60)))?,
    })
    .to_string();
    let mut ids = Vec::new();
    for number in 0..EVENTS {
        ids.push(world.publish(&event_with("deal.won", &number.to_string(), data.clone())?).await?);
    }
    receiver.all_arrived("/good", &ids).await?;
    world.settled().await?;
    assert_eq!(receiver.count("/good"), EVENTS);
    // What cannot be evaluated says so to whoever asks.
    let event: Value = json!({"type": "deal.won", "data": serde_json::from_str::<Value>(&data)?});
    for (name, says) in [("bad-2", "too_many has 20000 items"), ("bad-4", "verflow"), ("bad-5", "ivision")] {
        let told = api.post(&format!("/v1/explain?subscription={name}"), &event).await?;
        let said = &told["subscriptions"][0];
        ensure!(
            said["verdict"] == "filter_error" && said["why"].as_str().is_some_and(|why| why.contains(says)),
            "{said}"
        );
    }
    world.finish().await
}

#[tokio::test]
async fn a_template_that_harms_is_a_dead_letter_and_keeps_no_delivery_of_others() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("hostile-templates").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    let templates = [
        // Loops in loops, which end by their fuel.
        "{% for a in data.many %}{% for b in data.many %}{% for c in data.many %}{{ a }}{% endfor %}{% endfor %}{% endfor %}",
        // Output without end.
        "{% for a in data.many %}{{ data.text }}{{ data.text }}{% endfor %}",
        "{% for a in data.many %}{{ data.text | replace('a', data.text) }}{% endfor %}",
        // What is not there.
        "{{ data.missing.further }}",
    ];
    let mut harmful = 0;
    api.subscribe(&Wants::everything("good", receiver.url("/good"))).await?;
    for (number, template) in templates.iter().enumerate() {
        let wants =
            Wants::everything(&format!("bad-{number}"), receiver.url("/bad")).payload(json!({"template": template}));
        // One that is refused when it is saved does no harm either.
        let answer = api.call("POST", "/v1/subscriptions?wait=1", Some(&wants.to_value()), &[]).await?;
        ensure!([201, 422].contains(&answer.status), "{}", answer.body);
        harmful += usize::from(answer.status == 201);
    }
    ensure!(harmful >= 3, "{harmful} are saved");
    let data = json!({"text": "a".repeat(8000), "many": vec![1; 1000]}).to_string();
    let mut ids = Vec::new();
    for number in 0..EVENTS {
        ids.push(world.publish(&event_with("deal.won", &number.to_string(), data.clone())?).await?);
    }
    receiver.all_arrived("/good", &ids).await?;
    let letters = world.claim_dead_letters(harmful * EVENTS).await?;
    ensure!(letters.iter().all(|letter| letter.reason == "template" && letter.detail.len() < 500), "{letters:?}");
    world.settled().await?;
    assert_eq!((receiver.count("/good"), receiver.count("/bad")), (EVENTS, 0));
    world.finish().await
}
