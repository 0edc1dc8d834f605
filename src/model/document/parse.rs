//! From the bytes of a file to a tree, with every mistake that makes YAML mean something else than it says.
//!
//! A file from a stranger costs bounded memory: its size, its depth and its number of values, copies made
//! through aliases included, have limits.

use std::sync::Arc;

use super::builder::{Builder, Manners};
use super::node::{Node, Span};
use crate::model::diagnostic::{Diagnostic, Diagnostics};

/// Largest file in bytes: 10,000 hosts with all settings take about 3 MB.
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// What could be read of a file, and what is wrong with it.
#[derive(Debug)]
pub struct Document {
    /// The name under which its mistakes are reported.
    pub file: Arc<str>,
    /// Its tree; `None` when it is empty or no YAML at all.
    pub root: Option<Node>,
    /// What is wrong with it so far. The tree is still worth reading, to find more.
    pub problems: Diagnostics,
}

impl Document {
    /// Reads the bytes of a file.
    #[must_use]
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Self {
        Self::read(file, bytes, Manners::Strict)
    }

    /// Reads the bytes of a file that follows Ansible's rules: a key may come twice, and the last one counts;
    /// values may be marked with `!vault` and `!unsafe`.
    #[must_use]
    pub fn from_ansible(file: &str, bytes: &[u8]) -> Self {
        Self::read(file, bytes, Manners::Ansible)
    }

    fn read(file: &str, bytes: &[u8], manners: Manners) -> Self {
        if bytes.len() > LARGEST_FILE {
            let message = format!("the file is larger than {} MiB", LARGEST_FILE / 1024 / 1024);
            return Self::unreadable(
                file,
                Span {
                    line: 1,
                    column: 1,
                    length: 0,
                },
                &message,
            );
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse_with(file, text, manners),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let span = end_of(&String::from_utf8_lossy(good));
                Self::unreadable(file, span, "the file is not UTF-8 text from here on")
            }
        }
    }

    /// Reads the text of a file.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> Self {
        Self::parse_with(file, text, Manners::Strict)
    }

    fn parse_with(file: &str, text: &str, manners: Manners) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // The parser takes NUL for the end of the file and would silently drop what follows.
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
        if let Some((before, _)) = text.split_once(control) {
            return Self::unreadable(file, end_of(before), "a control character cannot be part of the file");
        }
        let mut builder = Builder::new(file.into(), manners);
        let complete = builder.read(text);
        let mut problems = builder.problems;
        problems.add_source(Arc::clone(&builder.file), text.into());
        Self {
            file: builder.file,
            root: builder.root.filter(|_| complete),
            problems,
        }
    }

    fn unreadable(file: &str, span: Span, message: &str) -> Self {
        let file: Arc<str> = file.into();
        let problems = Diagnostics::from(Diagnostic::new(span.place(&file), message));
        Self {
            file,
            root: None,
            problems,
        }
    }
}

/// The position right after a text.
fn end_of(text: &str) -> Span {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Span {
        line: text.matches('\n').count() + 1,
        column: last.chars().count() + 1,
        length: 1,
    }
}
