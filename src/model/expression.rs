//! Target expressions: the language that picks hosts. The inventory answers them.
//!
//! From the weakest to the strongest: `,` and `|` (or), `&` (and), `!` (not); parentheses; blanks mean
//! nothing. In an "or", what begins with `!` is taken away from the rest: `web*,!web03` is every web host
//! but one, never the whole fleet.

use std::fmt;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics, Place};
use super::pattern::Pattern;

mod parser;

/// An expression that was parsed. Equal when its text is; cheap to clone.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    term: Term,
    origin: Option<Origin>,
}

/// Where an expression was written, so that mistakes that only the inventory can find have a place too.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its first character.
    pub place: Place,
    /// The text of the whole file.
    pub source: Arc<str>,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Every host: `all` or `*`.
    All,
    /// Hosts by name or glob; a plain word may also be a group.
    Name(Word),
    /// The hosts of a group: `group:web`.
    Group(Word),
    /// Hosts by label: `label:tier` or `label:tier=front`.
    Label {
        /// The key.
        key: Word,
        /// What the value must match; `None` when any will do.
        value: Option<Word>,
    },
    /// Every host but these.
    Not(Box<Term>),
    /// The hosts that are in each.
    And(Vec<Term>),
    /// The hosts that are in one of them; those that are a [`Term::Not`] are taken away from the others.
    Or(Vec<Term>),
}

/// A name or glob, with its position in the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was written.
    pub text: String,
    /// Its alternatives: ranges such as `web[01:05]` are one pattern a number.
    pub patterns: Vec<Pattern>,
    /// Where it begins, in characters from 0.
    pub offset: usize,
    /// How many characters it has.
    pub length: usize,
}

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Where it begins, in characters from 0.
    pub offset: usize,
    /// How many characters are meant.
    pub length: usize,
    /// What, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Expression {
    /// Parses a text that stands in no file.
    ///
    /// # Errors
    /// When it is not an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Ok(Self::new(text, parser::parse(text)?, None))
    }

    /// Parses the value of a command line option; `option` is what mistakes are reported under.
    ///
    /// # Errors
    /// When it is not an expression.
    pub fn from_option(text: &str, option: &str) -> Result<Self, Diagnostics> {
        let place = Place {
            file: option.into(),
            line: 1,
            column: 1,
            length: 0,
        };
        Self::from_file(
            text,
            Origin {
                place,
                source: text.into(),
            },
        )
    }

    /// Parses a text that stands in a file.
    ///
    /// # Errors
    /// When it is not an expression.
    pub fn from_file(text: &str, origin: Origin) -> Result<Self, Diagnostics> {
        match parser::parse(text) {
            Ok(term) => Ok(Self::new(text, term, Some(origin))),
            Err(error) => Err(error.located(text, Some(&origin))),
        }
    }

    /// The expression that picks every host.
    #[must_use]
    pub fn all() -> Self {
        Self::new("all", Term::All, None)
    }

    fn new(text: &str, term: Term, origin: Option<Origin>) -> Self {
        let text = text.to_owned();
        Self(Arc::new(Parsed { text, term, origin }))
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What it means.
    #[must_use]
    pub fn term(&self) -> &Term {
        &self.0.term
    }

    /// A mistake in this expression, with the place where it was written.
    #[must_use]
    pub fn locate(&self, error: ExpressionError) -> Diagnostics {
        error.located(&self.0.text, self.0.origin.as_ref())
    }
}

impl ExpressionError {
    fn located(self, text: &str, origin: Option<&Origin>) -> Diagnostics {
        let (start, source) = match origin {
            Some(origin) => (origin.place.clone(), Arc::clone(&origin.source)),
            None => (
                Place {
                    file: "expression".into(),
                    line: 1,
                    column: 1,
                    length: 0,
                },
                text.into(),
            ),
        };
        let mut problems = Diagnostics::default();
        problems.add_source(Arc::clone(&start.file), source);
        let place = start.shifted(self.offset, self.length);
        problems.push(Diagnostic::new(place, self.message).with_optional_hint(self.hint));
        problems
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Expression {}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0.text)
    }
}
