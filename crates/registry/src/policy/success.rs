//! What counts as delivered: which statuses, and what the body of such an answer must say.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use super::{BodyFault, BodyRule};

/// The statuses that end an exchange, so that they can mean something for a delivery.
pub const FINAL_STATUS: RangeInclusive<u16> = 200..=599;
/// The most entries in a list of statuses.
pub const MAX_STATUSES: usize = 100;

/// A status, or all of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// This one, within [`FINAL_STATUS`].
    One(u16),
    /// `2xx`, by its first digit: 2 to 5.
    Class(u16),
}

/// What is no status and no class of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no status: give a number from {} to {}, or \"2xx\" to \"5xx\"", FINAL_STATUS.start(), FINAL_STATUS.end())]
pub struct InvalidStatus;

impl Status {
    /// Whether a status is meant.
    pub fn covers(self, status: u16) -> bool {
        match self {
            Self::One(one) => one == status,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl TryFrom<u64> for Status {
    type Error = InvalidStatus;

    fn try_from(number: u64) -> Result<Self, InvalidStatus> {
        let status = u16::try_from(number).ok().filter(|status| FINAL_STATUS.contains(status));
        status.map(Self::One).ok_or(InvalidStatus)
    }
}

impl FromStr for Status {
    type Err = InvalidStatus;

    fn from_str(text: &str) -> Result<Self, InvalidStatus> {
        match text {
            "2xx" => Ok(Self::Class(2)),
            "3xx" => Ok(Self::Class(3)),
            "4xx" => Ok(Self::Class(4)),
            "5xx" => Ok(Self::Class(5)),
            _ => Err(InvalidStatus),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

/// What an answer of a good status with a wrong body means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// It is tried again.
    #[default]
    Retry,
    /// Nothing more is tried.
    Permanent,
}

/// What counts as delivered. By default every 2xx, whatever its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Success {
    /// In the order given; none stands for every 2xx.
    statuses: Option<Box<[Status]>>,
    body: Option<(BodyRule, Otherwise)>,
}

/// No statuses, or more than [`MAX_STATUSES`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("statuses has {0} entries: give 1 to {MAX_STATUSES}")]
pub struct InvalidStatuses(usize);

impl Success {
    /// What every subscription has that says nothing: each 2xx.
    pub const DEFAULT_STATUSES: &'static [Status] = &[Status::Class(2)];

    /// Counts these statuses as delivered, and no others.
    pub fn set_statuses(&mut self, statuses: Vec<Status>) -> Result<(), InvalidStatuses> {
        if !(1..=MAX_STATUSES).contains(&statuses.len()) {
            return Err(InvalidStatuses(statuses.len()));
        }
        self.statuses = (statuses != Self::DEFAULT_STATUSES).then(|| statuses.into());
        Ok(())
    }

    /// Asks this of the body of an answer with such a status.
    pub fn set_body(&mut self, rule: BodyRule, otherwise: Otherwise) {
        self.body = Some((rule, otherwise));
    }

    /// The statuses that count as delivered, in the order given.
    pub fn statuses(&self) -> &[Status] {
        self.statuses.as_deref().unwrap_or(Self::DEFAULT_STATUSES)
    }

    /// What the body must say, and what it means if it does not.
    pub fn body(&self) -> Option<&(BodyRule, Otherwise)> {
        self.body.as_ref()
    }

    /// Whether this status counts as delivered, if the body agrees.
    pub fn covers(&self, status: u16) -> bool {
        self.statuses().iter().any(|known| known.covers(status))
    }

    /// What is wrong with the body, and what that means. Without a rule the body is not looked at.
    pub(super) fn fault(&self, body: &[u8], truncated: bool) -> Option<(BodyFault, Otherwise)> {
        let (rule, otherwise) = self.body.as_ref()?;
        Some((rule.fault(body, truncated)?, *otherwise))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_2xx_counts_by_default() {
        let success = Success::default();
        assert!(success.covers(200) && success.covers(299) && !success.covers(302) && !success.covers(199));
        let mut said = Success::default();
        said.set_statuses(vec!["2xx".parse().unwrap()]).unwrap();
        assert_eq!(said, success);
    }

    #[test]
    fn statuses_replace_the_default() {
        let mut success = Success::default();
        success.set_statuses(vec![Status::One(201), Status::Class(3), Status::One(409)]).unwrap();
        let counted: Vec<_> = [200, 201, 302, 400, 409].into_iter().filter(|&status| success.covers(status)).collect();
        assert_eq!(counted, [201, 302, 409]);
    }

    #[test]
    fn refuses_what_is_no_status() {
        for number in [0, 100, 199, 600, 65_736] {
            assert_eq!(Status::try_from(number), Err(InvalidStatus), "{number}");
        }
        for text in ["1xx", "6xx", "200", "2XX", ""] {
            assert_eq!(text.parse::<Status>(), Err(InvalidStatus), "{text}");
        }
        assert_eq!(Success::default().set_statuses(vec![]), Err(InvalidStatuses(0)));
    }
}
