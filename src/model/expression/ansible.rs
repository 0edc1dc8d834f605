//! Patterns of Ansible: `web:&prod:!db`, and lists of which an item begins with `&`.
//!
//! Ansible joins the plain items first, then narrows by those with `&`, then takes away those with `!`, in
//! whatever order they stand ("Patterns: targeting hosts and groups" in its documentation). Beside operators
//! of ours such a list could mean two things, so it is refused and both are shown.

use super::ExpressionError;
use super::lexer::{Kind, Token};
use super::parser::{Parser, error};
use super::term::{AnsibleList, Term};
use super::word::{Dialect, word};

/// What joins the items, when what follows up to the next closing parenthesis is a pattern of Ansible.
pub(super) fn separator(parser: &Parser<'_>) -> Result<Option<Kind>, ExpressionError> {
    let level = level(parser);
    let first = |wanted: fn(&Joint) -> bool| level.iter().find(|(_, joint)| wanted(joint)).map(|(at, _)| *at);
    let ours = first(|joint| matches!(joint, Joint::Comma | Joint::Pipe | Joint::InfixAnd));
    let narrows = first(|joint| *joint == Joint::ItemAnd);
    if let Some(colon) = first(|joint| *joint == Joint::Colon) {
        return match ours {
            Some(other) => Err(mixed(parser, colon, other)),
            None => Ok(Some(Kind::Colon)),
        };
    }
    let is_plain = first(|joint| matches!(joint, Joint::Pipe | Joint::InfixAnd)).is_none();
    Ok((narrows.is_some() && is_plain).then_some(Kind::Comma))
}

/// What joins two items of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    Comma,
    Pipe,
    Colon,
    /// `a & b`.
    InfixAnd,
    /// The `&` of `a,&b`.
    ItemAnd,
}

/// Every joint of the level that begins here, by the position of its token.
fn level(parser: &Parser<'_>) -> Vec<(usize, Joint)> {
    let mut joints = Vec::new();
    let mut depth = 0_usize;
    let mut before: Option<&Kind> = None;
    for (at, token) in parser.tokens.iter().enumerate().skip(parser.at) {
        let is_item = matches!(before, Some(Kind::Comma | Kind::Pipe | Kind::Colon));
        let joint = match &token.kind {
            Kind::Open => {
                depth += 1;
                None
            }
            Kind::Close if depth == 0 => break,
            Kind::Close => {
                depth -= 1;
                None
            }
            Kind::Comma => Some(Joint::Comma),
            Kind::Pipe => Some(Joint::Pipe),
            Kind::Colon => Some(Joint::Colon),
            Kind::And if is_item => Some(Joint::ItemAnd),
            Kind::And if before.is_some() => Some(Joint::InfixAnd),
            _ => None,
        };
        if depth == 0 {
            joints.extend(joint.map(|joint| (at, joint)));
            before = Some(&token.kind);
        }
    }
    joints
}

/// Reads the items up to the end of the level.
pub(super) fn list(parser: &mut Parser<'_>, separator: &Kind) -> Result<Term, ExpressionError> {
    let first = parser.span();
    let mut list = AnsibleList::default();
    loop {
        let items = match parser.peek() {
            Some(Kind::And) => &mut list.required,
            Some(Kind::Not) => &mut list.refused,
            _ => &mut list.wanted,
        };
        if matches!(parser.peek(), Some(Kind::And | Kind::Not)) {
            parser.at += 1;
        }
        items.push(parser.operand(Dialect::Ansible)?);
        if !parser.skip(separator) {
            break;
        }
    }
    if !matches!(parser.peek(), None | Some(Kind::Close)) {
        return Err(parser.operator_is_missing());
    }
    let last = parser.tokens.get(parser.at.saturating_sub(1)).map(|token| token.span);
    if *separator == Kind::Colon && list.required.is_empty() && list.refused.is_empty() {
        let end = last.map_or(first.offset, |last| last.offset + last.length);
        let whole = text_of(parser, first.offset, end);
        // A name with a colon in it can only be meant by a text that is one.
        list.whole = word(&whole, first.offset, "a host").ok();
    }
    Ok(Term::Ansible(list))
}

