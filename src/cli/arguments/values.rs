//! How values on the command line are read. What is refused says what is expected.

use std::time::Duration;

use crate::model::duration::parse_duration;

/// How fresh package metadata must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshChoice {
    /// Refreshed on every host.
    Always,
    /// Read as it is.
    Never,
    /// Refreshed where it is older.
    OlderThan(Duration),
}

pub(super) fn parse_positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("it must be longer than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn parse_lock_wait(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

pub(super) fn parse_refresh(text: &str) -> Result<RefreshChoice, String> {
    match text {
        "always" => Ok(RefreshChoice::Always),
        "never" => Ok(RefreshChoice::Never),
        other => match other.strip_prefix("older-than=") {
            Some(age) => parse_duration(age)
                .map(RefreshChoice::OlderThan)
                .map_err(|error| error.to_string()),
            None => Err("expected `always`, `never` or `older-than=1h`".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_policy_is_read() {
        assert_eq!(
            parse_refresh("older-than=1h"),
            Ok(RefreshChoice::OlderThan(Duration::from_secs(3600)))
        );
        assert!(parse_refresh("sometimes").is_err());
    }
}
