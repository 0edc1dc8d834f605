//! Host names as inventories write them: with a port behind them, and with ranges.

use crate::model::range::expand;

/// The name and the port of `web01:2222` and `[2001:db8::1]:2222`. What is no name of a host or address
/// otherwise is left whole, as Ansible does.
pub(super) fn split_port(pattern: &str) -> (&str, Option<u32>) {
    let Some((name, digits)) = pattern.rsplit_once(':') else {
        return (pattern, None);
    };
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (name, is_name) = match bracketed {
        Some(inside) => (inside, is_host(inside) || is_ipv6(inside)),
        None => (name, !without_ranges(name).contains([':', '[', ']']) && is_host(name)),
    };
    match digits.parse() {
        Ok(port) if is_number && is_name => (name, Some(port)),
        _ => (pattern, None),
    }
}

/// Every name that a pattern stands for.
///
/// # Errors
/// What is wrong with its range.
pub(super) fn expand_hosts(pattern: &str) -> Result<Vec<String>, String> {
    // A range without its first bound begins at 0.
    let names = expand(&pattern.replace("[:", "[0:")).map_err(|error| error.message)?;
    match names.first() {
        Some(name) if name.contains('[') => Err(format!("`{pattern}` has brackets that are no range")),
        _ => Ok(names),
    }
}

/// Labels of letters, digits, `_` and `-`, with dots between them; ranges may stand for any of these.
fn is_host(text: &str) -> bool {
    without_ranges(text).split('.').all(|label| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == RANGE;
        label.starts_with(is_word) && label.chars().all(|c| is_word(c) || c == '-') && !label.ends_with(['-', '_'])
    })
}

fn is_ipv6(text: &str) -> bool {
    let text = without_ranges(text);
    text.matches(':').count() >= 2
        && text
            .chars()
            .all(|c| c.is_ascii_hexdigit() || ":.".contains(c) || c == RANGE)
}

/// Stands for a range, as no letter of a name does.
const RANGE: char = '\u{1}';

/// The text with one character for each range.
fn without_ranges(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        result.push_str(before);
        match after.split_once(']') {
            Some((inside, after)) if is_range(inside) => {
                result.push(RANGE);
                rest = after;
            }
            _ => {
                result.push('[');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

fn is_range(inside: &str) -> bool {
    let parts: Vec<&str> = inside.split(':').collect();
    let is_bound = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    (2..=3).contains(&parts.len()) && parts.iter().all(is_bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_split_from_what_is_a_name_or_an_address() {
        for (pattern, name, port) in [
            ("web01", "web01", None),
            ("web01:2222", "web01", Some(2222)),
            ("web[01:20].example.org:22", "web[01:20].example.org", Some(22)),
            ("10.0.0.1:2222", "10.0.0.1", Some(2222)),
            ("[2001:db8::1]:2222", "2001:db8::1", Some(2222)),
            ("[web01]:22", "web01", Some(22)),
            ("2001:db8::1", "2001:db8::1", None),
            ("web01:", "web01:", None),
            ("web01-:22", "web01-:22", None),
            ("a b:22", "a b:22", None),
            ("web[1:3]", "web[1:3]", None),
        ] {
            assert_eq!(split_port(pattern), (name, port), "{pattern}");
        }
    }

    #[test]
    fn a_range_may_leave_out_its_first_bound() {
        assert_eq!(expand_hosts("w[:2]").unwrap(), ["w0", "w1", "w2"]);
        assert!(expand_hosts("w[abc]").is_err());
        assert!(expand_hosts("w[5:1]").is_err());
    }
}
