//! A comparison of a number with a bound: `< 0.05`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A comparison. What is printed can be read again and means the same.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Comparison {
    operator: Operator,
    /// Never NaN.
    bound: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
    Unequal,
}

/// The longer signs first: `<=` begins with `<`.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Why a text is no comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a comparison such as `< 0.05`, with one of `<`, `<=`, `>`, `>=`, `==` and `!=`, found `{0}`")]
pub struct InvalidComparison(String);

impl Comparison {
    /// Reads a sign and a number.
    ///
    /// # Errors
    /// When one of them is missing or is something else.
    pub fn parse(text: &str) -> Result<Self, InvalidComparison> {
        let invalid = || InvalidComparison(super::super::text::printable(text));
        let trimmed = text.trim();
        let (operator, rest) = OPERATORS
            .iter()
            .find_map(|(sign, operator)| trimmed.strip_prefix(sign).map(|rest| (*operator, rest)))
            .ok_or_else(invalid)?;
        let bound: f64 = rest.trim().parse().map_err(|_| invalid())?;
        if bound.is_finite() {
            Ok(Self { operator, bound })
        } else {
            Err(invalid())
        }
    }

    /// Whether it holds for a number. Nothing holds for what is not a number.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "the operator asked for exactly this number")]
    pub fn holds(self, number: f64) -> bool {
        if number.is_nan() {
            return false;
        }
        match self.operator {
            Operator::Less => number < self.bound,
            Operator::AtMost => number <= self.bound,
            Operator::Greater => number > self.bound,
            Operator::AtLeast => number >= self.bound,
            Operator::Equal => number == self.bound,
            Operator::Unequal => number != self.bound,
        }
    }
}

impl PartialEq for Comparison {
    fn eq(&self, other: &Self) -> bool {
        self.operator == other.operator && self.bound.to_bits() == other.bound.to_bits()
    }
}

impl Eq for Comparison {}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPERATORS
            .iter()
            .find(|(_, operator)| *operator == self.operator)
            .map_or("", |(sign, _)| sign);
        write!(formatter, "{sign} {}", self.bound)
    }
}

impl TryFrom<String> for Comparison {
    type Error = InvalidComparison;

    fn try_from(text: String) -> Result<Self, InvalidComparison> {
        Self::parse(&text)
    }
}

impl From<Comparison> for String {
    fn from(comparison: Comparison) -> Self {
        comparison.to_string()
    }
}
