//! Makes foreign text safe to show: nothing a host prints may move a cursor, set a title or end a line.

/// The text with every control character, escape sequence introducer and bidirectional override made
/// visible or dropped. Line breaks become `␤`; tabs become one blank.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(printable_character).collect()
}

/// As [`printable`], but keeps line breaks: for blocks of output.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| printable(line.trim_end_matches('\r')))
        .collect();
    lines.join("\n")
}

fn printable_character(character: char) -> char {
    match character {
        '\n' => '␤',
        '\t' => ' ',
        // Bidirectional controls can make a line read as something else (CVE-2021-42574).
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}' => '\u{fffd}',
        // Zero-width characters and line separators hide or break text.
        '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => '\u{fffd}',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

/// The first `limit` characters, with an ellipsis where something was cut.
#[must_use]
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The nearest of the candidates, when one is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lowered, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| {
            let (longest, shortest) = sorted(word.chars().count(), candidate.chars().count());
            // A word of which nothing is left was not meant.
            *distance <= (longest / 3).max(1) && *distance < shortest.max(1)
        })
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

fn sorted(one: usize, other: usize) -> (usize, usize) {
    (one.max(other), one.min(other))
}

/// `1 host`, `2 hosts`: a count with its word in the right number.
#[must_use]
pub fn count(number: usize, singular: &str) -> String {
    if number == 1 {
        format!("1 {singular}")
    } else {
        format!("{number} {singular}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_terminal_survives() {
        let shown = printable("a\u{1b}]0;title\u{7}b\u{9b}31mc\rd\u{202e}e");
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'), "{shown:?}");
        assert_eq!(printable_lines("one\r\ntwo\u{1b}[2J\n"), "one\ntwo\u{fffd}[2J");
    }

    #[test]
    fn the_nearest_word_is_one_that_was_meant() {
        assert_eq!(nearest("hsots", ["hosts", "groups", "defaults"]), Some("hosts"));
        assert_eq!(nearest("web10", ["web01", "db01"]), Some("web01"));
        assert_eq!(nearest("zzzz", ["hosts", "groups"]), None);
        assert_eq!(nearest("c", ["a", "b"]), None);
    }
}
