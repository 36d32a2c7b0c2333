//! Every recipe that is shipped is read; values are values wherever they are put; and files of others are judged as strictly.

mod nulls;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{problem::Problems, settings::Settings};

const RECIPE: &str = r#"name: crm
title: A CRM
description: Tells a CRM.
documentation: https://example.com/docs
parameters:
  - {name: base_url, kind: url, description: Where it is., example: 'https://crm.example.com'}
  - {name: team, description: Who it is for., example: sales, default: sales, pattern: '[^x]+'}
  - {name: token, description: The key., example: abc, secret: true}
events: [deal.won]
rate_hint: none
subscription:
  payload:
    template: '{"team": ${team}, "name": {{ data.name }}}'
  destination:
    url: ${base_url}/teams/${team}/{{ id }}?key=${token}
"#;

fn recipe(text: &str) -> Recipe {
    parse(text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn values(pairs: &[(&str, &str)]) -> Values {
    let mut values = Values::default();
    for (name, value) in pairs {
        values.set(*name, *value);
    }
    values
}

fn expanded(pairs: &[(&str, &str)]) -> Result<Value, Problems> {
    recipe(RECIPE).expand(&values(pairs))
}

fn refused(from: &str, to: &str) -> String {
    let text = RECIPE.replace(from, to);
    assert_ne!(text, RECIPE, "{from}");
    parse(&text).unwrap_err().to_string()
}

/// The subscription that a recipe makes of its examples, with `secret` at the end of each that is one.
fn settings(recipe: &Recipe, secret: &str) -> Settings {
    let mut values = Values::default();
    for parameter in &recipe.parameters {
        let end = if parameter.secret { secret } else { "" };
        values.set(&parameter.name, format!("{}{end}", parameter.example));
    }
    let mut document = recipe.expand(&values).unwrap();
    document["name"] = "a".into();
    document["events"] = json!(recipe.events);
    document["signing"] = json!({"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="});
    crate::document::read(&document, &crate::Reading::default()).unwrap()
}

#[test]
fn every_shipped_file_is_read() {
    for text in SHIPPED {
        parse(text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    }
    let names: Vec<_> = catalogue().iter().map(|recipe| recipe.name.to_string()).collect();
    assert!(names.is_sorted());
    assert_eq!(names.len(), SHIPPED.len());
}

#[test]
fn every_shipped_recipe_hides_its_secrets_from_who_looks_at_the_subscription() {
    for recipe in catalogue() {
        let settings = settings(&recipe, "s3cret");
        let has_secret = recipe.parameters.iter().any(|parameter| parameter.secret);
        assert_eq!(crate::document::write(&settings, crate::Secrets::Shown).to_string().contains("s3cret"), has_secret);
        let masked = crate::document::write(&settings, crate::Secrets::Masked).to_string();
        assert!(!masked.contains("s3cret"), "{}: {masked}", recipe.name);
        assert!(!format!("{settings:?}").contains("s3cret"), "{}", recipe.name);
    }
}

#[test]
fn a_value_is_written_as_its_place_asks() {
    let document =
        expanded(&[("base_url", "https://h.example.com:8443/crm/"), ("team", "a/b \"{{ id }}"), ("token", "k&k={%")])
            .unwrap();
    let url = "https://h.example.com:8443/crm/teams/a%2Fb%20%22%7B%7B%20id%20%7D%7D/{{ id }}?key=k%26k%3D%7B%25";
    assert_eq!(document["destination"]["url"], url);
    let template = document["payload"]["template"].as_str().unwrap();
    let template = crate::payload::Template::new(template, "application/json".parse().unwrap()).unwrap();
    let written = template.render(json!({"id": "1", "data": {"name": "N"}})).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json!({"team": "a/b \"{{ id }}", "name": "N"}));
}

#[test]
fn a_url_that_is_the_whole_is_left_as_it_is_but_for_braces() {
    let text = RECIPE
        .replace("${base_url}/teams/${team}/{{ id }}?key=${token}", "${base_url}")
        .replace("  destination:", "  destination:\n    auth: {kind: bearer, token: '${token}'}");
    let url = "https://e.com/a%20b?sig=x%2Fy&z={{id}}";
    let document = recipe(&text).expand(&values(&[("base_url", url), ("token", "t")])).unwrap();
    assert_eq!(document["destination"]["url"], "https://e.com/a%20b?sig=x%2Fy&z=%7B%7Bid%7D%7D");
}

#[test]
fn a_secret_stands_only_where_it_is_masked() {
    let why = "holds token, which is secret, but whoever looks at a subscription reads what stands here: use it in destination";
    let told = refused("{{ data.name }}", "${token}");
    assert_eq!(told, format!("line 13, column 15: subscription.payload.template: {why}"));
    let told = refused("payload:", "payload:\n    exclude: ['${token}']");
    assert!(told.contains(&format!("subscription.payload.exclude[0]: {why}")), "{told}");
    let told = refused(
        "  destination:",
        "  delivery: {success: {statuses: [200], body: {contains: '${token}'}}}\n  destination:",
    );
    assert!(told.contains(&format!("subscription.delivery.success.body.contains: {why}")), "{told}");
}

#[test]
fn values_that_make_a_segment_of_dots_are_refused() {
    let text = RECIPE.replace("/{{ id }}?", "?").replace("${team}?", "${team}/?").replace("'[^x]+'", "'.+'");
    let told = |url: &str, team: &str| {
        let text = text.replace("/teams/${team}/", url);
        let values = values(&[("base_url", "https://e.com"), ("team", team), ("token", "t")]);
        recipe(&text).expand(&values).map_err(|problems| problems.to_string())
    };
    let refusal = "parameters.team: makes a path segment . or .., which would name another path: give another value";
    for (url, team) in [
        ("/a/${team}/b", "."),
        ("/a/${team}/b", ".."),
        ("/a/${team}", ".."),
        ("/a/.${team}/b", "."),
        ("/a/%2E${team}/b", "."),
        ("/a/${team}${team}", "."),
        (r"/a\${team}\b", ".."),
        ("/${team}/{{ id }}", ".."),
    ] {
        assert_eq!(told(url, team), Err(refusal.to_owned()), "{url} {team}");
    }
    for (url, team) in
        [("/a/${team}", "..."), ("/a/${team}", "%2e"), ("/a/x${team}", ".."), ("/a?b=/${team}/&c=", "..")]
    {
        assert!(told(url, team).is_ok(), "{url} {team}");
    }
}

#[test]
fn a_query_is_added_to_a_query() {
    let discord = catalogue().into_iter().find(|recipe| recipe.name.as_str() == "discord").unwrap();
    let url = |url: &str| discord.expand(&values(&[("webhook_url", url)])).unwrap()["destination"]["url"].clone();
    assert_eq!(url("https://e.com/a"), "https://e.com/a?wait=true");
    assert_eq!(url("https://e.com/a?thread_id=1"), "https://e.com/a?thread_id=1&wait=true");
    let told = expanded(&[("base_url", "https://e.com/?a=1"), ("token", "t")]).unwrap_err().to_string();
    assert_eq!(told, "parameters.base_url: holds a query, but the path goes on after it: leave it out");
}

#[test]
fn tells_everything_that_is_wrong_with_values() {
    let told = expanded(&[("base_url", "ftp://e.com"), ("team", "xx"), ("colour", "red")]).unwrap_err();
    let pointers: Vec<_> = told.listed().iter().map(|problem| problem.pointer().to_owned()).collect();
    assert_eq!(
        pointers,
        ["/parameters/colour", "/parameters/base_url", "/parameters/team", "/parameters/token"],
        "{told}"
    );
    assert!(told.to_string().contains("parameters.token: is missing: The key."), "{told}");
    assert!(!told.to_string().contains("ftp://e.com"), "{told}");
    assert!(expanded(&[("base_url", "https://e.com"), ("token", "a\nb")]).is_err());
}

#[test]
fn points_at_what_is_wrong_in_a_file() {
    for (from, to, told) in [
        (
            "${token}",
            "${tokne}",
            "line 15, column 10: subscription.destination.url: names tokne, which is no parameter",
        ),
        ("?key=${token}", "", "subscription: does not use the parameter token"),
        ("${base_url}/teams", "https://${team}.e.com/${base_url}", "subscription.destination.url: has a url as a part"),
        (
            "${base_url}/teams/${team}",
            "https://${team}.e.com/",
            "subscription.destination.url: has a parameter in scheme",
        ),
        ("${base_url}/teams", "${base_url}${team}", "subscription.destination.url: has a parameter in scheme"),
        ("{{ id }}", "{{ id ~ '${team}' }}", "subscription.destination.url: has a placeholder of a parameter within"),
        (
            "{{ data.name }}",
            "{{ data[\"${team}\"] }}",
            "subscription.payload.template: has a placeholder of a parameter",
        ),
        ("{{ data.name }}", "{{ nobody }}", "line 13, column 15: subscription.payload.template: uses nobody"),
        ("destination:", "colour: red\n  destination:", "subscription.colour: is no key of this format"),
        ("'[^x]+'", "'(a{1000}){1000}'", "parameters[1].pattern: is no regular expression"),
        ("example: sales", "example: xxx", "parameters[1].example: is not as [^x]+ asks"),
        ("secret: true", "secret: true, default: abc", "parameters[2]: is secret and has a default"),
        ("name: team", "name: Team", "parameters[1].name: is no name"),
        ("https://example.com/docs", "javascript:alert(1)", "documentation: is no link"),
    ] {
        let refused = refused(from, to);
        assert!(refused.contains(told), "{to}: {refused}");
    }
}

#[test]
fn a_recipe_written_out_is_read_as_the_same() {
    for recipe in catalogue() {
        let value = recipe.to_value();
        assert_eq!(parse(&value.to_string()).unwrap().to_value(), value);
    }
}

proptest! {
    #[test]
    fn no_value_is_ever_read_as_anything_but_a_value(
        team in "[^x\\pC]{1,30}|[{}%$\"'\\\\/?&#a-z.]{1,20}|\\.{1,3}",
        is_template in any::<bool>(),
    ) {
        prop_assume!(!team.contains('x'));
        let text = if is_template { RECIPE.to_owned() } else { RECIPE.replace("{{ id }}", "1") };
        let expanded = recipe(&text).expand(&values(&[("base_url", "https://e.com"), ("team", &team), ("token", "t")]));
        if team == "." || team == ".." {
            let problems = expanded.unwrap_err();
            prop_assert_eq!(problems.listed()[0].pointer(), "/parameters/team");
            return Ok(());
        }
        let document = expanded.unwrap();
        let template = document["payload"]["template"].as_str().unwrap();
        let template = crate::payload::Template::new(template, "application/json".parse().unwrap()).unwrap();
        let written: Value = serde_json::from_str(&template.render(json!({"data": {"name": 1}})).unwrap()).unwrap();
        prop_assert_eq!(written, json!({"team": team, "name": 1}));
        let url = document["destination"]["url"].as_str().unwrap().replace("{{ id }}", "1");
        let url = url::Url::parse(&url).unwrap();
        prop_assert_eq!(url.path_segments().unwrap().count(), 3);
        prop_assert_eq!(url.query(), Some("key=t"));
    }
}
