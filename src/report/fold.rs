//! Folds many names into few words: `web[01:20], db01`. What is shown can be given to `--limit` again. Pure.

/// The names, in their order, with runs of consecutive numbers folded into ranges.
#[must_use]
pub fn fold_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut folded: Vec<String> = Vec::new();
    let mut run: Option<Run<'a>> = None;
    for name in names {
        if !run.as_mut().is_some_and(|open| open.takes(name)) {
            folded.extend(run.take().map(Run::into_text));
            run = Some(Run::new(name));
        }
    }
    folded.extend(run.map(Run::into_text));
    folded
}

/// The folded names in one line; after `limit` parts only the number of the others.
#[must_use]
pub fn fold_line<'a>(names: impl IntoIterator<Item = &'a str>, limit: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let parts = fold_names(names.iter().copied());
    if parts.len() <= limit {
        return parts.join(", ");
    }
    let shown = parts.iter().take(limit).cloned().collect::<Vec<_>>().join(", ");
    let shown_names: usize = parts.iter().take(limit).map(|part| names_in(part)).sum();
    format!("{shown} and {} more", names.len().saturating_sub(shown_names))
}

/// The folded names as far as they fit in that many characters, at least the first; then the number of the others.
#[must_use]
pub fn fold_within<'a>(names: impl IntoIterator<Item = &'a str>, width: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let parts = fold_names(names.iter().copied());
    let mut length = 0;
    let fitting = parts
        .iter()
        .take_while(|part| {
            length += part.chars().count() + 2;
            length <= width + 2
        })
        .count();
    fold_line(names, fitting.max(1))
}

fn names_in(part: &str) -> usize {
    let bounds = part
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .and_then(|(range, _)| range.split_once(':'));
    match bounds.map(|(first, last)| (first.parse::<usize>(), last.parse::<usize>())) {
        Some((Ok(first), Ok(last))) => last.saturating_sub(first) + 1,
        _ => 1,
    }
}

struct Run<'a> {
    first: &'a str,
    parts: Option<Parts<'a>>,
    last: u64,
    length: u64,
}

#[derive(Clone, Copy)]
struct Parts<'a> {
    prefix: &'a str,
    digits: &'a str,
    suffix: &'a str,
    number: u64,
}

impl<'a> Run<'a> {
    fn new(first: &'a str) -> Self {
        let parts = split_number(first);
        Self {
            first,
            parts,
            last: parts.map_or(0, |parts| parts.number),
            length: 1,
        }
    }

    fn takes(&mut self, name: &'a str) -> bool {
        let (Some(own), Some(other)) = (self.parts, split_number(name)) else {
            return false;
        };
        let follows = other.prefix == own.prefix
            && other.suffix == own.suffix
            && other.number == self.last + 1
            && same_width(own.digits, other.digits);
        if follows {
            self.last = other.number;
            self.length += 1;
        }
        follows
    }

    fn into_text(self) -> String {
        match self.parts {
            Some(parts) if self.length > 1 => {
                let width = parts.digits.len();
                format!(
                    "{}[{}:{:0width$}]{}",
                    parts.prefix, parts.digits, self.last, parts.suffix
                )
            }
            _ => self.first.to_owned(),
        }
    }
}

/// `9` and `10` follow each other, `09` and `10` too; `09` and `010` do not.
fn same_width(first: &str, other: &str) -> bool {
    first.len() == other.len() || !(first.starts_with('0') || other.starts_with('0'))
}

fn split_number(name: &str) -> Option<Parts<'_>> {
    let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (head, suffix) = name.split_at_checked(end)?;
    let start = head.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |position| {
        position
            + head
                .get(position..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
    });
    let (prefix, digits) = head.split_at_checked(start)?;
    Some(Parts {
        prefix,
        digits,
        suffix,
        number: digits.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(names: &[&str]) -> String {
        fold_names(names.iter().copied()).join(", ")
    }

    #[test]
    fn consecutive_numbers_become_a_range() {
        assert_eq!(folded(&["web01", "web02", "web03", "db01"]), "web[01:03], db01");
        assert_eq!(folded(&["n9", "n10", "n11"]), "n[9:11]");
        assert_eq!(folded(&["a1.example", "a2.example", "b"]), "a[1:2].example, b");
    }

    #[test]
    fn what_is_not_consecutive_stays_apart() {
        assert_eq!(folded(&["web01", "web03"]), "web01, web03");
        assert_eq!(folded(&["n09", "n010"]), "n09, n010");
        assert_eq!(folded(&["a"]), "a");
    }

    #[test]
    fn names_are_shown_as_far_as_they_fit() {
        let names = ["web01.example.org", "db01.example.org", "mail.example.org"];
        assert_eq!(fold_within(names, 20), "web01.example.org and 2 more");
        assert_eq!(fold_within(names, 35), "web01.example.org, db01.example.org and 1 more");
        assert_eq!(fold_within(names, 99), names.join(", "));
        assert_eq!(fold_within(names, 3), "web01.example.org and 2 more");
    }

    #[test]
    fn beyond_the_limit_only_a_number_is_shown() {
        let names = ["web01", "web02", "a", "b", "c"];
        assert_eq!(fold_line(names, 2), "web[01:02], a and 2 more");
        assert_eq!(fold_line(names, 9), "web[01:02], a, b, c");
    }
}
