//! What one inventory file says, before it is joined with the others: the native dialect.

use std::collections::HashMap;
use std::sync::Arc;

use super::paths::PathContext;
use super::setting_reader::SettingReader;
use super::settings::{Setting, Settings};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::{Document, Entry, Fields, Located, Node, NodeValue, Reader, Span};
use crate::model::name::{GroupName, HostName};
use crate::model::range::{MOST_NAMES, expand};
use crate::model::text::{count, nearest};

/// Words that mean something else in target expressions.
const RESERVED: [&str; 2] = ["all", "reboot"];

/// What such names begin with in target expressions.
const PREFIXES: [&str; 4] = ["group:", "label:", "os:", "manager:"];

const TOP_LEVEL: [&str; 5] = ["defaults", "hosts", "groups", "domains", "include"];

const MANUAL: &str = "see `inventories/README.md` for the format";

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct FileContent {
    pub(super) defaults: Settings,
    pub(super) hosts: Vec<HostEntry>,
    pub(super) groups: Vec<GroupEntry>,
    /// Every host that a `jump` names.
    pub(super) jumps: Vec<Located<HostName>>,
}

/// A host at one of the places that name it.
#[derive(Debug, Clone)]
pub(super) struct HostEntry {
    pub(super) name: HostName,
    pub(super) place: Place,
    /// Shared by all hosts of a range.
    pub(super) settings: Arc<Settings>,
}

/// A group.
#[derive(Debug)]
pub(super) struct GroupEntry {
    pub(super) name: GroupName,
    pub(super) place: Place,
    pub(super) settings: Settings,
    pub(super) hosts: Vec<HostEntry>,
    pub(super) children: Vec<Located<GroupName>>,
}

/// Reads one file. What is wrong is in the list; the rest is worth joining, to find more.
pub(super) fn read_file(file: &str, bytes: &[u8], paths: &PathContext) -> (FileContent, Diagnostics) {
    if is_ini(bytes) {
        let place = Place {
            file: file.into(),
            line: 1,
            column: 1,
            length: 0,
        };
        let problem = Diagnostic::new(
            place,
            "this is an Ansible inventory in INI form, which is not supported by this version yet",
        );
        return (FileContent::default(), Diagnostics::from(problem.with_hint(MANUAL)));
    }
    let document = Document::from_bytes(file, bytes);
    let (reader, root) = Reader::new(document);
    let mut file = FileReader {
        reader,
        paths,
        content: FileContent::default(),
        hosts: 0,
    };
    match root {
        Some(root) => file.read(&root),
        None if file.reader.is_clean() => {
            let hint = Some("an inventory has `hosts` or `groups`".to_owned());
            file.reader.problem(
                Span {
                    line: 1,
                    column: 1,
                    length: 0,
                },
                "the file is empty",
                hint,
            );
        }
        None => {}
    }
    (file.content, file.reader.into_problems())
}

struct FileReader<'file> {
    reader: Reader,
    paths: &'file PathContext,
    content: FileContent,
    /// Hosts so far, to stop before the memory does.
    hosts: usize,
}

