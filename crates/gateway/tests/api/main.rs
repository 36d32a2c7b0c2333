//! The API over a socket, with a real store and a real broker.

mod client;
mod events;
mod keys;
mod lanes;
mod local;
mod outage;
mod registered;
mod server;
mod subscriptions;
mod tenancy;
mod world;
