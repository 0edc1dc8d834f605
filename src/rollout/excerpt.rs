//! Picks the lines of a job's log that tell why it failed. Pure.

use crate::model::text::printable;

/// As many lines as fit the eye beside a host's name.
const LINES: usize = 5;

/// As many lines as the ledger keeps of a failed job; a failed transaction of a large upgrade prints some hundred.
const KEPT_LINES: usize = 500;

const TELLING: [&str; 12] = [
    "error",
    "err:",
    "e: ",
    "fail",
    "cannot",
    "could not",
    "unable",
    "no space",
    "conflict",
    "not found",
    "broken",
    "denied",
];

/// The lines that matter, in their order and safe to show: the last ones that speak of an error, else the last ones.
#[must_use]
pub fn excerpt(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.trim().is_empty())
        .collect();
    let telling: Vec<&str> = lines.iter().copied().filter(|line| is_telling(line)).collect();
    let chosen = if telling.is_empty() { lines } else { telling };
    let skipped = chosen.len().saturating_sub(LINES);
    chosen.into_iter().skip(skipped).map(printable).collect()
}

/// The end of the log, safe to show: what the ledger keeps of a job that failed.
#[must_use]
pub fn last_lines(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().map(str::trim_end).collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(KEPT_LINES))
        .map(|line| printable(line))
        .collect()
}

fn is_telling(line: &str) -> bool {
    let line = line.to_lowercase();
    TELLING.iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_speak_of_an_error_come_before_the_last_ones() {
        let log = "Reading package lists...\ndpkg: error processing package pw-fail (--configure):\n\
                   Processing triggers for man-db\nE: Sub-process /usr/bin/dpkg returned an error code (1)\nDone\n\n";
        let lines = excerpt(log);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("dpkg: error"), "{lines:?}");
    }

    #[test]
    fn without_a_telling_line_the_last_ones_are_shown() {
        let log = (1..=9).map(|number| format!("line {number}\n")).collect::<String>();
        assert_eq!(excerpt(&log), ["line 5", "line 6", "line 7", "line 8", "line 9"]);
    }
}