impl FileReader<'_> {
    fn read(&mut self, root: &Node) {
        let Some(mut fields) = self.reader.fields(root, "an inventory") else {
            return;
        };
        if let Some(problem) = foreign(&fields) {
            self.reader.problem(fields.span, problem, Some(MANUAL.to_owned()));
            return;
        }
        if let Some(node) = fields.get("defaults")
            && let Some(mut defaults) = self.reader.fields(node, "`defaults`")
        {
            self.content.defaults = self.settings(&mut defaults);
            self.reader.finish(defaults);
        }
        if let Some(node) = fields.get("hosts") {
            self.content.hosts = self.read_hosts(node);
        }
        if let Some(node) = fields.get("groups") {
            self.read_groups(node);
        }
        for key in ["domains", "include"] {
            if let Some(entry) = fields.hidden(key) {
                self.reader.problem(
                    entry.span,
                    format!("`{key}` is not supported by this version yet"),
                    None,
                );
            }
        }
        self.reader.finish(fields);
    }

    fn settings(&mut self, fields: &mut Fields<'_>) -> Settings {
        SettingReader {
            paths: self.paths,
            jumps: &mut self.content.jumps,
        }
        .read(&mut self.reader, fields)
    }

    fn read_groups(&mut self, node: &Node) {
        let Some(fields) = self.reader.fields(node, "`groups`") else {
            return;
        };
        for entry in fields.entries() {
            let name = self.group_name(&entry.key, entry.span);
            let Some(mut fields) = self.reader.fields(&entry.value, "a group") else {
                continue;
            };
            let hosts = fields
                .get("hosts")
                .map(|node| self.read_hosts(node))
                .unwrap_or_default();
            let children = fields
                .get("children")
                .map(|node| self.read_children(node))
                .unwrap_or_default();
            let settings = self.settings(&mut fields);
            self.reader.finish(fields);
            if let Some(name) = name {
                let place = self.reader.place(entry.span);
                self.content.groups.push(GroupEntry {
                    name,
                    place,
                    settings,
                    hosts,
                    children,
                });
            }
        }
    }

    fn group_name(&mut self, text: &str, span: Span) -> Option<GroupName> {
        if RESERVED.contains(&text) || PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            let hint = if text == "all" {
                Some("settings of all hosts stand under `defaults`".to_owned())
            } else {
                None
            };
            self.reader.problem(
                span,
                format!("`{text}` is a word of target expressions and cannot be a group"),
                hint,
            );
            return None;
        }
        match GroupName::new(text) {
            Ok(name) => Some(name),
            Err(error) => {
                self.reader.problem(span, error.to_string(), None);
                None
            }
        }
    }

    fn read_children(&mut self, node: &Node) -> Vec<Located<GroupName>> {
        let Some(items) = self.reader.one_or_many(node, "a list of groups") else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| {
                self.reader
                    .parsed(item, "the name of a group", |text| GroupName::new(text))
            })
            .collect()
    }

    /// `hosts` is a mapping of names to settings, or a list of names.
    fn read_hosts(&mut self, node: &Node) -> Vec<HostEntry> {
        let mut block = HostBlock::default();
        match &node.value {
            NodeValue::Mapping(entries) => {
                for entry in entries {
                    self.read_host(entry, &mut block);
                }
            }
            _ if node.is_empty_value() => {}
            _ => {
                let expected = "hosts as a list of names or a mapping of names to settings";
                for item in self.reader.one_or_many(node, expected).unwrap_or_default() {
                    self.read_listed(item, &mut block);
                }
            }
        }
        block.entries
    }

    fn read_host(&mut self, entry: &Entry, block: &mut HostBlock) {
        let Some(mut fields) = self.reader.fields(&entry.value, "a host") else {
            return;
        };
        let settings = self.settings(&mut fields);
        let names = self.host_names(&entry.key, entry.span);
        if names.len() > 1
            && let Some(address) = settings.get(&Setting::Address)
        {
            let message = format!("{} would have the same address", count(names.len(), "host"));
            let problem = Diagnostic::new(address.place.clone(), message);
            self.reader
                .report(problem.with_hint("give each of these hosts an entry of its own"));
        }
        self.reader.finish(fields);
        block.add(&mut self.reader, names, entry.span, settings);
    }

    fn read_listed(&mut self, item: &Node, block: &mut HostBlock) {
        if let NodeValue::Mapping(entries) = &item.value
            && let Some(first) = entries.first()
        {
            let hint = format!(
                "to give settings, make `hosts` a mapping: `{}: {{…}}` without the `-`",
                first.key
            );
            self.reader
                .problem(item.span, "expected the name of a host, found a mapping", Some(hint));
            return;
        }
        if let Some(text) = self.reader.text(item, "the name of a host") {
            let names = self.host_names(&text.value, item.span);
            block.add(&mut self.reader, names, item.span, Settings::new());
        }
    }

    /// Every name that a word with ranges stands for.
    fn host_names(&mut self, text: &str, span: Span) -> Vec<HostName> {
        let texts = match expand(text) {
            Ok(texts) => texts,
            Err(error) => {
                self.reader.problem(span, error.message, None);
                return Vec::new();
            }
        };
        self.hosts += texts.len();
        if self.hosts > MOST_NAMES {
            self.reader
                .problem(span, "the file names more than 100,000 hosts", None);
            return Vec::new();
        }
        let mut names = Vec::with_capacity(texts.len());
        for text in texts {
            let reserved = RESERVED.contains(&text.as_str()) || PREFIXES.iter().any(|prefix| text.starts_with(prefix));
            let problem = match HostName::new(text) {
                Ok(name) if !reserved => {
                    names.push(name);
                    continue;
                }
                Ok(name) => format!("`{name}` is a word of target expressions and cannot be a host"),
                Err(error) => error.to_string(),
            };
            // The other names of a range are wrong in the same way.
            self.reader.problem(span, problem, None);
            break;
        }
        names
    }
}

