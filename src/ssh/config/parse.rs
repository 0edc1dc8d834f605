//! From the text of a file to its lines. What is wrong is collected, line by line.

use std::sync::Arc;

use super::criteria;
use super::directive::{Directive, HostPattern, Line, Setting};
use super::keyword::{DIRECTIVES, Keyword, Meaning, Shape, directive};
use super::line::{self, Word};
use super::value;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::text::nearest;

/// A mistake, small enough to be handed on.
type Problem = Box<Diagnostic>;

/// A file whose lines were read.
#[derive(Debug, Clone, Default)]
pub(super) struct Parsed {
    pub(super) lines: Vec<Arc<Line>>,
    pub(super) problems: Diagnostics,
}

/// Reads a whole file. `file` is the name under which mistakes are reported.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, text_of_line) in text.split('\n').enumerate() {
        let at = |offset: usize, length: usize| Place {
            file: Arc::clone(file),
            line: index + 1,
            column: text_of_line.get(..offset).unwrap_or_default().chars().count() + 1,
            length,
        };
        match read_line(text_of_line, &at) {
            Ok(Some(line)) => parsed.lines.push(Arc::new(line)),
            Ok(None) => {}
            Err(problem) => parsed.problems.push(*problem),
        }
    }
    if !parsed.problems.is_empty() {
        parsed.problems.add_source(Arc::clone(file), text.into());
    }
    parsed
}

/// Reads one line; `at` makes a place of an offset in bytes and a length in characters.
pub(super) fn read_line(text: &str, at: &dyn Fn(usize, usize) -> Place) -> Result<Option<Line>, Problem> {
    let Some((word, rest)) = line::keyword(text) else {
        return Ok(None);
    };
    let place = at(word.offset, word.text.chars().count());
    let known = directive(&word.text);
    let spelt = known.map_or(word.text.as_str(), |(spelt, _)| spelt);
    let Some((rest, offset)) = rest else {
        return Err(Diagnostic::new(place, format!("`{spelt}` has no value")).into());
    };
    let Some(arguments) = line::arguments(rest, offset) else {
        return Err(Diagnostic::new(at(offset, rest.chars().count()), "a quote is not closed").into());
    };
    let reader = LineReader {
        text,
        offset,
        place: &place,
        at,
    };
    let directive = match known {
        None => Some(Directive::Unknown(word.text)),
        Some((spelt, meaning)) => reader.directive(spelt, meaning, arguments, rest)?,
    };
    Ok(directive.map(|directive| Line { place, directive }))
}

/// What is wrong with a keyword that OpenSSH does not have.
pub(super) fn unknown(keyword: &str, place: Place) -> Diagnostic {
    let near = nearest(keyword, DIRECTIVES.iter().map(|(spelt, _)| *spelt));
    let hint = near.map_or_else(
        || "remove it, or name it in `IgnoreUnknown` in a line before".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Diagnostic::new(place, format!("`{keyword}` is not a directive of ssh_config")).with_hint(hint)
}

struct LineReader<'line> {
    /// The whole line.
    text: &'line str,
    /// Where its arguments begin.
    offset: usize,
    place: &'line Place,
    at: &'line dyn Fn(usize, usize) -> Place,
}

