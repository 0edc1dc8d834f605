//! One line of a file of allowed signers: names, options, key.
//!
//! Words are taken apart as OpenSSH does it (`sshsig.c`, `strdelimw` and `sshkey_advance_past_options`).

use jiff::tz::TimeZone;

use super::options::{OptionProblem, read_options};
use super::{LineOptions, ReadKey};
use crate::model::text::{printable, shorten};

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadLine {
    /// Blank, or a comment.
    Nothing,
    /// Somebody may sign.
    Signer {
        principals: String,
        key: String,
        options: LineOptions,
    },
}

/// Why a line is of no use, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineProblem {
    /// In characters, from 1.
    pub(super) column: usize,
    /// In characters.
    pub(super) length: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// Longer than a line with the largest key and many names.
const LONGEST: usize = 64 * 1024;

/// Reads a line without its line break.
pub(super) fn read_line(bytes: &[u8], zone: &TimeZone, read_key: ReadKey<'_>) -> Result<ReadLine, LineProblem> {
    let whole = |message: &str| LineProblem {
        column: 1,
        length: 0,
        message: message.to_owned(),
        hint: None,
    };
    if bytes.len() > LONGEST {
        return Err(whole("it is longer than 64 KiB"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(whole("it is not UTF-8"));
    };
    let start = text.trim_start_matches(BLANKS);
    if start.is_empty() || start.starts_with('#') {
        return Ok(ReadLine::Nothing);
    }
    if start.starts_with('\u{feff}') || start.contains(|c: char| c.is_control() && !BLANKS.contains(&c)) {
        return Err(whole("it holds a control character or a byte order mark"));
    }
    let line = Line { text };
    let (principals, rest) = line.principals(start)?;
    let (options, key_text) = line.options_and_key(rest, zone, read_key)?;
    let key = line.key(key_text, read_key)?;
    Ok(ReadLine::Signer {
        principals,
        key,
        options,
    })
}

struct Line<'a> {
    text: &'a str,
}

impl<'a> Line<'a> {
    fn problem(&self, at: &str, length: usize, message: impl Into<String>, hint: Option<&str>) -> LineProblem {
        let before = self.text.len().saturating_sub(at.len());
        let column = self.text.get(..before).map_or(1, |before| before.chars().count() + 1);
        LineProblem {
            column,
            length,
            message: message.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// The first word; a part in quotes ends it.
    fn principals(&self, start: &'a str) -> Result<(String, &'a str), LineProblem> {
        let end = start.find([' ', '\t', '\r', '"']).unwrap_or(start.len());
        let (first, rest) = start.split_at(end);
        let (principals, rest) = match rest.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((inner, rest)) => (format!("{first}{inner}"), rest),
                None => return Err(self.problem(rest, 1, "a quotation mark is never closed", None)),
            },
            None => (first.to_owned(), rest),
        };
        let rest = rest.trim_start_matches(BLANKS);
        if rest.is_empty() {
            let hint = "a line is `alice@example.com ssh-ed25519 AAAA…`, with options before the key";
            let length = start.trim_end().chars().count();
            return Err(self.problem(start, length, "a key is missing behind the names", Some(hint)));
        }
        Ok((principals, rest))
    }

    /// What stands before the key, which begins at once where there are no options.
    fn options_and_key(
        &self,
        rest: &'a str,
        zone: &TimeZone,
        read_key: ReadKey<'_>,
    ) -> Result<(LineOptions, &'a str), LineProblem> {
        let is_key = looks_like_key(rest) || key_words(rest).is_some_and(|words| read_key(&words).is_ok());
        if is_key {
            return Ok((LineOptions::default(), rest));
        }
        let end = end_of_options(rest)
            .ok_or_else(|| self.problem(rest, 1, "a quotation mark of the options is never closed", None))?;
        let (text, key) = rest.split_at(end);
        let key = key.trim_start_matches(BLANKS);
        if key.is_empty() {
            let length = text.trim_end().chars().count();
            return Err(self.problem(rest, length, "a key is missing behind the options", None));
        }
        let options = read_options(text, zone).map_err(
            |OptionProblem {
                 at,
                 length,
                 message,
                 hint,
             }| { self.problem(rest.get(at..).unwrap_or(rest), length, message, hint.as_deref()) },
        )?;
        Ok((options, key))
    }

    fn key(&self, text: &str, read_key: ReadKey<'_>) -> Result<String, LineProblem> {
        let kind = text.split(BLANKS).next().unwrap_or(text);
        let shown = shorten(&printable(kind), 40);
        let Some(words) = key_words(text) else {
            let message = format!("`{shown}` is not followed by a key");
            return Err(self.problem(text, kind.chars().count(), message, None));
        };
        read_key(&words).map_err(|reason| {
            let message = format!("this is not a key: {reason}");
            self.problem(text, kind.chars().count(), message, None)
        })
    }
}

/// The type and the text of a key, without the comment.
fn key_words(text: &str) -> Option<String> {
    let mut words = text.split(BLANKS).filter(|word| !word.is_empty());
    Some(format!("{} {}", words.next()?, words.next()?))
}

fn looks_like_key(text: &str) -> bool {
    let kind = text.split(BLANKS).next().unwrap_or(text);
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        .iter()
        .any(|start| kind.starts_with(start))
        && !kind.contains(['=', '"', ','])
}

/// Where options end: at the first blank outside of quotation marks.
fn end_of_options(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
            }
            '"' => is_quoted = !is_quoted,
            ' ' | '\t' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    (!is_quoted).then_some(text.len())
}
