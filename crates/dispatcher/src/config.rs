//! What can be chosen about a dispatcher.

use crate::limits::Limits;

/// A dispatcher's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// How much is done at a time.
    pub limits: Limits,
    /// How many work lanes there are; the same number everywhere. Default 4.
    pub work_lanes: u16,
    /// Bytes of a response's body that are kept in the history. Default 1,024.
    pub excerpt: usize,
    /// How requests are made, and where they may go.
    pub egress: barid_egress::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self { limits: Limits::default(), work_lanes: 4, excerpt: 1024, egress: barid_egress::Config::default() }
    }
}
