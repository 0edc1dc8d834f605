//! Reads the values of directives, as strictly as OpenSSH does.

use std::time::Duration;

use super::destination::{parse_jump, port};
use super::directive::Value;
use super::keyword::{Keyword, Shape};
use crate::model::ssh_options::{AddressFamily, UnknownHostKeys};
use crate::model::text::nearest;

/// Why a value is refused: what, and what to do.
pub(super) type Refusal = (String, Option<String>);

/// Most files of known hosts.
const MOST_FILES: usize = 32;

/// Whether a directive takes one word, rather than a list or the rest of its line.
pub(super) fn takes_one(keyword: Keyword) -> bool {
    !matches!(
        keyword,
        Keyword::UserKnownHostsFile
            | Keyword::GlobalKnownHostsFile
            | Keyword::ProxyCommand
            | Keyword::ProxyJump
            | Keyword::NotHonoured(_)
    )
}

/// The value of a directive that takes one word; `None` when it is as if it were not there.
pub(super) fn one(keyword: Keyword, text: &str) -> Result<Option<Value>, Refusal> {
    let value = match keyword {
        Keyword::Port => Value::Port(port(text).ok_or_else(|| plain(text, "a port from 1 to 65535"))?),
        Keyword::ConnectTimeout | Keyword::ServerAliveInterval => match text {
            "none" => return Ok(None),
            _ => Value::Time(time(text).ok_or_else(|| plain(text, "a time such as `30` or `1m30s`"))?),
        },
        Keyword::ServerAliveCountMax => Value::Count(count(text).ok_or_else(|| plain(text, "a number"))?),
        Keyword::IdentitiesOnly | Keyword::PasswordAuthentication | Keyword::KbdInteractiveAuthentication => {
            Value::Flag(flag(text)?)
        }
        Keyword::PubkeyAuthentication => match text.to_ascii_lowercase().as_str() {
            "unbound" | "host-bound" => Value::Flag(true),
            _ => Value::Flag(flag(text)?),
        },
        Keyword::StrictHostKeyChecking => Value::UnknownHostKeys(choice(
            text,
            &[
                ("yes", UnknownHostKeys::Refuse),
                ("ask", UnknownHostKeys::Refuse),
                ("accept-new", UnknownHostKeys::Accept),
                ("no", UnknownHostKeys::Accept),
                ("off", UnknownHostKeys::Accept),
                ("true", UnknownHostKeys::Refuse),
                ("false", UnknownHostKeys::Accept),
            ],
        )?),
        Keyword::AddressFamily => Value::AddressFamily(choice(
            text,
            &[
                ("any", AddressFamily::Any),
                ("inet", AddressFamily::Inet),
                ("inet6", AddressFamily::Inet6),
            ],
        )?),
        _ => Value::Text(text.to_owned()),
    };
    Ok(Some(value))
}

/// The files of known hosts.
pub(super) fn files(words: Vec<String>) -> Result<Value, Refusal> {
    let has_none = words.iter().any(|word| word.eq_ignore_ascii_case("none"));
    match (has_none, words.len()) {
        (true, 1) => Ok(Value::Files(Vec::new())),
        (true, _) => Err(("`none` stands alone".to_owned(), None)),
        (false, many) if many > MOST_FILES => Err((format!("there are more than {MOST_FILES} files"), None)),
        (false, _) => Ok(Value::Files(words)),
    }
}

/// The rest of the line behind `ProxyCommand` or `ProxyJump`.
pub(super) fn proxy(keyword: Keyword, rest: &str) -> Result<Value, Refusal> {
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '=']);
    if keyword == Keyword::ProxyCommand {
        let is_none = rest.eq_ignore_ascii_case("none");
        return Ok(Value::Command((!is_none).then(|| rest.to_owned())));
    }
    let jump = parse_jump(rest).ok_or_else(|| {
        let hint = "write `[user@]host[:port]`, several with commas and without blanks, or `none`";
        (format!("`{rest}` is no way through other hosts"), Some(hint.to_owned()))
    })?;
    Ok(Value::Jump(jump))
}

/// Checks the arguments of a directive that has no say.
pub(super) fn shape(shape: Shape, words: &[String]) -> Result<(), Refusal> {
    match (shape, words) {
        (Shape::Flag, [word]) => flag(word).map(drop),
        _ => Ok(()),
    }
}

fn plain(text: &str, expected: &str) -> Refusal {
    (format!("`{text}` is not {expected}"), None)
}

fn flag(text: &str) -> Result<bool, Refusal> {
    choice(text, &[("yes", true), ("no", false), ("true", true), ("false", false)])
}

fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, Refusal> {
    let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<String> = choices
            .iter()
            .map(|(word, _)| *word)
            .filter(|word| !matches!(*word, "true" | "false"))
            .map(|word| format!("`{word}`"))
            .collect();
        let near = nearest(text, choices.iter().map(|(word, _)| *word));
        let message = format!("`{text}` is not one of {}", words.join(", "));
        (message, near.map(|near| format!("did you mean `{near}`?")))
    })
}

fn count(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| i32::try_from(*number).is_ok())
}

/// A time as sshd_config(5) has them: numbers with `s`, `m`, `h`, `d` or `w`, added up.
fn time(text: &str) -> Option<Duration> {
    let mut total: u32 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, unit) = rest.split_at(end);
        let number: u32 = digits.parse().ok()?;
        let mut characters = unit.chars();
        let seconds = match characters.next().map(|unit| unit.to_ascii_lowercase()) {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            Some(_) => return None,
        };
        total = total.checked_add(number.checked_mul(seconds)?)?;
        rest = characters.as_str();
    }
    let is_number = !text.is_empty() && i32::try_from(total).is_ok();
    is_number.then(|| Duration::from_secs(u64::from(total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_added_up() {
        for (text, seconds) in [("0", 0), ("90", 90), ("1h30M", 5400), ("1w2d3h4m5s6", 788_651)] {
            assert_eq!(time(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "1.5", "-1", "1y", "m", "99999999999", "2147483648"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
