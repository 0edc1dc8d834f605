//! The tree of a YAML document: values as they were written, each with its position.

use std::sync::Arc;

use crate::model::diagnostic::Place;

/// A value together with where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

/// A position in the text of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters it covers in that line; 0 when it covers several lines.
    pub length: usize,
}

impl Span {
    /// The place in that file.
    #[must_use]
    pub fn place(self, file: &Arc<str>) -> Place {
        Place {
            file: Arc::clone(file),
            line: self.line,
            column: self.column,
            length: self.length,
        }
    }
}

/// One value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub span: Span,
    /// What it is.
    pub value: NodeValue,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeValue {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values, in the order of the file; merge keys are resolved.
    Mapping(Vec<Entry>),
}

/// A single value as it was written. What type it has is for the reader to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, without quotes and with escapes resolved.
    pub text: String,
    /// How it was written.
    pub style: ScalarStyle,
}

/// How a single value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes: it may stand for a number, a boolean or nothing.
    Plain,
    /// In quotes: it is text.
    Quoted,
    /// As a block of lines: it is text.
    Block,
    /// Under Ansible's tag `!unsafe`: it is text, in which nothing is a template.
    Literal,
    /// Under Ansible's tag `!vault`: what it stands for is not known.
    Encrypted,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key is.
    pub span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether it is an empty value, as in `web01:` with nothing behind it.
    #[must_use]
    pub fn is_empty_value(&self) -> bool {
        match &self.value {
            NodeValue::Scalar(scalar) => scalar.is_empty_value(),
            NodeValue::Sequence(_) | NodeValue::Mapping(_) => false,
        }
    }

    /// What it is, for a sentence such as `expected a list, found …`.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.value {
            NodeValue::Scalar(scalar) => scalar.describe(),
            NodeValue::Sequence(_) => "a list",
            NodeValue::Mapping(_) => "a mapping",
        }
    }
}

impl Scalar {
    /// Whether it stands for nothing: no text at all, `~` or `null`, without quotes.
    #[must_use]
    pub fn is_empty_value(&self) -> bool {
        self.style == ScalarStyle::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The value that every serde reader of this YAML would see.
    #[must_use]
    pub fn resolved(&self) -> serde_yaml::Value {
        match self.style {
            ScalarStyle::Plain => serde_yaml::from_str(&self.text)
                .ok()
                .filter(|value| !matches!(value, serde_yaml::Value::Mapping(_) | serde_yaml::Value::Sequence(_)))
                .unwrap_or_else(|| serde_yaml::Value::String(self.text.clone())),
            ScalarStyle::Quoted | ScalarStyle::Block | ScalarStyle::Literal | ScalarStyle::Encrypted => {
                serde_yaml::Value::String(self.text.clone())
            }
        }
    }

    fn describe(&self) -> &'static str {
        match self.resolved() {
            serde_yaml::Value::Null => "nothing",
            serde_yaml::Value::Bool(_) => "a boolean",
            serde_yaml::Value::Number(_) => "a number",
            _ => "text",
        }
    }
}
