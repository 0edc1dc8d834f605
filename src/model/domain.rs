//! Hosts of which only so many may be down together: a database cluster, the two halves of a pair, a rack.

use std::fmt;

use serde::{Serialize, Serializer};

use super::diagnostic::Place;
use super::expression::Expression;
use super::name::{DomainName, HostName};
use super::quorum::QuorumRule;

/// A domain with its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The name.
    pub name: DomainName,
    /// Where it is defined.
    pub place: Place,
    /// What picks its hosts. It never asks for the state of a host: who belongs together does not change by a scan.
    pub select: Expression,
    /// How many may be down together.
    pub max_down: MaxDown,
    /// What must agree before one of them is taken down.
    pub quorum: Option<QuorumRule>,
    /// Its hosts, in the order of the inventory; at least one.
    pub members: Vec<HostName>,
}

/// A number of hosts, or a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxDown {
    /// That many hosts, at least 1.
    Count(usize),
    /// That many in a hundred, from 1 to 100.
    Percent(u8),
}

impl MaxDown {
    /// How many of so many hosts. A part of a host is none, but one at least may be down: none could ever be
    /// patched else.
    #[must_use]
    pub fn of(self, hosts: usize) -> usize {
        match self {
            Self::Count(number) => number,
            Self::Percent(percent) => (hosts * usize::from(percent) / 100).max(1),
        }
    }
}

impl Domain {
    /// How many of its hosts may be down together.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.max_down.of(self.members.len())
    }
}

impl fmt::Display for MaxDown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(number) => write!(formatter, "{number}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl Serialize for MaxDown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(number) => serializer.serialize_u64(*number as u64),
            Self::Percent(_) => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MaxDown::{Count, Percent};

    #[test]
    fn a_part_is_rounded_down_and_never_to_none() {
        assert_eq!(Count(2).of(9), 2);
        assert_eq!(Percent(50).of(5), 2);
        assert_eq!(Percent(10).of(5), 1);
        assert_eq!(Percent(100).of(5), 5);
    }
}
