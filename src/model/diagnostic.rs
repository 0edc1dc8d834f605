//! What is wrong with a file or an expression that a user wrote: where, what, and what to do.
//!
//! Every mistake of every file is collected before anything is reported. A list is always sorted by
//! place and holds nothing twice, however the mistakes were found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::text::printable;

/// A position in a file or in an expression. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the user named it, or the option that held the text, such as `--limit`.
    pub file: Arc<str>,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters are meant; 0 when only the position is known.
    pub length: usize,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn of_file(file: &str) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            length: 0,
        }
    }

    /// The place that many characters further on in the same line.
    #[must_use]
    pub fn shifted(&self, characters: usize, length: usize) -> Self {
        Self {
            file: Arc::clone(&self.file),
            line: self.line,
            column: self.column + characters,
            length,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable(&self.file))?;
        if self.line == 0 {
            Ok(())
        } else {
            write!(formatter, ":{}:{}", self.line, self.column)
        }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// What, in a sentence without a full stop, safe to show.
    pub message: String,
    /// What to do about it, when there is something to say.
    pub hint: Option<String>,
    /// Another place that is part of the mistake, with what it is (`first defined here`).
    pub related: Option<(Place, String)>,
    /// Whether hosts may be missing because of it: as a warning it is then told even to those who want none.
    pub is_loss: bool,
}

impl Diagnostic {
    /// A mistake at a place; control characters of the message are made visible.
    #[must_use]
    pub fn new(place: Place, message: impl AsRef<str>) -> Self {
        Self {
            place,
            message: printable(message.as_ref()),
            hint: None,
            related: None,
            is_loss: false,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(printable(hint.as_ref()));
        self
    }

    /// Adds what to do about it, when there is something to say.
    #[must_use]
    pub fn with_optional_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.with_hint(hint),
            None => self,
        }
    }

    /// The same, as one because of which hosts may be missing.
    #[must_use]
    pub fn as_loss(self) -> Self {
        Self { is_loss: true, ..self }
    }

    /// Adds another place that is part of the mistake.
    #[must_use]
    pub fn with_related(mut self, place: Place, label: impl AsRef<str>) -> Self {
        self.related = Some((place, printable(label.as_ref())));
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)?;
        if let Some((place, label)) = &self.related {
            write!(formatter, "; {label}: {place}")?;
        }
        match &self.hint {
            Some(hint) => write!(formatter, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// All mistakes that were found, with the texts that hold them. As an error it means that nothing of
/// what was read may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    items: BTreeSet<Diagnostic>,
    sources: BTreeMap<Arc<str>, Arc<str>>,
    hidden: BTreeSet<(Arc<str>, usize)>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.insert(diagnostic);
    }

    /// Adds all of another list.
    pub fn merge(&mut self, other: Self) {
        self.items.extend(other.items);
        self.sources.extend(other.sources);
        self.hidden.extend(other.hidden);
    }

    /// Keeps the text of a file, so that lines of it can be shown.
    pub fn add_source(&mut self, file: Arc<str>, text: Arc<str>) {
        self.sources.insert(file, text);
    }

    /// The text of a file, when it was kept.
    #[must_use]
    pub fn source(&self, file: &str) -> Option<Arc<str>> {
        self.sources.get(file).map(Arc::clone)
    }

    /// Keeps the texts that another list keeps.
    pub fn add_sources_of(&mut self, other: &Self) {
        self.sources.extend(
            other
                .sources
                .iter()
                .map(|(file, text)| (Arc::clone(file), Arc::clone(text))),
        );
        self.hidden.extend(other.hidden.iter().cloned());
    }

    /// Keeps a line from being shown, because it holds a secret that should not be there.
    pub fn hide_line(&mut self, place: &Place) {
        self.hidden.insert((Arc::clone(&place.file), place.line));
    }

    /// The line that holds a place, when the text was kept and the line may be shown.
    #[must_use]
    pub fn line(&self, place: &Place) -> Option<&str> {
        if self.hidden.contains(&(Arc::clone(&place.file), place.line)) {
            return None;
        }
        self.sources.get(&place.file)?.lines().nth(place.line.checked_sub(1)?)
    }

    /// Only those because of which hosts may be missing.
    #[must_use]
    pub fn losses(&self) -> Self {
        Self {
            items: self.items.iter().filter(|item| item.is_loss).cloned().collect(),
            ..self.clone()
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Each of them, by file, line and column.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// The value, when nothing is wrong with it.
    ///
    /// # Errors
    /// The list itself, when it holds anything.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            items: BTreeSet::from([diagnostic]),
            ..Self::default()
        }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.items.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, line: usize, column: usize) -> Place {
        Place {
            file: file.into(),
            line,
            column,
            length: 1,
        }
    }

    #[test]
    fn a_list_is_sorted_by_place_and_holds_nothing_twice() {
        let mut list = Diagnostics::default();
        list.push(Diagnostic::new(place("b.yml", 1, 1), "third"));
        list.push(Diagnostic::new(place("a.yml", 10, 2), "second"));
        list.push(Diagnostic::new(place("a.yml", 9, 7), "first").with_hint("do this"));
        list.push(Diagnostic::new(place("a.yml", 10, 2), "second"));
        assert_eq!(
            list.to_string(),
            "a.yml:9:7: first (do this)\na.yml:10:2: second\nb.yml:1:1: third"
        );
    }

    #[test]
    fn foreign_text_cannot_reach_the_terminal() {
        let shown = Diagnostic::new(place("a\u{1b}c", 1, 1), "x\u{1b}[2J")
            .with_hint("\u{7}")
            .to_string();
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }

    #[test]
    fn a_list_with_anything_in_it_is_an_error() {
        assert_eq!(Diagnostics::default().into_result(7), Ok(7));
        let list = Diagnostics::from(Diagnostic::new(place("a", 1, 1), "no"));
        assert_eq!(list.clone().into_result(7), Err(list));
    }
}
