//! What every endpoint shares: reading a request strictly, and answering in one shape.

mod body;
mod etag;
mod id;
mod page;
mod problem;
mod query;

pub(crate) use self::{
    body::{Document, OptionalDocument, bytes},
    etag::{Precondition, etag},
    id::Id,
    page::{Paging, listed},
    problem::{Kind, Problem, RETRY_SOON},
    query::{Flag, NoQuery, Query},
};
