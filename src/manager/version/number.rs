//! Numbers inside versions: compared by magnitude however many digits they have, never converted.
//!
//! Dates, build numbers and commit counts outgrow machine words, so digits stay text.

/// A run of decimal digits; leading zeros do not count, and no digits at all are zero.
///
/// The derived order is right because the fields stand in this order: with leading zeros gone, more digits
/// are a larger number, and as many digits compare as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number<'a> {
    length: usize,
    digits: &'a [u8],
}

impl<'a> Number<'a> {
    /// What a number that is missing counts as.
    pub(super) const ZERO: Self = Self { length: 0, digits: &[] };

    /// Reads the digits, which must be nothing but digits.
    pub(super) fn new(digits: &'a [u8]) -> Self {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = digits.get(zeros..).unwrap_or_default();
        Self {
            length: digits.len(),
            digits,
        }
    }

    /// Takes the digits at the start of the text, which may be none, and returns what follows them.
    pub(super) fn take(text: &'a [u8]) -> (Self, &'a [u8]) {
        let (digits, rest) = split_while(text, u8::is_ascii_digit);
        (Self::new(digits), rest)
    }
}

/// The longest start of the text whose bytes all belong, and the rest.
pub(super) fn split_while(text: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !belongs(byte)).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether the text is there and nothing but digits.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