impl LineReader<'_> {
    fn place_of(&self, word: &Word) -> Place {
        (self.at)(word.offset, word.text.chars().count())
    }

    fn directive(
        &self,
        spelt: &'static str,
        meaning: Meaning,
        arguments: Vec<Word>,
        rest: &str,
    ) -> Result<Option<Directive>, Problem> {
        match meaning {
            Meaning::Host => self.host(arguments).map(Some),
            Meaning::Match => self.matches().map(Some),
            Meaning::Include => self.include(arguments).map(Some),
            Meaning::Honoured(keyword) => self.honoured(spelt, keyword, arguments, rest),
            Meaning::NotHonoured(shape) => {
                self.check_shape(spelt, shape, &arguments)?;
                let words: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
                Ok(Some(Directive::Set(Setting {
                    keyword: Keyword::NotHonoured(spelt),
                    spelt,
                    value: super::directive::Value::Text(words.join(" ")),
                })))
            }
            Meaning::Without(shape) => self.check_shape(spelt, shape, &arguments).map(|()| None),
        }
    }

    fn host(&self, arguments: Vec<Word>) -> Result<Directive, Problem> {
        let mut patterns = Vec::with_capacity(arguments.len());
        for word in arguments {
            let place = self.place_of(&word);
            if word.text.is_empty() {
                return Err(Diagnostic::new(place, "a pattern of `Host` is empty").into());
            }
            let negated = word.text.strip_prefix('!').map(ToOwned::to_owned);
            patterns.push(HostPattern {
                is_negated: negated.is_some(),
                pattern: negated.unwrap_or(word.text),
                place,
            });
        }
        Ok(Directive::Host(patterns))
    }

    fn matches(&self) -> Result<Directive, Problem> {
        let end = self.text.trim_end_matches([' ', '\t', '\r', '\n', '\u{c}']).len();
        let line = self.text.get(..end).unwrap_or(self.text);
        criteria::read(line, self.offset)
            .map(Directive::Match)
            .map_err(|mistake| {
                let place = (self.at)(mistake.offset, mistake.length);
                Diagnostic::new(place, mistake.message)
                    .with_optional_hint(mistake.hint)
                    .into()
            })
    }

    fn include(&self, arguments: Vec<Word>) -> Result<Directive, Problem> {
        let mut patterns = Vec::with_capacity(arguments.len());
        for word in arguments {
            let place = self.place_of(&word);
            if word.text.is_empty() {
                return Err(Diagnostic::new(place, "a file of `Include` is empty").into());
            }
            patterns.push((word.text, place));
        }
        Ok(Directive::Include(patterns))
    }

    fn honoured(
        &self,
        spelt: &'static str,
        keyword: Keyword,
        arguments: Vec<Word>,
        rest: &str,
    ) -> Result<Option<Directive>, Problem> {
        let refuse = |place: Place, (message, hint): value::Refusal| {
            Problem::from(Diagnostic::new(place, format!("`{spelt}`: {message}")).with_optional_hint(hint))
        };
        let value = if value::takes_one(keyword) {
            self.check_shape(spelt, Shape::One, &arguments)?;
            let Some(word) = arguments.first() else {
                return Err(self.no_value(spelt));
            };
            value::one(keyword, &word.text).map_err(|refusal| refuse(self.place_of(word), refusal))?
        } else if matches!(keyword, Keyword::ProxyCommand | Keyword::ProxyJump) {
            let place = (self.at)(self.offset, rest.chars().count());
            Some(value::proxy(keyword, rest).map_err(|refusal| refuse(place, refusal))?)
        } else {
            self.check_shape(spelt, Shape::Any, &arguments)?;
            let words = arguments.into_iter().map(|word| word.text).collect();
            Some(value::files(words).map_err(|refusal| refuse(self.place.clone(), refusal))?)
        };
        Ok(value.map(|value| Directive::Set(Setting { keyword, spelt, value })))
    }

    fn check_shape(&self, spelt: &str, shape: Shape, arguments: &[Word]) -> Result<(), Problem> {
        if let Some(empty) = arguments.iter().find(|word| word.text.is_empty()) {
            return Err(Diagnostic::new(self.place_of(empty), format!("a value of `{spelt}` is empty")).into());
        }
        let Some(first) = arguments.first() else {
            return Err(self.no_value(spelt));
        };
        if shape == Shape::Any {
            return Ok(());
        }
        if let Some(extra) = arguments.get(1) {
            let message = format!("`{spelt}` takes one value; `{}` is one too many", extra.text);
            let hint = "put quotes around a value with blanks";
            return Err(Diagnostic::new(self.place_of(extra), message).with_hint(hint).into());
        }
        value::shape(shape, std::slice::from_ref(&first.text)).map_err(|(message, hint)| {
            let problem = Diagnostic::new(self.place_of(first), format!("`{spelt}`: {message}"));
            problem.with_optional_hint(hint).into()
        })
    }

    fn no_value(&self, spelt: &str) -> Problem {
        Diagnostic::new(self.place.clone(), format!("`{spelt}` has no value")).into()
    }
}
