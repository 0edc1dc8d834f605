//! The file of allowed signers, as the section ALLOWED SIGNERS of `ssh-keygen(1)` describes it.
//!
//! What must stay true: nobody is accepted here whom `ssh-keygen -Y verify` refuses by this file. Whom it accepts is
//! accepted, apart from lines that are not text (other bytes than UTF-8, control characters) and lines beyond the first
//! 100,000. A line that cannot be read allows nobody and is a diagnostic; one mistake does not take the others' right
//! away.

mod line;
mod options;
mod question;
mod time;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::diagnostic::{Diagnostic, Diagnostics, Place};
use super::ssh_pattern;
use line::{ReadLine, read_line};

pub use question::{Grant, Refusal};

/// A file with more lines is a mistake.
const MOST_LINES: usize = 100_000;

/// Reads a public key as it stands in a file (`ssh-ed25519 AAAA…`) and gives its fingerprint, or why it is none.
pub type ReadKey<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// The lines of a file that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigners {
    /// The file, as it is shown.
    pub file: Arc<str>,
    lines: Vec<SignerLine>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SignerLine {
    /// From 1.
    number: usize,
    /// The names, a list of patterns.
    principals: String,
    /// The fingerprint of the key.
    key: String,
    /// What the options say.
    options: LineOptions,
}

/// The options of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct LineOptions {
    is_authority: bool,
    namespaces: Option<String>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
}

impl SignerLine {
    /// The names that stand in it as they are, without the patterns.
    fn plain_names(&self) -> impl Iterator<Item = &str> {
        let names = self.principals.split(',');
        names.filter(|name| !name.is_empty() && !name.starts_with('!') && !name.contains(['*', '?']))
    }

    /// The patterns that stand in it, without those that are negated.
    fn patterns(&self) -> impl Iterator<Item = &str> {
        let names = self.principals.split(',');
        names.filter(|name| !name.starts_with('!') && name.contains(['*', '?']))
    }

    fn names(&self, principal: &str) -> bool {
        ssh_pattern::picks(principal, &self.principals)
    }
}

impl AllowedSigners {
    /// Nobody: where there is no file.
    #[must_use]
    pub fn nobody(file: &str) -> Self {
        Self {
            file: file.into(),
            lines: Vec::new(),
        }
    }

    /// Reads the bytes of a file, and tells every line that is of no use. Times without a `Z` are in `zone`.
    #[must_use]
    pub fn parse(file: &str, bytes: &[u8], zone: &TimeZone, read_key: ReadKey<'_>) -> (Self, Diagnostics) {
        let file: Arc<str> = file.into();
        let mut problems = Diagnostics::default();
        problems.add_source(Arc::clone(&file), String::from_utf8_lossy(bytes).into());
        let mut lines = Vec::new();
        for (index, bytes) in bytes.split(|byte| *byte == b'\n').take(MOST_LINES).enumerate() {
            let number = index + 1;
            match read_line(bytes, zone, read_key) {
                Ok(ReadLine::Nothing) => {}
                Ok(ReadLine::Signer {
                    principals,
                    key,
                    options,
                }) => lines.push(SignerLine {
                    number,
                    principals,
                    key,
                    options,
                }),
                Err(problem) => {
                    let place = Place {
                        file: Arc::clone(&file),
                        line: number,
                        column: problem.column,
                        length: problem.length,
                    };
                    let message = format!("this line allows nobody: {}", problem.message);
                    problems.push(Diagnostic::new(place, message).with_optional_hint(problem.hint));
                }
            }
        }
        if let Some(rest) = bytes.split(|byte| *byte == b'\n').nth(MOST_LINES)
            && !rest.is_empty()
        {
            let place = Place {
                file: Arc::clone(&file),
                line: MOST_LINES + 1,
                column: 1,
                length: 1,
            };
            problems.push(Diagnostic::new(
                place,
                format!("this line and those behind it allow nobody: only the first {MOST_LINES} are read"),
            ));
        }
        (Self { file, lines }, problems)
    }
}

#[cfg(test)]
mod tests;
