//! Reads `hosts`: names and ranges, with or without settings, each host once in a mapping or list.

use std::collections::HashMap;
use std::sync::Arc;

use super::schema::{FileReader, HostEntry, PREFIXES, RESERVED};
use super::settings::{Setting, Settings};
use crate::model::diagnostic::{Diagnostic, Place};
use crate::model::document::{Entry, Node, NodeValue, Reader, Span};
use crate::model::name::HostName;
use crate::model::range::{MOST_NAMES, expand};
use crate::model::text::count;

impl FileReader<'_> {
    /// `hosts` is a mapping of names to settings, or a list of names.
    pub(super) fn read_hosts(&mut self, node: &Node) -> Vec<HostEntry> {
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
