//! Taking events in: what a request says (`read`), whether each event may come (`admit`), and handing it to the broker
//! (`send`).

mod admit;
mod binary;
mod idempotency;
mod outcome;
mod publish;
mod read;
mod send;

pub(crate) use self::publish::{__path_publish, publish};
