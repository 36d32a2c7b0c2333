//! `/in/{token}`: third parties' webhooks. What a request says is decided in `barid-inbound`; here it is read within bounds
//! (`body`), counted (`rates`), compared with what was there before (`seen`), handed to the broker (`publish`) and answered.
//!
//! Nothing here asks the database. A token is looked up by its hash and written nowhere: logs and metrics have the route and
//! the source's identifier.

mod body;
mod judge;
mod publish;
mod rates;
mod receive;
mod seen;

pub(crate) use self::judge::{Judged, judge};
pub(crate) use self::{
    rates::Rates,
    receive::{JUDGED_AT_A_TIME, receive},
    seen::Seen,
};
