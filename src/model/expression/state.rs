//! Words that ask for the state of a host. They are answered from its last scan.

use std::fmt;

use super::Word;
use crate::model::known::KnownState;
use crate::model::truth::Truth;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateTest {
    /// The system: `os:debian`, `os:debian=12`.
    Os {
        /// Its `ID`.
        id: Word,
        /// Its `VERSION_ID`, whole or its first parts; `None` when any will do.
        version: Option<Word>,
    },
    /// The package manager: `manager:apt`.
    Manager(Word),
    /// The number of pending updates: `updates>0`.
    Updates(Comparison),
    /// The number of pending security updates: `security>0`.
    Security(Comparison),
    /// Whether a reboot is needed: `reboot`.
    Reboot,
}

/// A number to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// How.
    pub operator: Operator,
    /// With what.
    pub number: usize,
}

/// How numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
}

impl Operator {
    fn holds(self, found: usize, number: usize) -> bool {
        match self {
            Self::Equal => found == number,
            Self::Greater => found > number,
            Self::AtLeast => found >= number,
            Self::Less => found < number,
            Self::AtMost => found <= number,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Equal => "=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        })
    }
}

impl Comparison {
    /// Whether it holds for a number that is known to lie between two bounds, both included.
    fn holds_between(self, least: usize, most: usize) -> Truth {
        let (low, high) = (
            self.operator.holds(least, self.number),
            self.operator.holds(most, self.number),
        );
        let is_inside = self.operator == Operator::Equal && least < most && (least..=most).contains(&self.number);
        if low != high || is_inside {
            Truth::Unknown
        } else {
            low.into()
        }
    }
}

impl StateTest {
    /// Whether it holds for a host that answered.
    #[must_use]
    pub fn holds(&self, state: &KnownState) -> Truth {
        match self {
            Self::Os { id, version } => {
                let fits = id.matches(&state.os.id);
                Truth::from(fits && version.as_ref().is_none_or(|word| is_version(word, &state.os.version)))
            }
            Self::Manager(word) => word.matches(state.manager.as_str()).into(),
            Self::Updates(comparison) => comparison.holds_between(state.updates, state.updates),
            Self::Security(comparison) => {
                comparison.holds_between(state.security, state.security + state.perhaps_security)
            }
            Self::Reboot => state.reboot.into(),
        }
    }
}

/// Whether a word means a version: all of it, or its first parts, so that `9` is `9.4` too and never `90`.
#[must_use]
pub fn is_version(word: &Word, version: &str) -> bool {
    word.matches(version)
        || version
            .match_indices('.')
            .any(|(end, _)| version.get(..end).is_some_and(|first| word.matches(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_between_bounds_is_compared_as_far_as_it_is_known() {
        let holds = |operator, number, least, most| Comparison { operator, number }.holds_between(least, most);
        assert_eq!(holds(Operator::Greater, 0, 0, 0), Truth::No);
        assert_eq!(holds(Operator::Greater, 0, 1, 1), Truth::Yes);
        assert_eq!(holds(Operator::Greater, 0, 0, 3), Truth::Unknown);
        assert_eq!(holds(Operator::Greater, 0, 2, 3), Truth::Yes);
        assert_eq!(holds(Operator::Equal, 2, 1, 3), Truth::Unknown);
        assert_eq!(holds(Operator::Equal, 2, 2, 2), Truth::Yes);
        assert_eq!(holds(Operator::Equal, 9, 1, 3), Truth::No);
        assert_eq!(holds(Operator::AtMost, 5, 1, 3), Truth::Yes);
        assert_eq!(holds(Operator::Less, 3, 1, 3), Truth::Unknown);
        assert_eq!(holds(Operator::AtLeast, 3, 3, 3), Truth::Yes);
    }
}
