//! The times of allowed signers: `YYYYMMDD[HHMM[SS]]`, in the zone of the machine, or with `Z` in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a time; `None` when it is none. A day that no calendar has is none.
pub(super) fn read_time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let upper = text.to_ascii_uppercase();
    let (digits, zone) = match upper.strip_suffix('Z').or_else(|| upper.strip_suffix("UTC")) {
        Some(digits) => (digits, TimeZone::UTC),
        None => (upper.as_str(), zone.clone()),
    };
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, length: usize| match digits.get(from..from + length) {
        Some(part) => part.parse::<i16>().ok(),
        None => Some(0),
    };
    let small = |from: usize| number(from, 2).and_then(|number| i8::try_from(number).ok());
    let time = DateTime::new(
        number(0, 4)?,
        small(4)?,
        small(6)?,
        small(8)?,
        small(10)?,
        small(12)?,
        0,
    )
    .ok()?;
    // Where clocks are set forward or back, as mktime(3) decides.
    Some(time.to_zoned(zone).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_their_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text| read_time(text, &berlin).map(|time| time.to_string());
        for (text, expected) in [
            ("20260701", "2026-06-30T22:00:00Z"),
            ("20260701Z", "2026-07-01T00:00:00Z"),
            ("202607011230", "2026-07-01T10:30:00Z"),
            ("20260701123059z", "2026-07-01T12:30:59Z"),
            ("202607011230UTC", "2026-07-01T12:30:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "Z",
            "2026",
            "20261301",
            "20260230",
            "2026-07-01",
            "+2026070",
            "202607012",
            "20260701246060",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
