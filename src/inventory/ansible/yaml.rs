//! YAML inventories: groups with `hosts`, `children` and `vars`, within each other.
//!
//! What Ansible warns about is warned about; what makes it give the file up is a mistake.

use super::reading::Reading;
use super::variables::of_entries;
use crate::model::diagnostic::Diagnostic;
use crate::model::document::{Document, Entry, Node, NodeValue, Reader, ScalarStyle, Span};

/// Keys of the items of playbooks, of lists of tasks and of lists of roles.
const OTHER_KEYS: [&str; 9] = [
    "hosts",
    "import_playbook",
    "ansible.builtin.import_playbook",
    "roles",
    "tasks",
    "block",
    "name",
    "src",
    "role",
];

const SECTIONS: [&str; 3] = ["hosts", "children", "vars"];

/// Adds what one file says.
pub(super) fn read_yaml(document: Document, reading: &mut Reading) {
    let (reader, root) = Reader::new(document);
    let mut file = YamlFile { reader, reading };
    match root.as_ref().map(|root| &root.value) {
        Some(NodeValue::Mapping(entries)) => file.read(entries),
        Some(NodeValue::Sequence(items)) if is_something_else(items) => file.left_aside(),
        Some(_) if root.as_ref().is_some_and(Node::is_empty_value) => file.left_aside(),
        Some(_) => file.no_inventory(root.as_ref()),
        None if file.reader.is_clean() => file.left_aside(),
        None => {}
    }
    let problems = file.reader.into_problems();
    reading.problems.merge(problems);
}

struct YamlFile<'all> {
    reader: Reader,
    reading: &'all mut Reading,
}

impl YamlFile<'_> {
    /// Such a file is only read because it lies in a directory of inventories: a list of roles, a playbook.
    fn left_aside(&mut self) {
        let span = Span {
            line: 1,
            column: 1,
            length: 0,
        };
        let warning = Diagnostic::new(self.reader.place(span), "this is no inventory, and is left aside");
        let warning = warning.with_hint("Ansible skips this, too").as_loss();
        self.reading.warnings.push(warning);
    }

    /// Ansible would warn and go on without the hosts that are perhaps meant.
    fn no_inventory(&mut self, root: Option<&Node>) {
        let Some(root) = root else {
            return;
        };
        let span = Span { length: 0, ..root.span };
        let hint =
            "groups and hosts are mappings: `web: {hosts: {web01: }}`; a file that is no inventory belongs elsewhere";
        let message = format!("this is no inventory: it is {}", root.describe());
        self.reader.problem(span, message, Some(hint.to_owned()));
    }

    fn read(&mut self, entries: &[Entry]) {
        if let Some(plugin) = entries.iter().find(|entry| entry.key == "plugin") {
            let message = "this configures an inventory plugin of Ansible, which only Ansible can run";
            let hint = "let it write what it finds: `ansible-inventory -i FILE --list --export --yaml --output hosts.yml`, \
                        and name that file";
            self.reader.problem(plugin.span, message, Some(hint.to_owned()));
            return;
        }
        for entry in entries {
            self.read_group(entry);
        }
    }

    fn warn(&mut self, span: Span, message: String) {
        let warning = Diagnostic::new(self.reader.place(span), message);
        self.reading.warnings.push(warning.with_hint("Ansible skips this, too"));
    }

    fn read_group(&mut self, entry: &Entry) -> Option<usize> {
        let sections = match &entry.value.value {
            NodeValue::Mapping(sections) => sections.as_slice(),
            _ if entry.value.is_empty_value() => &[],
            _ => {
                let message = format!("`{}` is not a group: it is {}", entry.key, entry.value.describe());
                self.warn(entry.span, message);
                return None;
            }
        };
        if entry.key.is_empty() {
            self.reader.problem(entry.span, "the name of a group is empty", None);
            return None;
        }
        let place = self.reader.place(entry.span);
        let group = self.reading.data.add_group(&entry.key, &place);
        for section in sections {
            self.read_section(section, group, &entry.key);
        }
        Some(group)
    }

    fn read_section(&mut self, section: &Entry, group: usize, name: &str) {
        if !SECTIONS.contains(&section.key.as_str()) {
            if !section.value.is_empty_value() {
                let message = format!(
                    "`{}` is not a key of a group; the keys are `hosts`, `children` and `vars`",
                    section.key
                );
                self.warn(section.span, message);
            }
            return;
        }
        let one;
        let entries = match &section.value.value {
            NodeValue::Mapping(entries) => entries.as_slice(),
            _ if section.value.is_empty_value() => return,
            // A single word stands for a mapping with that key.
            NodeValue::Scalar(scalar) if is_word(&section.value) => {
                one = [Entry {
                    key: scalar.text.clone(),
                    span: section.value.span,
                    value: nothing(section.value.span),
                }];
                one.as_slice()
            }
            _ => {
                let message = format!(
                    "`{}` of group `{name}` is {}, not a mapping",
                    section.key,
                    section.value.describe()
                );
                let hint = "in YAML inventories of Ansible each host and child is a key: `web01:` without the `-`";
                self.reader.problem(section.value.span, message, Some(hint.to_owned()));
                return;
            }
        };
        match section.key.as_str() {
            "hosts" => entries.iter().for_each(|entry| self.read_host(entry, group)),
            "children" => entries.iter().for_each(|entry| self.read_child(entry, group)),
            _ => {
                for (variable, value) in of_entries(&mut self.reader, entries) {
                    self.reading.set_group(group, variable, value);
                }
            }
        }
    }

    fn read_child(&mut self, entry: &Entry, group: usize) {
        let place = self.reader.place(entry.span);
        // Ansible links a child that it could not read as a group, when there is one of that name.
        let child = self.read_group(entry).or_else(|| self.reading.data.group(&entry.key));
        match child {
            Some(child) => self.reading.add_child(group, child, &place),
            None => self
                .reader
                .problem(entry.span, format!("`{}` is not a group", entry.key), None),
        }
    }

    fn read_host(&mut self, entry: &Entry, group: usize) {
        let variables = match &entry.value.value {
            NodeValue::Mapping(entries) => of_entries(&mut self.reader, entries),
            _ if entry.value.is_empty_value() => Vec::new(),
            _ => {
                let message = format!(
                    "the variables of a host are a mapping, found {}",
                    entry.value.describe()
                );
                self.reader.problem(entry.value.span, message, None);
                return;
            }
        };
        let place = self.reader.place(entry.span);
        self.reading.add_hosts(&entry.key, group, &variables, &place);
    }
}

/// Whether a list is plainly one of Ansible's other files: a playbook, tasks, roles to install.
fn is_something_else(items: &[Node]) -> bool {
    let is_other = |item: &Node| match &item.value {
        NodeValue::Mapping(entries) => entries.iter().any(|entry| OTHER_KEYS.contains(&entry.key.as_str())),
        _ => false,
    };
    !items.is_empty() && items.iter().all(is_other)
}

fn is_word(node: &Node) -> bool {
    matches!(super::value::Value::of(node), super::value::Value::Text(_))
}

fn nothing(span: Span) -> Node {
    let scalar = crate::model::document::Scalar {
        text: String::new(),
        style: ScalarStyle::Plain,
    };
    Node {
        span,
        value: NodeValue::Scalar(scalar),
    }
}
