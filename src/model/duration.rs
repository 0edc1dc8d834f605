//! Durations as users write them: `30s`, `2m`, `1h30m`, `3d`.
//!
//! What is printed can be read again and means the same.

use std::time::Duration;

/// The longest duration that is accepted: a year. More is a slip of the pen, and sums stay far from overflow.
const LONGEST_SECONDS: u64 = 366 * 24 * 60 * 60;

/// Each unit with its length in milliseconds, the longest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a duration: {reason}")]
pub struct InvalidDuration {
    /// The text, with control characters made visible.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Reads a duration: whole numbers, each with its unit (`d`, `h`, `m`, `s`, `ms`), the longest unit first.
///
/// # Errors
/// When a number or a unit is missing, a unit comes twice or in the wrong order, or the whole is longer
/// than a year.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let error = |reason| InvalidDuration {
        text: super::text::printable(text),
        reason,
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(error("it is empty"));
    }
    let mut units = UNITS.iter();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        if number.is_empty() {
            return Err(error("a number is missing before the unit"));
        }
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if unit.is_empty() {
            return Err(error("a unit is missing after the number"));
        }
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(error("the units are `d`, `h`, `m`, `s` and `ms`"));
        }
        let Some((_, length)) = units.find(|(name, _)| *name == unit) else {
            return Err(error("each unit stands once, the longest first"));
        };
        let number: u64 = number.parse().map_err(|_| error("it is longer than a year"))?;
        total = number
            .checked_mul(*length)
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LONGEST_SECONDS * 1_000)
            .ok_or_else(|| error("it is longer than a year"))?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration the way it is read. What is shorter than a millisecond is left out.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, length) in UNITS {
        let number = rest / length;
        if number > 0 {
            text.push_str(&format!("{number}{unit}"));
        }
        rest %= length;
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// An age of whole seconds in words, as coarse as ages are spoken of: `45 s`, `12 min`, `3 h`, `4 days`.
#[must_use]
pub fn age_in_words(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_the_manual_writes_them() {
        for (text, seconds) in [
            ("30s", 30),
            ("2m", 120),
            ("1h30m", 5400),
            ("1h 30m", 5400),
            ("3d", 259_200),
            ("0s", 0),
            ("90m", 5400),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        for text in [
            "",
            " ",
            "30",
            "s",
            "1.5h",
            "-1s",
            "5 minutes",
            "30m1h",
            "1m1m",
            "1y",
            "99999999999999999999s",
            "367d",
            "１s",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_lose_what_nobody_wants_to_know() {
        let ages = [0, 119, 120, 7_261, 172_799, 200_000].map(age_in_words);
        assert_eq!(ages, ["0 s", "119 s", "2 min", "2 h", "47 h", "2 days"]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_the_same(milliseconds in 0u64..LONGEST_SECONDS * 1_000) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = parse_duration(&text);
        }
    }
}
