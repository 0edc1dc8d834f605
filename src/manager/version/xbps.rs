//! Void's versions, `VERSION_REVISION`: the "dewey" numbers that xbps took from NetBSD's pkgsrc.
//!
//! A version is a list of numbers, compared one by one, the shorter list going on with 0; the revision
//! decides last. `.` and `pl` count as 0, a letter as 0 and its place in the alphabet, `alpha`, `beta` and
//! `rc` (or `pre`) as less than 0. Everything else is skipped. There are no epochs: xbps has `reverts` instead.

use std::cmp::Ordering;

use super::number::{Number, split_while};

/// Words and the numbers that they stand for, in the order in which xbps looks for them. Case does not count.
const WORDS: [(&[u8], i64); 5] = [(b"alpha", -3), (b"beta", -2), (b"pre", -1), (b"rc", -1), (b"pl", 0)];

/// As `xbps-uhelper cmpver`. Numbers above 2^63, where xbps overflows, are all the same.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::new(one), Parts::new(other));
    (0..one.items.len().max(other.items.len()))
        .map(|at| one.item(at).cmp(&other.item(at)))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one.revision.cmp(&other.revision))
}

struct Parts<'a> {
    items: Vec<i64>,
    revision: Number<'a>,
}

impl<'a> Parts<'a> {
    /// Of several revisions the last one counts, wherever they stand.
    fn new(text: &'a str) -> Self {
        let (mut items, mut revision) = (Vec::new(), Number::ZERO);
        let mut text = text.as_bytes();
        while let Some((first, rest)) = text.split_first() {
            if *first == b'_' {
                (revision, text) = Number::take(rest);
            } else {
                text = item(text, *first, rest, &mut items);
            }
        }
        Self { items, revision }
    }

    fn item(&self, at: usize) -> i64 {
        self.items.get(at).copied().unwrap_or(0)
    }
}

/// Adds what the text starts with and returns what follows it.
fn item<'a>(text: &'a [u8], first: u8, rest: &'a [u8], items: &mut Vec<i64>) -> &'a [u8] {
    if first.is_ascii_digit() {
        let (digits, rest) = split_while(text, u8::is_ascii_digit);
        let value = |sum: i64, digit: &u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
        items.push(digits.iter().fold(0, value));
        return rest;
    }
    for (word, value) in WORDS {
        if text
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
        {
            items.push(value);
            return text.get(word.len()..).unwrap_or_default();
        }
    }
    match first.to_ascii_lowercase() {
        b'.' => items.push(0),
        letter @ b'a'..=b'z' => items.extend([0, i64::from(letter - b'a') + 1]),
        _ => {}
    }
    rest
}
