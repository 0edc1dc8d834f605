//! The patterns of ssh_config(5), which `allowed_signers` uses too: `*` and `?`, lists separated by commas, and
//! negation.

use std::collections::BTreeSet;

/// OpenSSH takes no longer pattern out of a list.
const LONGEST: usize = 1023;

/// Whether a pattern fits the whole text, byte by byte as OpenSSH compares. Upper and lower case differ. Takes time
/// in proportion to the product of both lengths at most.
#[must_use]
pub fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut pattern_at) = (0, 0);
    // Where to go on when the last `*` has to take one character more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(pattern_at), text.get(at)) {
            (Some(b'*'), _) => {
                retry = Some((pattern_at, at));
                pattern_at += 1;
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if *wanted == b'?' || wanted == found => {
                pattern_at += 1;
                at += 1;
            }
            _ => match retry {
                Some((star, from)) if from < text.len() => {
                    retry = Some((star, from + 1));
                    pattern_at = star + 1;
                    at = from + 1;
                }
                _ => return false,
            },
        }
    }
}

/// Whether a list of patterns picks a text: one fits, and none that is negated does.
#[must_use]
pub fn picks(text: &str, list: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        if pattern.len() > LONGEST {
            return false;
        }
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(text, pattern) => return false,
            Some(_) => {}
            None => found = found || matches(text, pattern),
        }
    }
    found
}

/// Whether a pattern fits at least one text that begins like this.
#[must_use]
pub fn fits_a_text_with(beginning: &str, pattern: &str) -> bool {
    let pattern = pattern.as_bytes();
    // Every place of the pattern that may be reached with what was read.
    let mut places = beyond_stars(BTreeSet::from([0]), pattern);
    for byte in beginning.as_bytes() {
        let next = places.iter().filter_map(|place| match pattern.get(*place) {
            Some(b'*') => Some(*place),
            Some(wanted) if *wanted == b'?' || wanted == byte => Some(place + 1),
            _ => None,
        });
        places = beyond_stars(next.collect(), pattern);
    }
    !places.is_empty()
}

/// A `*` may fit nothing.
fn beyond_stars(places: BTreeSet<usize>, pattern: &[u8]) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    for mut place in places {
        while all.insert(place) && pattern.get(place) == Some(&b'*') {
            place += 1;
        }
    }
    all
}

/// As [`picks`], with upper and lower case alike.
#[must_use]
pub fn picks_in_any_case(text: &str, list: &str) -> bool {
    picks(&text.to_ascii_lowercase(), &list.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_the_manual() {
        for (text, pattern) in [
            ("a.co.uk", "*.co.uk"),
            ("192.168.0.7", "192.168.0.?"),
            ("", "*"),
            ("abc", "a*c"),
            ("aXbXc", "a*b*c"),
            ("aab", "*ab"),
        ] {
            assert!(matches(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [("co.uk", "*.co.uk"), ("A", "a"), ("", "?"), ("ab", "a"), ("abd", "a*c")] {
            assert!(!matches(text, pattern), "{text} {pattern}");
        }
        let long = "a".repeat(2000);
        assert!(!matches(&long, &format!("{}b", "*a".repeat(200))));
    }

    #[test]
    fn a_pattern_may_fit_what_only_begins() {
        for pattern in ["*", "*@corp", "al*", "alice@*", "alice@corp", "a?ice@c*p", "**e@x"] {
            assert!(fits_a_text_with("alice@", pattern), "{pattern}");
        }
        for pattern in ["", "alice", "bob@*", "*-ci", "a?ce@corp"] {
            let is_star = pattern.starts_with('*');
            assert_eq!(fits_a_text_with("alice@", pattern), is_star, "{pattern}");
        }
    }

    #[test]
    fn what_is_negated_is_never_picked() {
        assert!(picks("web", "db,web"));
        assert!(!picks("web", "!web,*"));
        assert!(!picks("web", "*,!web"));
        assert!(!picks("web", "!db"));
        assert!(picks_in_any_case("Web", "wEb"));
    }
}
