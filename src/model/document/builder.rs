//! From the parser's events to the tree: duplicate keys, aliases, merge keys, and the limits.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, Span as ParserSpan, Tag};

use super::merge::{MERGE_KEY, merge_into};
use super::node::{Entry, Node, NodeValue, Scalar, ScalarStyle, Span};
use crate::model::diagnostic::{Diagnostic, Diagnostics};

/// Values within values. Inventories need 6.
const DEEPEST: usize = 64;

/// Most values of one file, counting every copy that an alias makes: five times what 10,000 hosts with
/// all settings need.
const MOST_NODES: usize = 1_000_000;

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

/// Makes the tree out of the parser's events. saphyr gives one event after the other, without recursion.
pub(super) struct Builder {
    pub(super) file: Arc<str>,
    pub(super) problems: Diagnostics,
    frames: Vec<Frame>,
    /// Complete values by anchor, with the number of values that each holds.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    documents: usize,
    manners: Manners,
    pub(super) root: Option<Node>,
}

/// Whose rules a file follows where YAML leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manners {
    /// Our own: a key that comes twice and a tag are mistakes.
    Strict,
    /// Ansible's: of a key that comes twice the last one counts, and `!vault` and `!unsafe` mark values.
    Ansible,
}

impl Builder {
    pub(super) fn new(file: Arc<str>, manners: Manners) -> Self {
        Self {
            file,
            problems: Diagnostics::default(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            documents: 0,
            manners,
            root: None,
        }
    }

    /// Whether the text could be read to its end.
    pub(super) fn read(&mut self, text: &str) -> bool {
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
                    self.problems
                        .push(problem.with_optional_hint(syntax_hint(text, span, error.info())));
                    self.hide_secret_lines(text);
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

    /// Where the text cannot be read, any line may be part of a secret's.
    fn hide_secret_lines(&mut self, text: &str) {
        for (index, line) in text.lines().enumerate().filter(|(_, line)| is_secret_key(line)) {
            let span = Span {
                line: index + 1,
                column: 1,
                length: line.chars().count(),
            };
            self.problems.hide_line(&span.place(&self.file));
        }
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
        let mut first: HashMap<String, usize> = HashMap::with_capacity(entries.len());
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            let earlier = first.get(&entry.key).and_then(|position| kept.get_mut(*position));
            match earlier {
                None => {
                    first.insert(entry.key.clone(), kept.len());
                    kept.push(entry);
                }
                Some(earlier) if self.manners == Manners::Ansible => *earlier = entry,
                Some(earlier) => {
                    let message = format!("`{}` is defined twice", entry.key);
                    let problem = Diagnostic::new(entry.span.place(&self.file), message)
                        .with_related(earlier.span.place(&self.file), "first defined here");
                    self.problems.push(problem);
                }
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
                Some(Key::Word(word, span)) => {
                    if is_secret_key(&word.text) && matches!(node.value, NodeValue::Scalar(_)) {
                        self.problems.hide_line(&span.place(&self.file));
                        self.problems.hide_line(&node.span.place(&self.file));
                    }
                    entries.push(Entry {
                        key: word.text,
                        span,
                        value: node,
                    });
                }
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
        if let (Manners::Ansible, Some(tag)) = (self.manners, tag) {
            match tag.suffix.as_str() {
                "vault" | "vault-encrypted" => return ScalarStyle::Encrypted,
                "unsafe" => return ScalarStyle::Literal,
                _ => {}
            }
        }
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
fn syntax_hint(text: &str, span: Span, info: &str) -> Option<String> {
    let line = text.lines().nth(span.line - 1).unwrap_or_default();
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    if indent.contains('\t') {
        return Some("lines are indented with blanks, never with tabs".to_owned());
    }
    let value = line.split_once(':').map_or(line, |(_, value)| value).trim_start();
    if value.starts_with(['*', '&', '!', '%', '@', '`']) {
        return Some("a value that begins with this character needs quotes".to_owned());
    }
    if info.contains("flow") {
        return Some("a `{` or `[` on this line or above it is not closed".to_owned());
    }
    if info.contains("mapping values") {
        return Some("the line is indented wrongly, or a text with `: ` in it needs quotes".to_owned());
    }
    None
}

/// Whether the value of a key may be a secret, here or in another tool's dialect.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_lowercase();
    ["pass", "secret", "token"].iter().any(|part| key.contains(part))
}
