//! Who may do what. The table of routes is the one place that says it: a route that is not in it cannot be reached, and a
//! test holds it against the OpenAPI document.

mod authenticate;
mod caller;
pub(crate) mod table;
mod token;

pub(crate) use self::{
    authenticate::authenticate,
    caller::Caller,
    table::{Need, allowed_methods, need},
    token::Token,
};
