//! Whether a subscription has a lane of its own: a queue that holds nobody else's deliveries, and so can wait.

use std::{fmt, str::FromStr};

/// The state of a subscription's own lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OwnLane {
    /// There is none.
    #[default]
    None,
    /// Routers put its deliveries there.
    Open,
    /// Nothing more is put there; what is in it is still delivered.
    Retiring,
    /// It was found empty and is being deleted: nobody uses it, and nobody may open it again before it is gone.
    Closing,
}

/// A text is no [`OwnLane`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lane is neither none, open, retiring nor closing: use one of them")]
pub struct InvalidOwnLane;

impl OwnLane {
    const ALL: [Self; 4] = [Self::None, Self::Open, Self::Retiring, Self::Closing];

    /// `none`, `open`, `retiring` or `closing`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
            Self::Retiring => "retiring",
            Self::Closing => "closing",
        }
    }
}

impl FromStr for OwnLane {
    type Err = InvalidOwnLane;

    fn from_str(text: &str) -> Result<Self, InvalidOwnLane> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == text).ok_or(InvalidOwnLane)
    }
}

impl fmt::Display for OwnLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back() {
        for lane in OwnLane::ALL {
            assert_eq!(lane.to_string().parse(), Ok(lane));
        }
        assert_eq!("Open".parse::<OwnLane>(), Err(InvalidOwnLane));
    }
}
