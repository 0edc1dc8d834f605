//! The files that a pattern of `Include` stands for, as glob(3) finds them: `*`, `?` and `[…]` within one
//! component of the path, names that begin with a dot only when the pattern says so, sorted by bytes.

use std::path::{Path, PathBuf};

use super::surroundings::Surroundings;

/// More files than anybody includes.
const MOST_FILES: usize = 4096;

/// Every file that an absolute pattern stands for.
pub(super) fn find(pattern: &str, surroundings: &dyn Surroundings) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for component in pattern.split('/').filter(|component| !component.is_empty()) {
        let mut next = Vec::new();
        for folder in &found {
            if component.contains(['*', '?', '[']) {
                let mut names = surroundings.list(folder);
                names.retain(|name| fits(name, component));
                names.sort();
                next.extend(names.iter().map(|name| folder.join(name)));
            } else {
                next.push(folder.join(component.replace('\\', "")));
            }
        }
        next.truncate(MOST_FILES);
        found = next;
    }
    found.retain(|path| surroundings.exists(path));
    found
}

/// Where a pattern begins that is relative, or begins with `~`; `None` for a user who does not exist.
pub(super) fn anchored(pattern: &str, folder: &Path, surroundings: &dyn Surroundings) -> Option<String> {
    if let Some(rest) = pattern.strip_prefix('~') {
        return tilde(rest, surroundings);
    }
    if pattern.starts_with('/') {
        return Some(pattern.to_owned());
    }
    Some(format!("{}/{pattern}", folder.display()))
}

/// A path whose leading `~` or `~user` was taken away, from that home on.
pub(super) fn tilde(rest: &str, surroundings: &dyn Surroundings) -> Option<String> {
    let (user, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let home = if user.is_empty() {
        surroundings.account().home.clone()
    } else {
        surroundings.home_of(user)?
    };
    Some(format!("{}{path}", home.display()))
}

fn fits(name: &str, pattern: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let pattern: Vec<Part> = parts(pattern);
    let mut reached: Vec<bool> = std::iter::once(true).chain(name.iter().map(|_| false)).collect();
    for part in &pattern {
        let mut next = vec![false; reached.len()];
        let mut any_before = false;
        for (position, slot) in next.iter_mut().enumerate() {
            let before = position.checked_sub(1);
            any_before = any_before || reached.get(position) == Some(&true);
            *slot = match part {
                Part::Many => any_before,
                Part::One(wanted) => before.is_some_and(|before| {
                    reached.get(before) == Some(&true) && name.get(before).is_some_and(|found| wanted.holds(*found))
                }),
            };
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

enum Part {
    Many,
    One(Wanted),
}

enum Wanted {
    Any,
    Only(char),
    Ranges { negated: bool, ranges: Vec<(char, char)> },
}

impl Wanted {
    fn holds(&self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::Only(wanted) => *wanted == character,
            Self::Ranges { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *negated
            }
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        parts.push(match character {
            '*' => Part::Many,
            '?' => Part::One(Wanted::Any),
            '\\' => Part::One(Wanted::Only(rest.next().unwrap_or('\\'))),
            '[' => match bracket(rest.as_str()) {
                Some((wanted, after)) => {
                    rest = after.chars();
                    Part::One(wanted)
                }
                None => Part::One(Wanted::Only('[')),
            },
            other => Part::One(Wanted::Only(other)),
        });
    }
    parts
}

/// What stands in brackets, and what follows them.
fn bracket(text: &str) -> Option<(Wanted, &str)> {
    let inner = text.strip_prefix(['!', '^']);
    let (negated, inner) = (inner.is_some(), inner.unwrap_or(text));
    // A bracket in the first place stands for itself.
    let first = inner.chars().next()?;
    let close = inner.get(first.len_utf8()..)?.find(']')? + first.len_utf8();
    let members: Vec<char> = inner.get(..close)?.chars().collect();
    let mut ranges = Vec::new();
    let mut position = 0;
    while let Some(from) = members.get(position) {
        match (members.get(position + 1), members.get(position + 2)) {
            (Some('-'), Some(to)) => {
                ranges.push((*from, *to));
                position += 3;
            }
            _ => {
                ranges.push((*from, *from));
                position += 1;
            }
        }
    }
    Some((Wanted::Ranges { negated, ranges }, inner.get(close + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_as_in_glob() {
        for (name, pattern) in [
            ("a.conf", "*.conf"),
            ("10-x", "[0-9]?-*"),
            ("b", "[!a]"),
            ("]", "[]]"),
            (".x", ".*"),
        ] {
            assert!(fits(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [(".x", "*"), ("a", "[!a]"), ("a.conf~", "*.conf"), ("a", "[b-z]")] {
            assert!(!fits(name, pattern), "{name} {pattern}");
        }
    }
}
