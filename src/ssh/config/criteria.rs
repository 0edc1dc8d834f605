//! The criteria of `Match`.

use super::line::Words;
use super::tokens;
use crate::model::text::nearest;

/// One criterion, or its opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) is_negated: bool,
    pub(super) criterion: Criterion,
}

/// What is asked. Lists are those of patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Criterion {
    All,
    Canonical,
    Final,
    Host(String),
    OriginalHost(String),
    User(String),
    LocalUser(String),
    Tagged(String),
    /// A command with tokens.
    Exec(String),
    /// The kind of session; ours runs a program.
    SessionType(String),
    /// A criterion that cannot be answered here: its name.
    NotSupported(String),
}

/// A mistake: where it is, in bytes of the line, and how long; what; what to do.
pub(super) struct Mistake {
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

const NAMES: [&str; 13] = [
    "all",
    "canonical",
    "final",
    "host",
    "originalhost",
    "user",
    "localuser",
    "tagged",
    "exec",
    "localnetwork",
    "sessiontype",
    "command",
    "version",
];

/// Reads what stands behind `Match` in a line.
pub(super) fn read(line: &str, offset: usize) -> Result<Vec<Condition>, Mistake> {
    let mut words = Words::new(line, offset);
    let mut conditions = Vec::new();
    while let Some(word) = words.take().filter(|word| !word.text.is_empty()) {
        if word.text.starts_with('#') {
            break;
        }
        let mistake = |message: String, hint: Option<String>| Mistake {
            offset: word.offset,
            length: word.text.chars().count(),
            message,
            hint,
        };
        let (is_negated, name) = match word.text.strip_prefix('!') {
            Some(name) => (true, name),
            None => (false, word.text.as_str()),
        };
        let name = name.to_ascii_lowercase();
        let mut argument = || words.take().map(|word| word.text);
        let criterion = match name.as_str() {
            "all" => {
                let follows = argument().is_some_and(|text| !text.is_empty() && !text.starts_with('#'));
                if conditions.len() > 1 || follows {
                    let hint = "leave the other criteria out, or leave `all` out".to_owned();
                    return Err(mistake("`all` stands alone".to_owned(), Some(hint)));
                }
                conditions.push(Condition {
                    is_negated,
                    criterion: Criterion::All,
                });
                return Ok(conditions);
            }
            "canonical" => Criterion::Canonical,
            "final" => Criterion::Final,
            _ if !NAMES.contains(&name.as_str()) => {
                let near = nearest(&name, NAMES).map(|near| format!("did you mean `{near}`?"));
                return Err(mistake(format!("`{name}` is not a criterion of `Match`"), near));
            }
            _ => {
                let list = argument().filter(|text| !text.is_empty() && !text.starts_with('#'));
                let Some(list) = list else {
                    return Err(mistake(format!("`{name}` has no value"), None));
                };
                with_argument(&name, list).map_err(|message| mistake(message, None))?
            }
        };
        conditions.push(Condition { is_negated, criterion });
    }
    if conditions.is_empty() {
        return Err(Mistake {
            offset,
            length: 0,
            message: "`Match` has no criterion".to_owned(),
            hint: Some("`Match all` is for every host".to_owned()),
        });
    }
    Ok(conditions)
}

fn with_argument(name: &str, value: String) -> Result<Criterion, String> {
    Ok(match name {
        "host" => Criterion::Host(value),
        "originalhost" => Criterion::OriginalHost(value),
        "user" => Criterion::User(value),
        "localuser" => Criterion::LocalUser(value),
        "tagged" => Criterion::Tagged(value),
        "sessiontype" => Criterion::SessionType(value),
        "exec" => {
            tokens::check(&value, tokens::ALL)?;
            Criterion::Exec(value)
        }
        other => Criterion::NotSupported(other.to_owned()),
    })
}
