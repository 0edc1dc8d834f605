//! From the bytes of a file to a tree, with every mistake that makes YAML mean something else than it says.
//!
//! A file from a stranger costs bounded memory: its size, its depth and its number of values, copies made
//! through aliases included, have limits.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, Span as ParserSpan, Tag};

use super::merge::{MERGE_KEY, merge_into};
use super::node::{Entry, Node, NodeValue, Scalar, ScalarStyle, Span};
use crate::model::diagnostic::{Diagnostic, Diagnostics};

/// Largest file in bytes: 10,000 hosts with all settings take about 3 MB.
pub const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// Values within values. Inventories need 6.
const DEEPEST: usize = 64;

/// Most values of one file, counting every copy that an alias makes: five times what 10,000 hosts with
/// all settings need.
const MOST_NODES: usize = 1_000_000;

/// What could be read of a file, and what is wrong with it.
#[derive(Debug)]
pub struct Document {
    /// The name under which its mistakes are reported.
    pub file: Arc<str>,
    /// Its tree; `None` when it is empty or no YAML at all.
    pub root: Option<Node>,
    /// What is wrong with it so far. The tree is still worth reading, to find more.
    pub problems: Diagnostics,
}

impl Document {
    /// Reads the bytes of a file.
    #[must_use]
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Self {
        if bytes.len() > LARGEST_FILE {
            let message = format!("the file is larger than {} MiB", LARGEST_FILE / 1024 / 1024);
            return Self::unreadable(
                file,
                Span {
                    line: 1,
                    column: 1,
                    length: 0,
                },
                &message,
            );
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(file, text),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let span = end_of(&String::from_utf8_lossy(good));
                Self::unreadable(file, span, "the file is not UTF-8 text from here on")
            }
        }
    }

    /// Reads the text of a file.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // The parser takes NUL for the end of the file and would silently drop what follows.
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
        if let Some((before, _)) = text.split_once(control) {
            return Self::unreadable(file, end_of(before), "a control character cannot be part of the file");
        }
        let mut builder = Builder::new(file.into());
        let complete = builder.read(text);
        let mut problems = builder.problems;
        problems.add_source(Arc::clone(&builder.file), text.into());
        Self {
            file: builder.file,
            root: builder.root.filter(|_| complete),
            problems,
        }
    }

    fn unreadable(file: &str, span: Span, message: &str) -> Self {
        let file: Arc<str> = file.into();
        let problems = Diagnostics::from(Diagnostic::new(span.place(&file), message));
        Self {
            file,
            root: None,
            problems,
        }
    }
}

/// The position right after a text.
fn end_of(text: &str) -> Span {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Span {
        line: text.matches('\n').count() + 1,
        column: last.chars().count() + 1,
        length: 1,
    }
}

/// A list or mapping that is not yet complete.
struct Frame {
    anchor: usize,
    span: Span,
    /// Values that existed before it, to know how many it holds.
    nodes_before: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        merged: Vec<Node>,
        key: Option<Key>,
    },
}

enum Key {
    Word(Scalar, Span),
    /// A list or mapping as a key; reported already.
    Unusable,
}

struct Builder {
    file: Arc<str>,
    problems: Diagnostics,
    frames: Vec<Frame>,
    /// Complete values by anchor, with the number of values that each holds.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
}

impl Builder {
    fn new(file: Arc<str>) -> Self {
        Self {
            file,
            problems: Diagnostics::default(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
        }
    }

    /// Whether the text could be read to its end.
    fn read(&mut self, text: &str) -> bool {
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            match event {
                Ok((event, span)) => {
                    if !self.take(event, span) {
                        return false;
                    }
                }
                Err(error) => {
                    let span = from_marker(*error.marker(), 1);
                    let problem =
                        Diagnostic::new(span.place(&self.file), format!("this is not YAML: {}", error.info()));
                    self.problems.push(problem.with_optional_hint(syntax_hint(text, span)));
                    return false;
                }
            }
        }
        true
    }

