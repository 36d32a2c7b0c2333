//! The guides keep their word: their examples run as they are printed.

mod publish_amqp;
mod publish_http;
mod recipes;
mod subscriptions;