/// The hosts of one mapping or list, in which each may stand once.
#[derive(Default)]
struct HostBlock {
    entries: Vec<HostEntry>,
    first: HashMap<HostName, Place>,
}

impl HostBlock {
    fn add(&mut self, reader: &mut Reader, names: Vec<HostName>, span: Span, settings: Settings) {
        let place = reader.place(span);
        let settings = Arc::new(settings);
        let mut twice: Vec<(HostName, Place)> = Vec::new();
        for name in names {
            if let Some(earlier) = self.first.get(&name) {
                twice.push((name, earlier.clone()));
                continue;
            }
            self.first.insert(name.clone(), place.clone());
            self.entries.push(HostEntry {
                name,
                place: place.clone(),
                settings: Arc::clone(&settings),
            });
        }
        let others = twice.len().saturating_sub(1);
        if let Some((name, earlier)) = twice.into_iter().next() {
            let message = if others == 0 {
                format!("host `{name}` is defined twice")
            } else {
                format!("host `{name}` and {} are defined twice", count(others, "other"))
            };
            let problem = Diagnostic::new(place, message).with_related(earlier, "first defined here");
            reader.report(problem.with_hint("a range and a name of it cannot stand side by side"));
        }
    }
}

/// Why this is no native inventory at all, when it has none of its keys.
fn foreign(fields: &Fields<'_>) -> Option<&'static str> {
    let is_native = fields.entries().any(|entry| TOP_LEVEL.contains(&entry.key.as_str()));
    let is_slip = fields.entries().any(|entry| nearest(&entry.key, TOP_LEVEL).is_some());
    let is_ansible = fields.entries().any(|entry| match &entry.value.value {
        NodeValue::Mapping(entries) => entries
            .iter()
            .any(|entry| matches!(entry.key.as_str(), "hosts" | "children" | "vars")),
        NodeValue::Scalar(_) | NodeValue::Sequence(_) => entry.key == "all",
    });
    if is_native || (is_slip && !is_ansible) {
        None
    } else if is_ansible {
        Some("this is an Ansible inventory, which is not supported by this version yet")
    } else if fields.is_empty() {
        Some("the inventory holds neither `hosts` nor `groups`")
    } else {
        Some(
            "this is no inventory: it holds neither `hosts` nor `groups`; Ansible inventories are not supported by this version yet",
        )
    }
}

/// Whether the first line that says something is a section such as `[web]`.
fn is_ini(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"));
    // Such a line alone is a YAML list, which is no inventory either.
    first.is_some_and(|line| line.starts_with(b"[") && line.ends_with(b"]"))
}
