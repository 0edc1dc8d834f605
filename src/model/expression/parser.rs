//! From text to the tree of an expression, in one pass over its characters.

use super::{ExpressionError, Term, Word};
use crate::model::pattern::Pattern;
use crate::model::range::{expand, has_range};

/// Parentheses within parentheses. More can only be an accident.
const DEEPEST: usize = 64;

/// Longest expression in bytes; long lists of hosts belong in a group.
const LONGEST: usize = 64 * 1024;

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Term, ExpressionError> {
    if text.len() > LONGEST {
        return Err(error(
            0,
            1,
            "the expression is longer than 64 KiB",
            Some("make a group of these hosts"),
        ));
    }
    let mut parser = Parser {
        characters: text.chars().collect(),
        at: 0,
        depth: 0,
    };
    let term = parser.or()?;
    match parser.peek() {
        None => Ok(term),
        Some(')') => Err(error(parser.at, 1, "this `)` closes nothing", None)),
        Some(_) => Err(error(
            parser.at,
            1,
            "an operator is missing before this",
            Some("join hosts by `,` (or), `&` (and), `!` (not)"),
        )),
    }
}

fn error(offset: usize, length: usize, message: impl Into<String>, hint: Option<&str>) -> ExpressionError {
    ExpressionError {
        offset,
        length,
        message: message.into(),
        hint: hint.map(str::to_owned),
    }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        while self.characters.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.characters.get(self.at).copied()
    }

    fn or(&mut self) -> Result<Term, ExpressionError> {
        let first = self.and()?;
        let mut terms = vec![first];
        while let Some(',' | '|') = self.peek() {
            self.at += 1;
            terms.push(self.and()?);
        }
        Ok(joined(terms, Term::Or))
    }

    fn and(&mut self) -> Result<Term, ExpressionError> {
        let first = self.not()?;
        let mut terms = vec![first];
        while let Some('&') = self.peek() {
            self.at += 1;
            terms.push(self.not()?);
        }
        Ok(joined(terms, Term::And))
    }

    fn not(&mut self) -> Result<Term, ExpressionError> {
        let mut negated = false;
        while let Some('!') = self.peek() {
            self.at += 1;
            negated = !negated;
        }
        let term = self.operand()?;
        Ok(match (negated, term) {
            (false, term) => term,
            // `!(!web)` is `web`, as `!!web` is.
            (true, Term::Not(inner)) => *inner,
            (true, term) => Term::Not(Box::new(term)),
        })
    }

    fn operand(&mut self) -> Result<Term, ExpressionError> {
        let hint = Some("write a host, a glob such as `web*`, `group:NAME` or `label:KEY=VALUE`");
        match self.peek() {
            None if self.characters.iter().all(|c| c.is_whitespace()) => Err(error(
                0,
                1,
                "the expression is empty",
                Some("write `all` for every host"),
            )),
            None => Err(error(self.at, 1, "the expression ends where a host is expected", hint)),
            Some('(') => self.parentheses(),
            Some(c @ (')' | ',' | '|' | '&')) => {
                Err(error(self.at, 1, format!("a host is expected before this `{c}`"), hint))
            }
            Some(_) => self.word(),
        }
    }

    fn parentheses(&mut self) -> Result<Term, ExpressionError> {
        let open = self.at;
        if self.depth >= DEEPEST {
            return Err(error(open, 1, "parentheses are nested more than 64 deep", None));
        }
        self.at += 1;
        self.depth += 1;
        let term = self.or()?;
        self.depth -= 1;
        match self.peek() {
            Some(')') => {
                self.at += 1;
                Ok(term)
            }
            Some(_) => Err(error(self.at, 1, "an operator or `)` is missing before this", None)),
            None => Err(error(open, 1, "this `(` is never closed", None)),
        }
    }

    /// Everything up to the next operator or blank; within brackets and braces a comma is part of it.
    fn word(&mut self) -> Result<Term, ExpressionError> {
        let start = self.at;
        let (mut brackets, mut braces) = (0_usize, 0_usize);
        while let Some(c) = self.characters.get(self.at) {
            match c {
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                '{' => braces += 1,
                '}' => braces = braces.saturating_sub(1),
                '!' if brackets > 0 => {}
                ',' if braces > 0 => {}
                '(' | ')' | ',' | '|' | '&' | '!' => break,
                c if c.is_whitespace() => break,
                _ => {}
            }
            self.at += 1;
        }
        let text: String = self.characters.get(start..self.at).unwrap_or_default().iter().collect();
        if text.contains(['>', '<']) || matches!(self.peek(), Some('>' | '<')) {
            return Err(unsupported(start, &text, "counts of updates such as `updates>0`"));
        }
        term(&text, start)
    }
}

/// A list of one is the one.
fn joined(mut terms: Vec<Term>, join: fn(Vec<Term>) -> Term) -> Term {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            join(terms)
        }
        None => join(terms),
    }
}

/// What a word between operators means.
fn term(text: &str, offset: usize) -> Result<Term, ExpressionError> {
    if matches!(text, "all" | "*") {
        return Ok(Term::All);
    }
    if text.starts_with('~') {
        return Err(unsupported(offset, text, "regular expressions (`~…`)"));
    }
    if text.starts_with('@') {
        return Err(unsupported(offset, text, "host lists in files (`@…`)"));
    }
    if text == "reboot" {
        return Err(unsupported(
            offset,
            text,
            "`reboot`, which depends on the state of a host,",
        ));
    }
    match text.split_once(':') {
        Some(("group", name)) => Ok(Term::Group(word(name, offset + 6, "a group after `group:`")?)),
        Some(("label", rest)) => label(rest, offset + 6),
        Some((kind @ ("os" | "manager"), _)) => Err(unsupported(
            offset,
            text,
            &format!("`{kind}:`, which depends on the state of a host,"),
        )),
        _ => Ok(Term::Name(word(text, offset, "a host")?)),
    }
}

fn label(rest: &str, offset: usize) -> Result<Term, ExpressionError> {
    let Some((key, value)) = rest.split_once('=') else {
        return Ok(Term::Label {
            key: word(rest, offset, "a label after `label:`")?,
            value: None,
        });
    };
    let value_offset = offset + key.chars().count() + 1;
    let key = word(key, offset, "a label after `label:`")?;
    Ok(Term::Label {
        key,
        value: Some(word(value, value_offset, "a value after `=`")?),
    })
}

fn word(text: &str, offset: usize, what: &str) -> Result<Word, ExpressionError> {
    let length = text.chars().count();
    if text.is_empty() {
        return Err(error(offset, 1, format!("{what} is missing here"), None));
    }
    let texts = if has_range(text) {
        expand(text).map_err(|problem| error(offset + problem.offset, 1, problem.message, None))?
    } else {
        vec![text.to_owned()]
    };
    let patterns: Result<Vec<Pattern>, _> = texts.into_iter().map(Pattern::new).collect();
    let patterns = patterns.map_err(|problem| error(offset, length, problem.to_string(), None))?;
    Ok(Word {
        text: text.to_owned(),
        patterns,
        offset,
        length,
    })
}

fn unsupported(offset: usize, text: &str, what: &str) -> ExpressionError {
    let hint = "hosts are picked by name, glob, `group:NAME` and `label:KEY=VALUE`";
    error(
        offset,
        text.chars().count().max(1),
        format!("{what} is not supported by this version yet"),
        Some(hint),
    )
}
