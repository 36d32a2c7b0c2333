//! The end-to-end suite: real `barid` processes on a real broker. One binary, one module per promise.
//!
//! Each test has a world of its own: names on the broker, subscriptions, processes. Modules whose name begins with
//! `outage` take brokers away; they have nodes of their own and run one at a time.

#![cfg(test)]

mod harness;
