//! What one inventory file says, before it is joined with the others: the native dialect.

use std::collections::HashMap;
use std::sync::Arc;

use super::ansible::Told;
use super::domains::{DomainEntry, read_domains};
use super::paths::PathContext;
use super::setting_reader::SettingReader;
use super::settings::Settings;
use super::sources::include::read_includes;
use super::sources::{Includes, NativeSource};
use crate::model::diagnostic::{Diagnostics, Place};
use crate::model::document::{Document, Entry, Fields, Located, Node, Reader, Span};
use crate::model::name::{GroupName, HostName};
use crate::model::text::nearest;

/// Words that mean something else in target expressions.
pub(super) const RESERVED: [&str; 2] = ["all", "reboot"];

/// What such names begin with in target expressions.
pub(super) const PREFIXES: [&str; 4] = ["group:", "label:", "os:", "manager:"];

/// Whether a name means something else in target expressions.
pub(super) fn is_reserved(text: &str) -> bool {
    RESERVED.contains(&text) || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

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
    /// For hosts whose settings were chosen among several already: who said them, and what was not chosen.
    pub(super) told: HashMap<HostName, Arc<Told>>,
    pub(super) domains: Vec<DomainEntry>,
    /// What is allowed and still looks like a mistake.
    pub(super) warnings: Diagnostics,
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
pub(super) fn read_file(source: &NativeSource, paths: &PathContext) -> (FileContent, Diagnostics) {
    let document = Document::from_bytes(&source.name, &source.bytes);
    let (reader, root) = Reader::new(document);
    let mut file = FileReader {
        reader,
        paths,
        includes: source.includes,
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

/// Reads one file.
pub(super) struct FileReader<'file> {
    pub(super) reader: Reader,
    paths: &'file PathContext,
    includes: Includes,
    content: FileContent,
    /// Hosts so far, to stop before the memory does.
    pub(super) hosts: usize,
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
        if let Some(node) = fields.get("domains") {
            self.content.domains = read_domains(&mut self.reader, node);
        }
        if let Some(entry) = fields.entry("include") {
            self.read_include(entry);
        }
        self.reader.finish(fields);
    }

    /// What is included was read already; here only its mistakes are of interest.
    fn read_include(&mut self, entry: &Entry) {
        let found = read_includes(&mut self.reader, &entry.value, self.paths);
        let message = match self.includes {
            Includes::Forbidden => "what a program prints cannot include anything",
            Includes::NotFollowed if !found.is_empty() => "what this includes was not read",
            Includes::NotFollowed | Includes::Followed => return,
        };
        self.reader.problem(entry.span, message, None);
    }

    pub(super) fn settings(&mut self, fields: &mut Fields<'_>) -> Settings {
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
}

/// Why this is no native inventory at all, when it has none of its keys.
fn foreign(fields: &Fields<'_>) -> Option<&'static str> {
    let is_native = fields.entries().any(|entry| TOP_LEVEL.contains(&entry.key.as_str()));
    let is_slip = fields.entries().any(|entry| nearest(&entry.key, TOP_LEVEL).is_some());
    if is_native || is_slip {
        None
    } else if fields.is_empty() {
        Some("the inventory holds neither `hosts` nor `groups`")
    } else {
        Some("this is no inventory: it holds neither `hosts` nor `groups`, nor the groups of an Ansible inventory")
    }
}
