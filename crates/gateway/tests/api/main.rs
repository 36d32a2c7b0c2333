//! The API over a socket, with a real store and a real broker.

// Under `cfg(test)`, so that the lints take helper functions for test code too.

#[cfg(test)]
mod client;
#[cfg(test)]
mod events;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod local;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod registered;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod world;
