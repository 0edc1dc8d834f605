//! FreeBSD's versions, `VERSION[_REVISION][,EPOCH]`, as pkg-version(8) and the Porter's Handbook (5.2.4) order them.
//!
//! The epoch decides, then the version, then the revision. A version is groups joined by `+`, each a list of
//! components `[NUMBER][LETTER[PATCH]]`; a missing component is 0, so `1` is `1.0`.

use std::cmp::Ordering;

use super::number::{Number, split_while};

/// Words that stand for a stage of development: with a number before them they start a component of their
/// own, as after a dot (`1.0rc1` is `1.0.rc1`). `pl` is lower than every letter, the others are their first letter.
const STAGES: [(&[u8], u8); 5] = [
    (b"pl", 0),
    (b"alpha", b'a'),
    (b"beta", b'b'),
    (b"pre", b'p'),
    (b"rc", b'r'),
];

/// As `pkg version -t`.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::new(one), Parts::new(other));
    one.epoch
        .cmp(&other.epoch)
        .then_with(|| {
            compare_lists(&one.groups, &other.groups, &Vec::new(), |one, other| {
                compare_lists(one, other, &Component::ZERO, Component::cmp)
            })
        })
        .then_with(|| one.revision.cmp(&other.revision))
}

/// Compares item by item; the shorter list goes on with `missing`.
fn compare_lists<T>(one: &[T], other: &[T], missing: &T, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    (0..one.len().max(other.len()))
        .map(|at| compare(one.get(at).unwrap_or(missing), other.get(at).unwrap_or(missing)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

struct Parts<'a> {
    epoch: Number<'a>,
    groups: Vec<Vec<Component<'a>>>,
    revision: Number<'a>,
}

impl<'a> Parts<'a> {
    /// What stands before a hyphen is the package's name. The revision starts at the last `_`, the epoch at
    /// the last `,` after it.
    fn new(text: &'a str) -> Self {
        let text = text.rsplit_once('-').map_or(text, |(_, version)| version);
        let (version, revision, epoch) = if let Some((version, tail)) = text.rsplit_once('_') {
            (version, tail, tail.rsplit_once(',').map_or("", |(_, epoch)| epoch))
        } else {
            let (version, epoch) = text.rsplit_once(',').unwrap_or((text, ""));
            (version, "", epoch)
        };
        Self {
            epoch: Number::take(epoch.as_bytes()).0,
            groups: version.split('+').map(|group| components(group.as_bytes())).collect(),
            revision: Number::take(revision.as_bytes()).0,
        }
    }
}

/// Compares field by field, in the order of the fields.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Component<'a> {
    lead: Lead<'a>,
    /// 0 for none and for `pl`.
    letter: u8,
    patch: Patch<'a>,
}

/// `*`, then a component that starts with a letter, then a number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lead<'a> {
    Star,
    Missing,
    Number(Number<'a>),
}

/// `4a` is before `4a0`. A component without a letter has the patch 0.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Patch<'a> {
    Missing,
    Number(Number<'a>),
}

impl Component<'_> {
    const ZERO: Component<'static> = Component {
        lead: Lead::Number(Number::ZERO),
        letter: 0,
        patch: Patch::Number(Number::ZERO),
    };
}

fn components(mut text: &[u8]) -> Vec<Component<'_>> {
    let mut components = Vec::new();
    while !text.is_empty() {
        let (component, rest) = component(text);
        components.push(component);
        let separates = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'*';
        (_, text) = split_while(rest, separates);
    }
    components
}

/// Reads one component. Text that starts with a separator is a component without number and letter.
fn component(text: &[u8]) -> (Component<'_>, &[u8]) {
    let (lead, rest) = match text.first() {
        Some(b'*') => (Lead::Star, &[] as &[u8]),
        Some(digit) if digit.is_ascii_digit() => {
            let (number, rest) = Number::take(text);
            (Lead::Number(number), rest)
        }
        _ => (Lead::Missing, text),
    };
    let (word, after) = split_while(rest, u8::is_ascii_alphabetic);
    let stage = stage(word);
    let Some(first) = word.first().filter(|_| stage.is_none() || lead == Lead::Missing) else {
        let component = Component {
            lead,
            ..Component::ZERO
        };
        return (component, rest);
    };
    let letter = stage.unwrap_or(first.to_ascii_lowercase());
    let (digits, after) = split_while(after, u8::is_ascii_digit);
    let patch = match digits {
        [] => Patch::Missing,
        _ => Patch::Number(Number::new(digits)),
    };
    (Component { lead, letter, patch }, after)
}

fn stage(word: &[u8]) -> Option<u8> {
    STAGES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, letter)| *letter)
}
