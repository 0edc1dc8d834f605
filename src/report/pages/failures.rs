//! Failures, first on every page: who, what, and what to do; equal ones once.

use crate::model::error::HostError;
use crate::report::fold::fold_line;
use crate::report::page::{Line, Tone};

/// As many names as are shown of hosts that share an error.
const NAMES: usize = 6;

/// A host's failure.
#[derive(Debug, Clone)]
pub struct Failure<'a> {
    /// The host's name.
    pub host: &'a str,
    /// What went wrong.
    pub error: &'a HostError,
    /// The lines of a log that tell why.
    pub excerpt: &'a [String],
}

/// The failures as lines. Hosts that share an error and its log stand in one entry.
#[must_use]
pub fn failure_lines(failures: &[Failure<'_>]) -> Vec<Line> {
    let mut groups: Vec<(Vec<&str>, &Failure<'_>)> = Vec::new();
    for failure in failures {
        match groups.iter_mut().find(|(_, first)| is_same(first, failure)) {
            Some((names, _)) => names.push(failure.host),
            None => groups.push((vec![failure.host], failure)),
        }
    }
    groups
        .iter()
        .flat_map(|(names, failure)| group_lines(names, failure))
        .collect()
}

fn is_same(one: &Failure<'_>, other: &Failure<'_>) -> bool {
    one.error.code == other.error.code
        && without_host(one) == without_host(other)
        && one.error.hint.replace(one.host, "") == other.error.hint.replace(other.host, "")
        && one.excerpt == other.excerpt
}

/// Messages name the address, which differs between hosts with the same trouble: every number counts as the same.
fn without_host(failure: &Failure<'_>) -> String {
    without_numbers(&failure.error.message.replace(failure.host, ""))
}

/// The text with every number made the same.
pub(super) fn without_numbers(text: &str) -> String {
    let mut folded = String::new();
    for character in text.chars() {
        let is_digit = character.is_ascii_digit();
        if !(is_digit && folded.ends_with('0')) {
            folded.push(if is_digit { '0' } else { character });
        }
    }
    folded
}

fn group_lines(names: &[&str], failure: &Failure<'_>) -> Vec<Line> {
    let who = fold_line(names.iter().copied(), NAMES);
    let number = if names.len() > 1 {
        format!(" ({} hosts)", names.len())
    } else {
        String::new()
    };
    let mut lines = vec![
        Line::new(0, who, Tone::Strong)
            .and(number, Tone::Plain)
            .and(format!("  {}", failure.error.code), Tone::Bad)
            .and(format!(": {}", failure.error.message), Tone::Plain),
    ];
    lines.extend(failure.excerpt.iter().map(|line| Line::new(4, line, Tone::Plain)));
    if !failure.error.hint.is_empty() {
        lines.push(Line::new(4, format!("→ {}", failure.error.hint), Tone::Quiet));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::ErrorCode;

    #[test]
    fn hosts_with_the_same_trouble_share_an_entry() {
        let errors: Vec<HostError> = (9..=11)
            .map(|number| HostError::new(ErrorCode::Connect, format!("10.0.0.{number}:22 refused"), "start sshd"))
            .collect();
        let names = ["web01", "web02", "web03"];
        let failures: Vec<Failure<'_>> = names
            .iter()
            .zip(&errors)
            .map(|(host, error)| Failure {
                host,
                error,
                excerpt: &[],
            })
            .collect();
        let lines = failure_lines(&failures);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0].texts[0].words, "web[01:03]");
    }
}