fn text_of(parser: &Parser<'_>, from: usize, to: usize) -> String {
    parser.text.chars().skip(from).take(to.saturating_sub(from)).collect()
}

/// Both readings of a level that joins by `:` and by an operator of ours.
fn mixed(parser: &Parser<'_>, colon: usize, other: usize) -> ExpressionError {
    let end = level_end(parser);
    let tokens = parser.tokens.get(parser.at..end).unwrap_or_default();
    let (inner, outer) = (as_ours(parser, tokens), as_list(parser, tokens));
    let span = parser.tokens.get(colon).map_or(parser.span(), |token| token.span);
    let other = parser.tokens.get(other).map_or(span, |token| token.span);
    let message = format!(
        "`:` joins as in Ansible and `{}` as here: it could mean `{inner}` or `{outer}`",
        text_of(parser, other.offset, other.offset + other.length)
    );
    error(span, message, Some("write one of them"))
}

fn level_end(parser: &Parser<'_>) -> usize {
    let mut depth = 0_usize;
    for (at, token) in parser.tokens.iter().enumerate().skip(parser.at) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => return at,
            Kind::Close => depth -= 1,
            _ => {}
        }
    }
    parser.tokens.len()
}

/// Tokens in our operators, `:` being the weakest joint.
fn as_list(parser: &Parser<'_>, tokens: &[Token]) -> String {
    let (mut wanted, mut narrowed) = (Vec::new(), Vec::new());
    for (_, part) in split(tokens, |kind, _| *kind == Kind::Colon) {
        // An item with `&` or `!` narrows what all others pick together.
        match part.split_first().map(|(first, rest)| (&first.kind, rest)) {
            Some((Kind::And, rest)) => narrowed.push(format!("& {}", operand(parser, rest))),
            Some((Kind::Not, rest)) => narrowed.push(format!("& !{}", operand(parser, rest))),
            _ => wanted.push(operand(parser, part)),
        }
    }
    let joined = match wanted.as_slice() {
        [] => "all".to_owned(),
        [only] => only.clone(),
        several if narrowed.is_empty() => several.join(" , "),
        several => format!("({})", several.join(" , ")),
    };
    std::iter::once(joined).chain(narrowed).collect::<Vec<_>>().join(" ")
}

/// Tokens in our operators, `:` being the strongest joint.
fn as_ours(parser: &Parser<'_>, tokens: &[Token]) -> String {
    let is_ours = |kind: &Kind, before: Option<&Kind>| match kind {
        Kind::Comma | Kind::Pipe => true,
        Kind::And => !matches!(before, None | Some(Kind::Comma | Kind::Pipe | Kind::Colon)),
        _ => false,
    };
    let mut words = Vec::new();
    for (operator, part) in split(tokens, is_ours) {
        words.extend(operator.map(|operator| match operator {
            Kind::And => "&".to_owned(),
            _ => ",".to_owned(),
        }));
        words.push(operand(parser, part));
    }
    words.join(" ")
}

/// The parts between joints outside of parentheses, each with the joint before it.
fn split(tokens: &[Token], is_joint: impl Fn(&Kind, Option<&Kind>) -> bool) -> Vec<(Option<&Kind>, &[Token])> {
    let mut parts = Vec::new();
    let (mut begin, mut depth, mut joint, mut before) = (0, 0_usize, None, None);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && is_joint(&token.kind, before) {
            parts.push((joint, tokens.get(begin..at).unwrap_or_default()));
            (begin, joint) = (at + 1, Some(&token.kind));
        }
        before = Some(&token.kind);
    }
    parts.push((joint, tokens.get(begin..).unwrap_or_default()));
    parts
}

/// One operand, in parentheses when it is more than a word; a pattern of Ansible in our operators.
fn operand(parser: &Parser<'_>, tokens: &[Token]) -> String {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return "…".to_owned();
    };
    let text = text_of(parser, first.span.offset, last.span.offset + last.span.length);
    let is_wrapped = first.kind == Kind::Open && last.kind == Kind::Close;
    if tokens.len() == 1 || is_wrapped {
        text
    } else if split(tokens, |kind, _| *kind == Kind::Colon).len() > 1 {
        format!("({})", as_list(parser, tokens))
    } else {
        format!("({text})")
    }
}
