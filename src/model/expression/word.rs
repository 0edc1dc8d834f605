//! What a word between operators means.

use super::ExpressionError;
use super::state::StateTest;
use super::term::{Span, StateWord, Subscript, Term, Word};
use crate::model::manager::Manager;
use crate::model::pattern::Pattern;
use crate::model::range::{expand, has_range};
use crate::model::text::nearest;

/// Whose meaning a bare name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Native,
    Ansible,
}

/// The term that a word is.
pub(super) fn word_term(text: &str, span: Span, dialect: Dialect) -> Result<Term, ExpressionError> {
    if matches!(text, "all" | "*") {
        return Ok(Term::All);
    }
    if text == "reboot" {
        return Ok(state(text, span, StateTest::Reboot));
    }
    let offset = span.offset;
    let behind = |prefix: &str| offset + prefix.len() + 1;
    match text.split_once(':') {
        Some((prefix @ "group", name)) => {
            let mut word = word(name, behind(prefix), "a group after `group:`")?;
            word.subscript = subscript(name);
            Ok(Term::Group(word))
        }
        Some((prefix @ "label", rest)) => {
            let (key, value) = pair(rest, behind(prefix), "a label after `label:`", "a value after `=`")?;
            Ok(Term::Label { key, value })
        }
        Some((prefix @ "os", rest)) => {
            let (id, version) = pair(rest, behind(prefix), "a system after `os:`", "a version after `=`")?;
            Ok(state(text, span, StateTest::Os { id, version }))
        }
        Some((prefix @ "manager", name)) => {
            let word = word(name, behind(prefix), "a package manager after `manager:`")?;
            check_manager(&word)?;
            Ok(state(text, span, StateTest::Manager(word)))
        }
        _ => {
            let mut word = word(text, offset, "a host")?;
            word.subscript = subscript(text);
            Ok(match dialect {
                Dialect::Native => Term::Name(word),
                Dialect::Ansible => Term::AnsibleName(word),
            })
        }
    }
}

fn state(text: &str, span: Span, test: StateTest) -> Term {
    Term::State(StateWord {
        text: text.to_owned(),
        test,
        span,
    })
}

/// The managers are a closed list, so a word that means none of them is a mistake wherever it stands.
fn check_manager(word: &Word) -> Result<(), ExpressionError> {
    let names = || Manager::ALL.iter().map(|manager| manager.as_str());
    if names().any(|name| word.matches(name)) {
        return Ok(());
    }
    let all: Vec<&str> = names().collect();
    let hint = nearest(&word.text, names()).map_or_else(
        || format!("the package managers are {}", all.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(ExpressionError {
        offset: word.span.offset,
        length: word.span.length,
        message: format!("there is no package manager `{}`", word.text),
        hint: Some(hint),
    })
}

/// `KEY` or `KEY=VALUE`.
fn pair(
    text: &str,
    offset: usize,
    key_in_words: &str,
    value_in_words: &str,
) -> Result<(Word, Option<Word>), ExpressionError> {
    let Some((key, value)) = text.split_once('=') else {
        return Ok((word(text, offset, key_in_words)?, None));
    };
    let value_offset = offset + key.chars().count() + 1;
    let key = word(key, offset, key_in_words)?;
    Ok((key, Some(word(value, value_offset, value_in_words)?)))
}

/// A name, a glob or a range.
pub(super) fn word(text: &str, offset: usize, what: &str) -> Result<Word, ExpressionError> {
    let length = text.chars().count();
    let error = |offset: usize, length: usize, message: String| ExpressionError {
        offset,
        length,
        message,
        hint: None,
    };
    if text.is_empty() {
        return Err(error(offset, 1, format!("{what} is missing here")));
    }
    let texts = if has_range(text) {
        match expand(text) {
            Ok(texts) => texts,
            // `web[2:]` can only be positions in a group.
            Err(_) if subscript(text).is_some_and(|subscript| subscript.last.is_none()) => Vec::new(),
            Err(problem) => return Err(error(offset + problem.offset, 1, problem.message)),
        }
    } else {
        vec![text.to_owned()]
    };
    let patterns: Result<Vec<Pattern>, _> = texts.into_iter().map(Pattern::new).collect();
    let patterns = patterns.map_err(|problem| error(offset, length, problem.to_string()))?;
    Ok(Word {
        text: text.to_owned(),
        patterns,
        subscript: None,
        span: Span { offset, length },
    })
}

/// The positions that a word may mean: `web[0]`, `web[-1]`, `web[1:3]`, `web[2:]`.
fn subscript(text: &str) -> Option<Subscript> {
    let (base, inside) = text.strip_suffix(']')?.rsplit_once('[')?;
    let number = |text: &str| text.parse::<i64>().ok();
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let (first, last) = match inside.split_once(':') {
        None => {
            let digits = inside.strip_prefix('-').unwrap_or(inside);
            let only = number(inside).filter(|_| is_number(digits))?;
            (only, Some(only))
        }
        Some((first, "")) => (number(first).filter(|_| is_number(first))?, None),
        Some((first, last)) => {
            let both = is_number(first) && is_number(last);
            (number(first).filter(|_| both)?, Some(number(last)?))
        }
    };
    (!base.is_empty()).then(|| Subscript {
        base: base.to_owned(),
        first,
        last,
        is_padded: inside.split(':').any(|bound| bound.len() > 1 && bound.starts_with('0')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscripts_are_whole_numbers_in_the_last_brackets() {
        let positions = |text: &str| subscript(text).map(|found| (found.base, found.first, found.last));
        assert_eq!(positions("web[0]"), Some(("web".to_owned(), 0, Some(0))));
        assert_eq!(positions("web[-1]"), Some(("web".to_owned(), -1, Some(-1))));
        assert_eq!(positions("web[1:3]"), Some(("web".to_owned(), 1, Some(3))));
        assert_eq!(positions("a[x][2:]"), Some(("a[x]".to_owned(), 2, None)));
        for text in [
            "web",
            "web[a]",
            "web[1-3]",
            "web[-1:3]",
            "web[:3]",
            "[0]",
            "web[]",
            "web[1:2:3]",
            "web[0]x",
        ] {
            assert_eq!(positions(text), None, "{text}");
        }
    }
}
