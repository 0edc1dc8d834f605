//! Alpine's versions as apk-package(5) writes them:
//! `NUMBER{.NUMBER}[LETTER]{_SUFFIX[NUMBER]}[~COMMIT][-rNUMBER]`.
//!
//! A version becomes a list of tokens that compares as the version does: token by token, and where two
//! differ in kind the order of the kinds decides. That order was read off `apk version -t` of apk 3.0.8.
//! Two things apk does not do: numbers beyond 64 bits do not wrap around, and a version that apk refuses to
//! compare is ordered by the part that can be read, the rest as text.

use std::cmp::Ordering;

use super::number::{Number, split_while};

/// Suffixes of what comes before the version that they are added to, lowest first.
const BEFORE: [&[u8]; 4] = [b"alpha", b"beta", b"pre", b"rc"];
/// Suffixes of what comes after it, lowest first.
const AFTER: [&[u8]; 5] = [b"cvs", b"svn", b"git", b"hg", b"p"];

/// As `apk version -t`. A missing `-rN` is lower than `-r0`, and a missing number of a suffix than 0.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    tokens(one.as_bytes()).cmp(&tokens(other.as_bytes()))
}

/// The parts of a version; kinds that differ compare in this order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Before(usize),
    /// What cannot be read; nothing follows it.
    Unknown(&'a [u8]),
    End,
    Revision(Number<'a>),
    Commit(&'a [u8]),
    SuffixNumber(Number<'a>),
    After(usize),
    Letter(u8),
    /// A later number that starts with 0 is compared as text: `1.01` is before `1.1`, and `1.0` before `1.00`.
    Fraction(&'a [u8]),
    Number(Number<'a>),
}

/// Where in a version the reader is: what was read last decides what may follow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    Numbers,
    Letter,
    Suffix,
    SuffixNumber,
    Commit,
    Revision,
}

/// The version as a list that compares as the version does. It ends in [`Token::End`] or [`Token::Unknown`].
fn tokens(mut text: &[u8]) -> Vec<Token<'_>> {
    let (mut tokens, mut place) = (Vec::new(), Place::Start);
    while !text.is_empty() {
        let Some((token, next, rest)) = token(text, place) else {
            tokens.push(Token::Unknown(text));
            return tokens;
        };
        tokens.push(token);
        (place, text) = (next, rest);
    }
    tokens.push(Token::End);
    tokens
}

fn token(text: &[u8], place: Place) -> Option<(Token<'_>, Place, &[u8])> {
    let (first, rest) = text.split_first()?;
    match first {
        b'0'..=b'9' if place == Place::Start => {
            let (number, rest) = Number::take(text);
            Some((Token::Number(number), Place::Numbers, rest))
        }
        b'0'..=b'9' if place == Place::Suffix => {
            let (number, rest) = Number::take(text);
            Some((Token::SuffixNumber(number), Place::SuffixNumber, rest))
        }
        b'.' if place == Place::Numbers => {
            let (digits, rest) = split_while(rest, u8::is_ascii_digit);
            let token = match digits.first()? {
                b'0' => Token::Fraction(digits),
                _ => Token::Number(Number::new(digits)),
            };
            Some((token, Place::Numbers, rest))
        }
        b'a'..=b'z' if place == Place::Numbers => Some((Token::Letter(*first), Place::Letter, rest)),
        b'_' if place > Place::Start && place < Place::Commit => {
            let (name, rest) = split_while(rest, u8::is_ascii_lowercase);
            Some((suffix(name)?, Place::Suffix, rest))
        }
        b'~' if place > Place::Start && place < Place::Commit => {
            let (commit, rest) = split_while(rest, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            (!commit.is_empty()).then_some((Token::Commit(commit), Place::Commit, rest))
        }
        b'-' if place > Place::Start && place < Place::Revision => {
            let (digits, rest) = split_while(rest.strip_prefix(b"r")?, u8::is_ascii_digit);
            (!digits.is_empty()).then_some((Token::Revision(Number::new(digits)), Place::Revision, rest))
        }
        _ => None,
    }
}

fn suffix(name: &[u8]) -> Option<Token<'_>> {
    let position = |names: &[&[u8]]| names.iter().position(|other| *other == name);
    position(&BEFORE)
        .map(Token::Before)
        .or_else(|| position(&AFTER).map(Token::After))
}
