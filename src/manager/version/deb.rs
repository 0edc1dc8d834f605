//! Debian's versions, `[EPOCH:]UPSTREAM[-REVISION]`, as deb-version(7) orders them.
//!
//! Own code: the crate that does this brings eighteen others (regular expressions, dates, big integers) and
//! refuses what dpkg only warns about.

use std::cmp::Ordering;

use super::number::{Number, is_number, split_while};

/// The epoch first, then upstream's version, then the revision. A missing epoch is 0, and a missing
/// revision is the same as 0 (deb-version(7) says earlier, dpkg says equal, and dpkg decides).
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::new(one), Parts::new(other));
    one.epoch
        .cmp(&other.epoch)
        .then_with(|| compare_part(one.upstream, other.upstream))
        .then_with(|| compare_part(one.revision, other.revision))
}

struct Parts<'a> {
    epoch: Number<'a>,
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The epoch ends at the first colon, the revision starts after the last hyphen. What stands before the
    /// colon and is no number is no epoch: dpkg refuses such a version, here it is part of upstream's.
    fn new(text: &'a str) -> Self {
        let (epoch, rest) = text
            .split_once(':')
            .filter(|(epoch, _)| is_number(epoch))
            .unwrap_or(("", text));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self {
            epoch: Number::new(epoch.as_bytes()),
            upstream: upstream.as_bytes(),
            revision: revision.as_bytes(),
        }
    }
}

/// What is no digit and what is one, in turns, until something differs or both have ended.
fn compare_part(mut one: &[u8], mut other: &[u8]) -> Ordering {
    while !(one.is_empty() && other.is_empty()) {
        let (one_text, one_rest) = split_while(one, |byte| !byte.is_ascii_digit());
        let (other_text, other_rest) = split_while(other, |byte| !byte.is_ascii_digit());
        let (one_number, one_rest) = Number::take(one_rest);
        let (other_number, other_rest) = Number::take(other_rest);
        let order = compare_text(one_text, other_text).then_with(|| one_number.cmp(&other_number));
        if order != Ordering::Equal {
            return order;
        }
        (one, other) = (one_rest, other_rest);
    }
    Ordering::Equal
}

fn compare_text(one: &[u8], other: &[u8]) -> Ordering {
    let longest = one.len().max(other.len());
    let weights = |at: usize| (weight(one.get(at)), weight(other.get(at)));
    (0..longest)
        .map(weights)
        .map(|(one, other)| one.cmp(&other))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// `~`, then the end, then letters, then everything else.
fn weight(byte: Option<&u8>) -> i16 {
    match byte {
        Some(b'~') => -1,
        None => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i16::from(*letter),
        Some(other) => i16::from(*other) + 256,
    }
}
