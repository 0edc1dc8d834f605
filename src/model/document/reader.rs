//! Takes typed values out of a document's tree, reports what does not fit, and goes on.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

use super::node::{Entry, Located, Node, NodeValue, Scalar, ScalarStyle, Span};
use super::parse::Document;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::text::nearest;

/// Reads one file. A method that gives `None` has reported why.
#[derive(Debug)]
pub struct Reader {
    file: Arc<str>,
    problems: Diagnostics,
}

impl Reader {
    /// Goes on where the parser ended.
    #[must_use]
    pub fn new(document: Document) -> (Self, Option<Node>) {
        (
            Self {
                file: document.file,
                problems: document.problems,
            },
            document.root,
        )
    }

    /// Everything that was reported, and the text of the file.
    #[must_use]
    pub fn into_problems(self) -> Diagnostics {
        self.problems
    }

    /// Whether nothing was reported so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// The place of a position in this file.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        span.place(&self.file)
    }

    /// The text of the file.
    #[must_use]
    pub fn source(&self) -> Arc<str> {
        self.problems.source(&self.file).unwrap_or_default()
    }

    /// The place of a scalar's first character, behind its quote.
    #[must_use]
    pub fn inside(&self, node: &Node) -> Place {
        let quote = match &node.value {
            NodeValue::Scalar(scalar) if scalar.style == ScalarStyle::Quoted => 1,
            _ => 0,
        };
        self.place(node.span).shifted(quote, 0)
    }

    /// Reports a mistake.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Reports all mistakes of a list.
    pub fn report_all(&mut self, problems: Diagnostics) {
        self.problems.merge(problems);
    }

    /// Reports a mistake at a position, with what to do about it.
    pub fn problem(&mut self, span: Span, message: impl AsRef<str>, hint: Option<String>) {
        let problem = Diagnostic::new(self.place(span), message);
        self.problems.push(problem.with_optional_hint(hint));
    }

    /// Keeps the line of a secret that should not be in the file from being shown with any mistake.
    pub fn hide_line(&mut self, span: Span) {
        let place = self.place(span);
        self.problems.hide_line(&place);
    }

    /// Reports that a value has the wrong type.
    pub fn unexpected(&mut self, node: &Node, expected: &str) {
        self.problem(
            node.span,
            format!("expected {expected}, found {}", node.describe()),
            None,
        );
    }

    /// The keys of a mapping. An empty value has none.
    pub fn fields<'node>(&mut self, node: &'node Node, what: &'static str) -> Option<Fields<'node>> {
        match &node.value {
            NodeValue::Mapping(entries) => Some(Fields::new(node.span, entries, what)),
            NodeValue::Scalar(scalar) if scalar.is_empty_value() => Some(Fields::new(node.span, &[], what)),
            NodeValue::Scalar(_) | NodeValue::Sequence(_) => {
                self.unexpected(node, &format!("a mapping for {what}"));
                None
            }
        }
    }

    /// Reports every key that nobody asked for, with the nearest one that somebody did.
    pub fn finish(&mut self, fields: Fields<'_>) {
        for entry in fields.entries {
            if fields.asked.contains(entry.key.as_str()) {
                continue;
            }
            let near = nearest(&entry.key, fields.order.iter().copied());
            let hint = near.map_or_else(
                || format!("the keys of {} are {}", fields.what, list_of_words(&fields.order)),
                |near| format!("did you mean `{near}`?"),
            );
            self.problem(
                entry.span,
                format!("`{}` is not a key of {}", entry.key, fields.what),
                Some(hint),
            );
        }
    }

    /// A single value that is not empty.
    pub fn scalar<'node>(&mut self, node: &'node Node, expected: &str) -> Option<&'node Scalar> {
        match &node.value {
            NodeValue::Scalar(scalar) if !scalar.is_empty_value() => Some(scalar),
            _ => {
                self.unexpected(node, expected);
                None
            }
        }
    }

    /// Text as it is written: `no` is `no`, `1.10` is `1.10`, whether in quotes or not.
    pub fn text(&mut self, node: &Node, expected: &str) -> Option<Located<String>> {
        let scalar = self.scalar(node, expected)?;
        Some(Located {
            value: scalar.text.clone(),
            place: self.place(node.span),
        })
    }

    /// Text that a type checks.
    pub fn parsed<T, E: Display>(
        &mut self,
        node: &Node,
        expected: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Located<T>> {
        let scalar = self.scalar(node, expected)?;
        match parse(&scalar.text) {
            Ok(value) => Some(Located {
                value,
                place: self.place(node.span),
            }),
            Err(error) => {
                self.problem(node.span, error.to_string(), None);
                None
            }
        }
    }

    /// A whole number between two bounds, both included.
    pub fn integer(&mut self, node: &Node, what: &str, smallest: u64, largest: u64) -> Option<Located<u64>> {
        let expected = format!("a whole number from {smallest} to {largest} for {what}");
        let scalar = self.scalar(node, &expected)?;
        match scalar.resolved().as_u64() {
            Some(value) if (smallest..=largest).contains(&value) => Some(Located {
                value,
                place: self.place(node.span),
            }),
            _ => {
                self.problem(node.span, format!("expected {expected}, found `{}`", scalar.text), None);
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node) -> Option<Located<bool>> {
        let scalar = self.scalar(node, "`true` or `false`")?;
        if let Some(value) = scalar.resolved().as_bool() {
            return Some(Located {
                value,
                place: self.place(node.span),
            });
        }
        self.problem(
            node.span,
            format!("expected `true` or `false`, found `{}`", scalar.text),
            None,
        );
        None
    }

    /// One word out of a closed set.
    pub fn choice<T: Copy>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<Located<T>> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", list_of_words(&words));
        let scalar = self.scalar(node, &expected)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == scalar.text) {
            return Some(Located {
                value: *value,
                place: self.place(node.span),
            });
        }
        let hint = nearest(&scalar.text, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.problem(node.span, format!("expected {expected}, found `{}`", scalar.text), hint);
        None
    }

    /// The items of a list.
    pub fn list<'node>(&mut self, node: &'node Node, expected: &str) -> Option<&'node [Node]> {
        match &node.value {
            NodeValue::Sequence(items) => Some(items),
            NodeValue::Scalar(_) | NodeValue::Mapping(_) => {
                self.unexpected(node, expected);
                None
            }
        }
    }

    /// The items of a list, or the one value that stands for a list of one.
    pub fn one_or_many<'node>(&mut self, node: &'node Node, expected: &str) -> Option<&'node [Node]> {
        match &node.value {
            NodeValue::Sequence(items) => Some(items),
            NodeValue::Scalar(scalar) if !scalar.is_empty_value() => Some(std::slice::from_ref(node)),
            NodeValue::Scalar(_) | NodeValue::Mapping(_) => {
                self.unexpected(node, expected);
                None
            }
        }
    }
}

