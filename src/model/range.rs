//! Ranges in names: `web[01:20]`, `web[01:20:2]`, `rack-[a:c]-[1:4]`. Each stands for many names.
//!
//! A range is a list of names written short: it never means a name that was not spelt out by its bounds.

/// Most names that one text may stand for, and most hosts of one inventory.
pub const MOST_NAMES: usize = 100_000;

/// Why a text with brackets is not a range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidRange {
    /// Where the bracket is, in characters from 0.
    pub offset: usize,
    /// What is wrong with it, in a sentence.
    pub message: String,
}

/// Whether a text holds a range: a pair of brackets with a colon in it.
#[must_use]
pub fn has_range(text: &str) -> bool {
    text.split('[')
        .skip(1)
        .any(|rest| rest.split_once(']').is_some_and(|(inside, _)| inside.contains(':')))
}

/// Every name that a text stands for, in order; the text itself when it holds no range. Brackets without
/// a colon are left as they are.
///
/// # Errors
/// When a range has no bounds, runs backwards or mixes letters and digits, or the text stands for more
/// than [`MOST_NAMES`] names.
pub fn expand(text: &str) -> Result<Vec<String>, InvalidRange> {
    let mut names = vec![String::new()];
    let mut rest = text;
    while let Some((literal, range, after, offset)) = next_range(text, rest) {
        let words = words_of(range).map_err(|message| InvalidRange { offset, message })?;
        if names.len().saturating_mul(words.len()) > MOST_NAMES {
            return Err(InvalidRange {
                offset,
                message: format!("`{text}` stands for more than 100,000 names"),
            });
        }
        names = names
            .iter()
            .flat_map(|name| words.iter().map(move |word| format!("{name}{literal}{word}")))
            .collect();
        rest = after;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// What stands before the next range, what is inside it, what follows, and the offset of its bracket.
fn next_range<'text>(text: &str, rest: &'text str) -> Option<(&'text str, &'text str, &'text str, usize)> {
    let mut from = 0;
    while let Some(open) = rest.get(from..)?.find('[').map(|found| from + found) {
        let (inside, after) = rest.get(open + 1..)?.split_once(']')?;
        if inside.contains(':') {
            let before = text.len() - rest.len() + open;
            let offset = text.get(..before)?.chars().count();
            return Some((rest.get(..open)?, inside, after, offset));
        }
        from = open + 1;
    }
    None
}

/// The words of the inside of one pair of brackets.
fn words_of(range: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match parts.as_slice() {
        [first, last] => (*first, *last, 1),
        [first, last, step] => {
            let step = step.parse::<usize>().ok().filter(|step| *step > 0);
            (
                *first,
                *last,
                step.ok_or_else(|| format!("the step of `[{range}]` must be a whole number above 0"))?,
            )
        }
        _ => {
            return Err(format!(
                "`[{range}]` is not a range; it is written `[01:20]` or `[01:20:2]`"
            ));
        }
    };
    if let (Some(first), Some(last)) = (letter(first), letter(last)) {
        if first.is_ascii_lowercase() != last.is_ascii_lowercase() {
            return Err(format!("`[{range}]` mixes capital and small letters"));
        }
        let words: Vec<String> = (first..=last).step_by(step).map(String::from).collect();
        return if words.is_empty() {
            Err(backwards(range))
        } else {
            Ok(words)
        };
    }
    numbers(range, first, last, step)
}

fn numbers(range: &str, first: &str, last: &str, step: usize) -> Result<Vec<String>, String> {
    let number =
        |text: &str| {
            text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten().ok_or_else(|| {
            format!("`[{range}]` is not a range; its bounds are two numbers or two letters, as in `[01:20]` or `[a:f]`")
        })
        };
    let (from, to) = (number(first)?, number(last)?);
    let is_padded = first.len() > 1 && first.starts_with('0');
    if is_padded && first.len() != last.len() {
        return Err(format!(
            "both bounds of `[{range}]` need the same number of digits, as in `[001:100]`"
        ));
    }
    if from > to {
        return Err(backwards(range));
    }
    if (to - from) / step as u64 >= MOST_NAMES as u64 {
        return Err(format!("`[{range}]` stands for more than 100,000 names"));
    }
    let width = if is_padded { first.len() } else { 0 };
    Ok((from..=to)
        .step_by(step)
        .map(|number| format!("{number:0width$}"))
        .collect())
}

fn letter(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters
        .next()
        .filter(|c| c.is_ascii_alphabetic() && characters.next().is_none())
}

fn backwards(range: &str) -> String {
    format!("`[{range}]` runs backwards; the smaller bound comes first")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(text: &str) -> String {
        expand(text).unwrap().join(" ")
    }

    #[test]
    fn a_range_is_every_name_between_its_bounds() {
        assert_eq!(expanded("web[01:03]"), "web01 web02 web03");
        assert_eq!(expanded("web[8:11]"), "web8 web9 web10 web11");
        assert_eq!(expanded("web[098:101]"), "web098 web099 web100 web101");
        assert_eq!(
            expanded("web[01:07:3].example.org"),
            "web01.example.org web04.example.org web07.example.org"
        );
        assert_eq!(expanded("rack-[a:c]"), "rack-a rack-b rack-c");
        assert_eq!(expanded("r[a:b]n[1:2]"), "ran1 ran2 rbn1 rbn2");
        assert_eq!(expanded("web[0:1]"), "web0 web1");
        assert_eq!(expanded("web01"), "web01");
        assert_eq!(
            expanded("web[abc]*"),
            "web[abc]*",
            "a set of characters is left to the globs"
        );
    }

    #[test]
    fn a_range_that_could_be_misread_is_refused() {
        for text in [
            "w[5:1]",
            "w[01:100]",
            "w[1:]",
            "w[:5]",
            "w[a:9]",
            "w[a:F]",
            "w[1:5:0]",
            "w[1:5:1:1]",
            "w[ab:cd]",
            "w[-1:5]",
        ] {
            let error = expand(text).unwrap_err();
            assert_eq!(error.offset, 1, "{text}");
        }
    }

    #[test]
    fn the_number_of_names_is_bounded_before_they_are_made() {
        assert!(expand("w[1:18446744073709551615]").is_err());
        assert!(expand("w[1:1000][1:1000]").is_err());
        assert_eq!(expand("w[1:100000]").unwrap().len(), MOST_NAMES);
        assert!(expand("w[1:100001]").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z0-9\\[\\]:é]{0,24}") {
            let _ = expand(&text);
        }

        #[test]
        fn bounds_and_step_give_the_number_of_names(from in 0u32..500, more in 0u32..500, step in 1u32..9) {
            let names = expand(&format!("x[{from}:{}:{step}]", from + more)).unwrap();
            prop_assert_eq!(names.len(), (more / step) as usize + 1);
        }
    }
}
