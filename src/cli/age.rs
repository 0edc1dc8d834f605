//! How long ago something was, in words.

use jiff::Timestamp;

/// `40 s`, `3 min`, `5 h`, `12 days`: two at least of every unit above the second. What lies ahead is `0 s` old.
#[must_use]
pub fn age_in_words(now: Timestamp, time: Timestamp) -> String {
    let seconds = now.duration_since(time).as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let age = |seconds: i64| age_in_words(Timestamp::from_second(seconds).unwrap(), Timestamp::UNIX_EPOCH);
        assert_eq!(age(119), "119 s");
        assert_eq!(age(120), "2 min");
        assert_eq!(age(3 * 3600), "3 h");
        assert_eq!(age(172_800), "2 days");
        assert_eq!(age(-5), "0 s");
    }
}