/// The keys of one mapping. Asking for a key makes it a valid one.
#[derive(Debug)]
pub struct Fields<'node> {
    /// Where the mapping begins.
    pub span: Span,
    what: &'static str,
    entries: &'node [Entry],
    asked: HashSet<&'static str>,
    order: Vec<&'static str>,
}

impl<'node> Fields<'node> {
    fn new(span: Span, entries: &'node [Entry], what: &'static str) -> Self {
        Self {
            span,
            what,
            entries,
            asked: HashSet::new(),
            order: Vec::new(),
        }
    }

    /// The value of a key, when the mapping has it.
    pub fn get(&mut self, key: &'static str) -> Option<&'node Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its position and its value, when the mapping has it.
    pub fn entry(&mut self, key: &'static str) -> Option<&'node Entry> {
        if self.asked.insert(key) {
            self.order.push(key);
        }
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// As [`entry`](Self::entry), for a key that is known but is not to be suggested to anyone.
    pub fn hidden(&mut self, key: &'static str) -> Option<&'node Entry> {
        self.asked.insert(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Every key in the order of the file, asked for or not.
    pub fn entries(&self) -> impl Iterator<Item = &'node Entry> {
        self.entries.iter()
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// `` `a`, `b` and `c` ``.
fn list_of_words(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
