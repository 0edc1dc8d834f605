//! Target expressions: the language that picks hosts. The inventory answers them.
//!
//! From the weakest to the strongest: `,` and `|` (or), `&` (and), `!` (not); parentheses; blanks mean
//! nothing. In an "or", what begins with `!` is taken away from the rest: `web*,!web03` is every web host
//! but one, never the whole fleet. What begins with `!` and goes on with `&` is refused there.
//!
//! A list joined by `:`, or one of whose items begins with `&`, is a pattern of Ansible: first the plain items
//! are joined, then those with `&` narrow them, then those with `!` are taken away, whatever their order.
//! A text that could be read both ways is refused.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics, Place};
use super::known::ListPath;

mod ansible;
mod lexer;
mod name_regex;
mod parser;
mod state;
mod term;
mod word;

pub use name_regex::NameRegex;
pub use state::{Comparison, Operator, StateTest, is_version};
pub use term::{AnsibleList, Span, StateWord, Subscript, Term, Word};

/// An expression that was parsed. Equal when its text is; cheap to clone.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    term: Term,
    origin: Option<Origin>,
    /// Where the paths of lists begin; `None` for the working directory.
    folder: Option<PathBuf>,
}

/// Where an expression was written, so that mistakes that only the inventory can find have a place too.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its first character.
    pub place: Place,
    /// The text of the whole file.
    pub source: Arc<str>,
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
        Ok(Self::new(text, parser::parse(text)?, None, None))
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
        let source = text.into();
        Self::located(text, Origin { place, source }, None)
    }

    /// Parses a text that stands in a file, in whose folder the paths of lists begin.
    ///
    /// # Errors
    /// When it is not an expression.
    pub fn from_file(text: &str, origin: Origin) -> Result<Self, Diagnostics> {
        let folder = Path::new(&*origin.place.file).parent().map(Path::to_path_buf);
        Self::located(text, origin, folder)
    }

    fn located(text: &str, origin: Origin, folder: Option<PathBuf>) -> Result<Self, Diagnostics> {
        match parser::parse(text) {
            Ok(term) => Ok(Self::new(text, term, Some(origin), folder)),
            Err(error) => Err(error.located(text, Some(&origin))),
        }
    }

    /// The expression that picks every host.
    #[must_use]
    pub fn all() -> Self {
        Self::new("all", Term::All, None, None)
    }

    fn new(text: &str, term: Term, origin: Option<Origin>, folder: Option<PathBuf>) -> Self {
        let text = text.to_owned();
        Self(Arc::new(Parsed {
            text,
            term,
            origin,
            folder,
        }))
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

    /// The words that are answered from the last scan, as they were written.
    #[must_use]
    pub fn state_words(&self) -> Vec<&StateWord> {
        let mut words = Vec::new();
        self.0.term.visit(&mut |term| {
            if let Term::State(word) = term {
                words.push(word);
            }
        });
        words
    }

    /// The lists of names that are asked for, each with its place in the expression.
    #[must_use]
    pub fn lists(&self) -> Vec<(ListPath, Span)> {
        let mut lists = Vec::new();
        self.0.term.visit(&mut |term| {
            if let Term::File { path, span } = term {
                lists.push((self.list_path(path), *span));
            }
        });
        lists
    }

    /// A path as this expression gives it, with the folder where it begins.
    #[must_use]
    pub fn list_path(&self, path: &str) -> ListPath {
        (self.0.folder.clone(), path.to_owned())
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
