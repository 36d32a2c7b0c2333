//! Recipes: how a well-known receiver wants to be spoken to, as data. A recipe and its parameters make the part of a
//! subscription's document that says what is sent and where; from then on it is a subscription like any other, and nothing
//! that runs knows of recipes.
//!
//! Those that come with the product are one file each in `recipes/`, to be read without knowing Rust. Others are read from
//! files of the same form, and checked as strictly: a recipe that would not make a valid subscription of its own examples
//! is refused, with the place in its file.

mod expand;
mod parameter;
mod read;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use serde_json::{Value, json};

pub use self::{
    expand::Values,
    parameter::{InvalidValue, Kind, MAX_VALUE_BYTES, Parameter},
    read::{MAX_RECIPE_BYTES, parse},
};
use crate::{name::Name, tree::Node};

const SHIPPED: [&str; 9] = [
    include_str!("../recipes/discord.yaml"),
    include_str!("../recipes/freshdesk-ticket.yaml"),
    include_str!("../recipes/ga4.yaml"),
    include_str!("../recipes/hubspot-contact.yaml"),
    include_str!("../recipes/mailchimp-member.yaml"),
    include_str!("../recipes/slack.yaml"),
    include_str!("../recipes/soap.yaml"),
    include_str!("../recipes/teams.yaml"),
    include_str!("../recipes/zendesk-ticket.yaml"),
];

/// How a well-known receiver wants to be spoken to.
pub struct Recipe {
    /// What it is called.
    pub name: Name,
    /// What people call the receiver.
    pub title: String,
    /// What it does there, and with which events.
    pub description: String,
    /// The receiver's own documentation.
    pub documentation: String,
    /// What has to be known about one receiver.
    pub parameters: Vec<Parameter>,
    /// The patterns of events that it is made for.
    pub events: Vec<String>,
    /// How much the receiver takes, for people: it sets no limit.
    pub rate_hint: String,
    /// The receiver's other limits, and what is done about them.
    pub limits: Vec<String>,
    /// What surprises people.
    pub traps: Vec<String>,
    /// A part of a subscription's document, with placeholders of parameters.
    subscription: Node,
}

/// The recipes that come with the product, ordered by name.
pub fn catalogue() -> Vec<Recipe> {
    // A test reads every file, so that none is left out here.
    SHIPPED.into_iter().filter_map(|text| parse(text).ok()).collect()
}

impl Recipe {
    /// The recipe as a document: what its file says.
    pub fn to_value(&self) -> Value {
        json!({
            "name": self.name.as_str(),
            "title": self.title,
            "description": self.description,
            "documentation": self.documentation,
            "parameters": self.parameters.iter().map(Parameter::to_value).collect::<Vec<_>>(),
            "events": self.events,
            "rate_hint": self.rate_hint,
            "limits": self.limits,
            "traps": self.traps,
            "subscription": self.subscription.json().unwrap_or_default(),
        })
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipe").field("name", &self.name).finish_non_exhaustive()
    }
}
