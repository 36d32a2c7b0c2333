//! Every file is read, every example validates, and nothing that was promised is missing.

use std::collections::BTreeSet;

use super::*;
use crate::event_type::Validation;

/// As long as a Standard Webhook should be at most, in bytes.
const MAX_EXAMPLE: usize = 20_000;

const TYPES: [&str; 33] = [
    "activity.created",
    "campaign.engaged",
    "campaign.sent",
    "company.created",
    "company.deleted",
    "company.updated",
    "consent.granted",
    "consent.withdrawn",
    "contact.created",
    "contact.deleted",
    "contact.erased",
    "contact.merged",
    "contact.owner_changed",
    "contact.updated",
    "deal.created",
    "deal.lost",
    "deal.stage_changed",
    "deal.updated",
    "deal.won",
    "form.submitted",
    "lead.converted",
    "lead.created",
    "lead.qualified",
    "lead.updated",
    "order.created",
    "order.refunded",
    "order.status_changed",
    "subscription.changed",
    "task.completed",
    "task.created",
    "ticket.created",
    "ticket.resolved",
    "ticket.updated",
];

#[test]
fn every_file_is_read() {
    for text in FAMILIES {
        family(text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    }
}

#[test]
fn every_type_of_a_crm_is_there_once() {
    let types = event_types();
    assert_eq!(types.len(), TYPES.len());
    let names: BTreeSet<_> = types.iter().map(|settings| settings.event_type.as_str()).collect();
    assert_eq!(names, BTreeSet::from(TYPES));
}

#[test]
fn every_type_has_a_description_a_schema_and_a_short_example() {
    for settings in event_types() {
        let name = settings.event_type.as_str();
        assert!(settings.description.ends_with('.'), "{name}");
        assert_eq!(settings.validation, Validation::Off, "{name}");
        assert_eq!(settings.schema.unwrap().document()["$schema"], DRAFT, "{name}");
        assert!(settings.example.unwrap().to_string().len() < MAX_EXAMPLE, "{name}");
    }
}

#[test]
fn no_example_passes_without_what_it_is_about() {
    for settings in event_types() {
        let (schema, mut data) = (settings.schema.unwrap(), settings.example.unwrap());
        let required = schema.document()["required"].as_array().unwrap().clone();
        assert!(required.iter().any(|field| field.as_str().unwrap().ends_with("id")), "{}", settings.event_type);
        for field in required {
            let field = field.as_str().unwrap();
            let value = data.as_object_mut().unwrap().remove(field).unwrap();
            assert!(schema.check(&data).is_err(), "{} without {field}", settings.event_type);
            data[field] = value;
        }
    }
}

#[test]
fn fields_that_nobody_foresaw_are_welcome() {
    for settings in event_types() {
        let mut data = settings.example.unwrap();
        data["x_of_next_year"] = json!({"a": 1});
        assert_eq!(settings.schema.unwrap().check(&data), Ok(()), "{}", settings.event_type);
    }
}

#[test]
fn money_times_and_addresses_are_checked() {
    for (name, field, wrong) in [
        ("deal.won", "amount_minor", json!(12.5)),
        ("deal.won", "currency", json!("euro")),
        ("contact.merged", "merged_at", json!("yesterday")),
        ("contact.created", "emails", json!(["nobody"])),
        ("contact.updated", "changes", json!([])),
    ] {
        let settings = event_types().into_iter().find(|settings| settings.event_type.as_str() == name).unwrap();
        let mut data = settings.example.unwrap();
        data[field] = wrong;
        let violations = settings.schema.unwrap().check(&data).unwrap_err();
        assert!(violations.listed()[0].pointer.starts_with(&format!("/{field}")), "{name}: {violations}");
    }
}
