//! Taking events in: what a request says (`read`), whether each event may come (`admit`), and handing it to the broker
//! (`send`); or telling what would become of one (`explain`).

mod admit;
mod binary;
mod explain;
mod idempotency;
mod outcome;
mod publish;
mod read;
mod send;

pub(crate) use self::{
    explain::{__path_explain, explain},
    publish::{__path_publish, hops, publish},
    send::{must_be_open, send},
};
