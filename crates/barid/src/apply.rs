//! Making the registry what files say: what is wanted, what that changes, and doing it.
//!
//! `wanted` is what the files say, `prune` what nobody wants any more, `difference` what a change changes, `run` the doing.

pub(crate) mod difference;
pub(crate) mod prune;
pub(crate) mod run;
pub(crate) mod wanted;
