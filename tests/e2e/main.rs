//! The end-to-end suite: real `barid` processes on a real broker. One binary, one module per promise.
//!
//! Each test has a world of its own: names on the broker, subscriptions, processes. Modules and tests whose name begins
//! with `outage` take brokers away; they have nodes of their own and run one at a time.

#![cfg(test)]

mod admission;
mod commands;
mod crashes;
mod destination;
mod explain;
mod guides;
mod harness;
mod hostile;
mod interop;
mod ledger;
mod malformed;
mod misbehaving;
mod operating;
mod outage;
mod outage_alarm;
mod outage_gateway;
mod poison;
mod publishing;
mod recipes;
mod registry;
mod retrying;
mod road;
mod rules;
mod shapes;
mod slow;
mod stalls;
mod stopping;
mod topology;
mod unknown;
mod verdicts;
mod verification;

/// Every role that delivers.
const ALL: [&str; 2] = ["router", "dispatcher"];