    /// Takes one event; false when reading must not go on.
    fn take(&mut self, event: Event<'_>, span: ParserSpan) -> bool {
        let at = from_parser(span);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.problem(
                        at,
                        "a second document begins here; a file holds one",
                        Some("remove the `---`"),
                    );
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = self.scalar_style(style, tag.as_deref(), at);
                // A refused tag was meant as text: nothing more is to be said about the value.
                let text = tag
                    .filter(|tag| text.is_empty() && !tag.is_yaml_core_schema())
                    .map_or(text, |tag| tag.to_string().into());
                let node = Node {
                    span: at,
                    value: NodeValue::Scalar(Scalar {
                        text: text.into_owned(),
                        style,
                    }),
                };
                return self.count(1, at) && self.insert(node, anchor, 1);
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                return self.open(anchor, at, Content::Sequence(Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                return self.open(
                    anchor,
                    at,
                    Content::Mapping {
                        entries: Vec::new(),
                        merged: Vec::new(),
                        key: None,
                    },
                );
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(),
            Event::Alias(anchor) => return self.alias(anchor, at),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn problem(&mut self, span: Span, message: &str, hint: Option<&str>) {
        let problem = Diagnostic::new(span.place(&self.file), message);
        self.problems.push(problem.with_optional_hint(hint.map(str::to_owned)));
    }

    fn count(&mut self, nodes: usize, span: Span) -> bool {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            self.problem(
                span,
                "the file holds more than 1,000,000 values, copies through aliases included",
                None,
            );
        }
        self.nodes <= MOST_NODES
    }

    fn open(&mut self, anchor: usize, span: Span, content: Content) -> bool {
        if self.frames.len() >= DEEPEST {
            self.problem(span, "lists and mappings are nested more than 64 deep", None);
            return false;
        }
        self.frames.push(Frame {
            anchor,
            span,
            nodes_before: self.nodes,
            content,
        });
        self.count(1, span)
    }

    fn close(&mut self) -> bool {
        let Some(frame) = self.frames.pop() else {
            return false;
        };
        let value = match frame.content {
            Content::Sequence(items) => NodeValue::Sequence(items),
            Content::Mapping { entries, merged, .. } => NodeValue::Mapping(self.complete_mapping(entries, merged)),
        };
        let nodes = self.nodes - frame.nodes_before;
        // A collection is pointed at by its first character: its end says nothing.
        self.insert(
            Node {
                span: Span {
                    length: 1,
                    ..frame.span
                },
                value,
            },
            frame.anchor,
            nodes,
        )
    }

    /// Reports keys that come twice, keeps the first of each, and merges.
    fn complete_mapping(&mut self, entries: Vec<Entry>, merged: Vec<Node>) -> Vec<Entry> {
        let mut first: HashMap<String, Span> = HashMap::with_capacity(entries.len());
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Some(earlier) = first.get(&entry.key) {
                let message = format!("`{}` is defined twice", entry.key);
                let problem = Diagnostic::new(entry.span.place(&self.file), message)
                    .with_related(earlier.place(&self.file), "first defined here");
                self.problems.push(problem);
            } else {
                first.insert(entry.key.clone(), entry.span);
                kept.push(entry);
            }
        }
        for refused in merge_into(&mut kept, merged) {
            let message = format!("`<<` merges mappings, found {}", refused.describe());
            self.problem(
                refused.span,
                &message,
                Some("write `<<: *name` for a mapping that is marked `&name`"),
            );
        }
        kept
    }

    fn alias(&mut self, anchor: usize, span: Span) -> bool {
        let Some((node, nodes)) = self.anchors.get(&anchor) else {
            self.problem(span, "this alias stands inside the value that it repeats", None);
            return false;
        };
        let (nodes, fits) = (*nodes, self.nodes.saturating_add(*nodes) <= MOST_NODES);
        // Only what fits is copied: the limit is worth nothing if it is checked afterwards.
        let copy = fits.then(|| node.clone());
        self.count(nodes, span) && copy.is_some_and(|copy| self.insert(copy, 0, nodes))
    }

    fn insert(&mut self, node: Node, anchor: usize, nodes: usize) -> bool {
        if anchor > 0 {
            if !self.count(nodes, node.span) {
                return false;
            }
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        match self.frames.last_mut().map(|frame| &mut frame.content) {
            None => self.root = Some(node),
            Some(Content::Sequence(items)) => items.push(node),
            Some(Content::Mapping { entries, merged, key }) => match key.take() {
                Some(Key::Word(word, _)) if word.text == MERGE_KEY && word.style == ScalarStyle::Plain => {
                    merged.push(node);
                }
                Some(Key::Word(word, span)) => entries.push(Entry {
                    key: word.text,
                    span,
                    value: node,
                }),
                Some(Key::Unusable) => {}
                None => match node.value {
                    NodeValue::Scalar(scalar) => *key = Some(Key::Word(scalar, node.span)),
                    NodeValue::Sequence(_) | NodeValue::Mapping(_) => {
                        *key = Some(Key::Unusable);
                        let message = format!("a key must be a word, found {}", node.describe());
                        let hint = "put quotes round a word that begins with `[` or `{`";
                        self.problem(node.span, &message, Some(hint));
                    }
                },
            },
        }
        true
    }

    fn scalar_style(&mut self, style: saphyr_parser::ScalarStyle, tag: Option<&Tag>, span: Span) -> ScalarStyle {
        self.check_tag(tag, span);
        let is_text = tag.is_some_and(|tag| !tag.is_yaml_core_schema() || tag.suffix == "str");
        match style {
            saphyr_parser::ScalarStyle::Plain if !is_text => ScalarStyle::Plain,
            saphyr_parser::ScalarStyle::Literal | saphyr_parser::ScalarStyle::Folded => ScalarStyle::Block,
            _ => ScalarStyle::Quoted,
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, span: Span) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            let hint = if tag.suffix == "vault" {
                "a secret is not written here but referred to, as in `password: {env: SUDO_PASSWORD}`"
            } else {
                "a text that begins with `!` needs quotes"
            };
            self.problem(span, &format!("tags such as `{tag}` are not supported"), Some(hint));
        }
    }
}

fn from_marker(marker: Marker, length: usize) -> Span {
    Span {
        line: marker.line().max(1),
        column: marker.col() + 1,
        length,
    }
}

fn from_parser(span: ParserSpan) -> Span {
    let length = if span.start.line() == span.end.line() {
        span.end.col().saturating_sub(span.start.col())
    } else {
        0
    };
    from_marker(span.start, length)
}

/// What to do about the mistakes that the parser's own words do not make plain.
fn syntax_hint(text: &str, span: Span) -> Option<String> {
    let line = text.lines().nth(span.line - 1).unwrap_or_default();
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    if indent.contains('\t') {
        return Some("lines are indented with blanks, never with tabs".to_owned());
    }
    let value = line.split_once(':').map_or(line, |(_, value)| value).trim_start();
    if value.starts_with(['*', '&', '!', '%', '@', '`']) {
        return Some("a value that begins with this character needs quotes".to_owned());
    }
    None
}
