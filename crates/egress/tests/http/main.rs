//! The client on real sockets.

// Under `cfg(test)`, so that the lints take helper functions for test code too.
#[cfg(test)]
mod call;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod receivers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tokens;
