//! Yes, no, and unknown: what is not known of a host is neither true nor false.
//!
//! The logic is Kleene's: "unknown or yes" is yes, "unknown and no" is no, and the opposite of unknown is unknown.

/// Whether something holds. Ordered, so that "and" is the smaller and "or" the larger of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not.
    No,
    /// Nobody knows.
    Unknown,
    /// It does.
    Yes,
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One of the two, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    #[test]
    fn what_is_unknown_stays_unknown_unless_the_other_side_decides() {
        assert_eq!(!Unknown, Unknown);
        assert_eq!(Unknown.and(Yes), Unknown);
        assert_eq!(Unknown.and(No), No);
        assert_eq!(Unknown.or(Yes), Yes);
        assert_eq!(Unknown.or(No), Unknown);
        for one in [No, Unknown, Yes] {
            for other in [No, Unknown, Yes] {
                assert_eq!(!(one.and(other)), (!one).or(!other), "de Morgan");
            }
        }
        assert_eq!((Truth::from(true), Truth::from(false)), (Yes, No));
    }
}
