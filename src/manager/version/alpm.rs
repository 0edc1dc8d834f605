//! pacman's versions, `[EPOCH:]PKGVER[-PKGREL]`, as vercmp(8) orders them.
//!
//! vercmp's answers are no order that can be sorted by: `1.0-1` and `1.0-2` both equal `1.0`. [`compare`]
//! gives those answers, [`order`] is the total order that agrees with them wherever both versions have a
//! pkgrel or neither has, as all that pacman prints do.

use std::cmp::Ordering;

use super::number::{Number, split_while};

/// As `vercmp`: epoch, then pkgver, then pkgrel if both have one. A missing epoch is 0.
///
/// One difference: a pkgver that ends in a separator (`1.`, which no package has) is higher than without it
/// and lower than with anything after it. vercmp's answers go round in a circle there: `1.` is higher than
/// `1..a`, that is higher than `1.1`, and that is higher than `1.`.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::new(one), Parts::new(other));
    one.without_release(&other)
        .then_with(|| match (one.release, other.release) {
            (Some(one), Some(other)) => tokens(one).cmp(&tokens(other)),
            _ => Ordering::Equal,
        })
}

/// As [`compare`], but a version without pkgrel is lower than the same version with one.
#[must_use]
pub fn order(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::new(one), Parts::new(other));
    one.without_release(&other)
        .then_with(|| one.release.map(tokens).cmp(&other.release.map(tokens)))
}

struct Parts<'a> {
    epoch: Number<'a>,
    version: &'a [u8],
    release: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// The epoch is the digits before a colon, even if there are none; the pkgrel starts after the last hyphen.
    fn new(text: &'a str) -> Self {
        let (digits, rest) = split_while(text.as_bytes(), u8::is_ascii_digit);
        let (epoch, rest) = match rest.split_first() {
            Some((b':', rest)) => (Number::new(digits), rest),
            _ => (Number::ZERO, text.as_bytes()),
        };
        let hyphen = rest.iter().rposition(|byte| *byte == b'-');
        Self {
            epoch,
            version: hyphen.and_then(|at| rest.get(..at)).unwrap_or(rest),
            release: hyphen.and_then(|at| rest.get(at.saturating_add(1)..)),
        }
    }

    fn without_release(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| tokens(self.version).cmp(&tokens(other.version)))
    }
}

/// What can follow in a pkgver, lowest first: letters right after digits are a pre-release (`1.0rc` is
/// before `1.0`), anything after a separator is an addition. Of two additions the one with fewer separators
/// is lower, then letters are lower than digits.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Attached(&'a [u8]),
    End { after_separator: bool },
    Added { separators: usize, segment: Segment<'a> },
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Letters(&'a [u8]),
    Digits(Number<'a>),
}

/// The version as a list that compares as the version does. It always ends in [`Token::End`].
fn tokens(mut text: &[u8]) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    loop {
        let (skipped, rest) = split_while(text, |byte| !byte.is_ascii_alphanumeric());
        let separators = skipped.len();
        let Some(first) = rest.first() else {
            tokens.push(Token::End {
                after_separator: separators > 0,
            });
            return tokens;
        };
        if first.is_ascii_digit() {
            let (number, rest) = Number::take(rest);
            let segment = Segment::Digits(number);
            tokens.push(Token::Added { separators, segment });
            text = rest;
        } else {
            let (letters, rest) = split_while(rest, u8::is_ascii_alphabetic);
            tokens.push(match separators {
                0 => Token::Attached(letters),
                _ => Token::Added {
                    separators,
                    segment: Segment::Letters(letters),
                },
            });
            text = rest;
        }
    }
}
