//! The options of a line of allowed signers: `cert-authority`, `namespaces`, `valid-after`, `valid-before`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::LineOptions;
use super::time::read_time;
use crate::model::text::{nearest, printable, shorten};

/// What is wrong with options, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OptionProblem {
    /// In bytes from the beginning of the options.
    pub(super) at: usize,
    /// In characters.
    pub(super) length: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

const NAMES: [&str; 4] = ["cert-authority", "namespaces", "valid-after", "valid-before"];

/// Reads the options of a line, which hold no blank outside of quotation marks. Names may be in any case.
pub(super) fn read_options(text: &str, zone: &TimeZone) -> Result<LineOptions, OptionProblem> {
    let mut options = LineOptions::default();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let length = read_option(rest, &mut options, zone).map_err(|mut problem| {
            problem.at += at;
            problem
        })?;
        at += length;
        match text.get(at..).and_then(|rest| rest.chars().next()) {
            None => break,
            Some(',') if at + 1 < text.len() => at += 1,
            Some(',') => return Err(problem(at, 1, "nothing follows the comma", None)),
            Some(_) => return Err(unknown(rest, at - length)),
        }
    }
    match (options.valid_after, options.valid_before) {
        (Some(after), Some(before)) if before <= after => {
            let length = text.chars().count();
            Err(problem(
                0,
                length,
                "`valid-before` is not later than `valid-after`",
                None,
            ))
        }
        _ => Ok(options),
    }
}

fn problem(at: usize, length: usize, message: impl Into<String>, hint: Option<String>) -> OptionProblem {
    OptionProblem {
        at,
        length,
        message: message.into(),
        hint,
    }
}

fn unknown(rest: &str, at: usize) -> OptionProblem {
    let word = rest.split(['=', ',', '"']).next().unwrap_or(rest);
    let hint = match nearest(word, NAMES) {
        Some(name) if name != word => format!("did you mean `{name}`?"),
        _ => format!("there are `{}`", NAMES.join("`, `")),
    };
    let message = format!("`{}` is not an option", shorten(&printable(word), 40));
    problem(at, word.chars().count(), message, Some(hint))
}

/// Reads the option at the beginning; how many bytes it takes.
fn read_option(rest: &str, options: &mut LineOptions, zone: &TimeZone) -> Result<usize, OptionProblem> {
    let starts_with = |name: &str| {
        rest.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    // OpenSSH takes no offence at two commas in a row.
    if rest.starts_with(',') {
        return Ok(0);
    }
    if starts_with("cert-authority") {
        options.is_authority = true;
        return Ok("cert-authority".len());
    }
    for name in ["namespaces", "valid-after", "valid-before"] {
        if !starts_with(name) || !rest[name.len()..].starts_with('=') {
            continue;
        }
        let start = name.len() + 1;
        let (value, length) = unquoted(rest.get(start..).unwrap_or_default()).ok_or_else(|| {
            problem(
                start,
                1,
                format!("the value of `{name}` is not in quotation marks"),
                None,
            )
        })?;
        let is_twice = match name {
            "namespaces" => options.namespaces.replace(value).is_some(),
            "valid-after" => options
                .valid_after
                .replace(time(&value, zone, start, length)?)
                .is_some(),
            _ => options
                .valid_before
                .replace(time(&value, zone, start, length)?)
                .is_some(),
        };
        if is_twice {
            return Err(problem(0, name.len(), format!("`{name}` is there twice"), None));
        }
        return Ok(start + length);
    }
    Err(unknown(rest, 0))
}

fn time(value: &str, zone: &TimeZone, at: usize, length: usize) -> Result<Timestamp, OptionProblem> {
    read_time(value, zone).ok_or_else(|| {
        let hint = "write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a `Z` behind it for UTC";
        let message = format!("`{}` is not a time", shorten(&printable(value), 40));
        problem(at, length, message, Some(hint.to_owned()))
    })
}

/// The text in the quotation marks that begin here, and how many bytes it takes with them.
fn unquoted(text: &str) -> Option<(String, usize)> {
    let mut characters = text.char_indices().peekable();
    let Some((_, '"')) = characters.next() else {
        return None;
    };
    let mut value = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, at + 1)),
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                value.push('"');
            }
            other => value.push(other),
        }
    }
    None
}
