//! What `inventory` says: hosts, one host with the origin of each value, the tree of groups.

use serde::Serialize;

use crate::model::domain::Domain;
use crate::model::host::{Connect, Host, PrivilegeMethod};
use crate::model::name::{GroupName, HostName};
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many names as one line of the tree shows.
const NAMES: usize = 8;

/// A group may hold itself only by a mistake that the inventory refuses; the tree is bounded all the same.
const DEEPEST: usize = 50;

/// A setting of a host and where it came from, in words.
#[derive(Debug, Clone, Serialize)]
pub struct OriginRow {
    /// The setting as the file names it.
    pub setting: String,
    /// The value that is used.
    pub value: String,
    /// Who set it.
    pub set_by: String,
    /// The file, line and column; `None` for a built-in default.
    pub place: Option<String>,
    /// What it won over.
    pub overridden: Vec<String>,
}

/// A group in the tree.
#[derive(Debug, Clone, Serialize)]
pub struct GraphNode {
    /// The name.
    pub name: GroupName,
    /// Whether no other group holds it.
    #[serde(skip)]
    pub is_root: bool,
    /// The groups that it names as children.
    pub children: Vec<GroupName>,
    /// The hosts that it holds itself.
    pub hosts: Vec<HostName>,
}

/// Every host with the settings that matter for reaching it.
#[must_use]
pub fn list_page(hosts: &[&Host]) -> Page {
    let mut page = Page::new();
    page.grid(Grid {
        columns: vec!["HOST", "ADDRESS", "USER", "BECOME", "JUMP", "GROUPS", "LABELS"],
        rows: hosts.iter().map(|host| host_row(host)).collect(),
    });
    page
}

fn host_row(host: &Host) -> Vec<Text> {
    let address = match host.connect {
        Connect::Local => "(this machine)".to_owned(),
        Connect::Ssh if host.port == 22 => host.address.clone(),
        Connect::Ssh => format!("{}:{}", host.address, host.port),
    };
    let groups: Vec<&str> = host.groups.iter().map(GroupName::as_str).collect();
    let jump: Vec<&str> = host.jump.iter().map(HostName::as_str).collect();
    let labels: Vec<String> = host
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let privilege = match host.privilege.method {
        PrivilegeMethod::None => "-".to_owned(),
        method => method.to_string(),
    };
    vec![
        Text::new(host.name.as_str(), Tone::Strong),
        Text::plain(address),
        Text::plain(&host.user),
        Text::plain(privilege),
        Text::plain(jump.join(" → ")),
        Text::plain(groups.join(", ")),
        Text::plain(labels.join(", ")),
    ]
}

/// One host: each value, who set it, and where.
#[must_use]
pub fn show_page(host: &Host, domains: &[&Domain], rows: &[OriginRow]) -> Page {
    let mut page = Page::new();
    let groups: Vec<&str> = host.groups.iter().map(GroupName::as_str).collect();
    let groups = if groups.is_empty() {
        "no group".to_owned()
    } else {
        groups.join(", ")
    };
    let mut lines = vec![Line::new(0, host.name.as_str(), Tone::Strong).and(format!(" in {groups}"), Tone::Plain)];
    lines.extend(domains.iter().map(|domain| domain_line(domain)));
    page.lines(lines);
    page.grid(Grid {
        columns: vec!["SETTING", "VALUE", "SET BY", "WHERE", "INSTEAD OF"],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    Text::new(&row.setting, Tone::Strong),
                    Text::plain(&row.value),
                    Text::plain(&row.set_by),
                    Text::new(row.place.as_deref().unwrap_or("-"), Tone::Quiet),
                    Text::new(row.overridden.join(", "), Tone::Quiet),
                ]
            })
            .collect(),
    });
    page
}

/// How many hosts of a domain may be down together.
fn domain_line(domain: &Domain) -> Line {
    let names = fold_line(domain.members.iter().map(HostName::as_str), NAMES);
    let asks = domain.quorum.as_ref().map(|rule| format!(", and {}", rule.in_words()));
    let words = format!(
        ": at most {} of {} down ({names}){}",
        domain.limit(),
        domain.members.len(),
        asks.unwrap_or_default()
    );
    Line::new(0, format!("domain {}", domain.name), Tone::Plain).and(words, Tone::Quiet)
}

/// The groups as a tree, then hosts without a group, then the domains.
#[must_use]
pub fn graph_page(nodes: &[GraphNode], ungrouped: &[HostName], domains: &[Domain]) -> Page {
    let mut lines = Vec::new();
    for node in nodes.iter().filter(|node| node.is_root) {
        branch(node, nodes, 0, &mut lines);
    }
    if !ungrouped.is_empty() {
        let names = fold_line(ungrouped.iter().map(HostName::as_str), NAMES);
        lines.push(Line::new(0, "(no group)", Tone::Quiet).and(format!("  {names}"), Tone::Plain));
    }
    lines.extend(domains.iter().map(domain_line));
    let mut page = Page::new();
    page.lines(lines);
    page
}

fn branch(node: &GraphNode, nodes: &[GraphNode], depth: usize, lines: &mut Vec<Line>) {
    if depth > DEEPEST {
        return;
    }
    let names = fold_line(node.hosts.iter().map(HostName::as_str), NAMES);
    let line = Line::new(depth * 2, node.name.as_str(), Tone::Strong);
    lines.push(if names.is_empty() {
        line
    } else {
        line.and(format!("  {names}"), Tone::Plain)
    });
    for child in &node.children {
        if let Some(child) = nodes.iter().find(|other| other.name == *child) {
            branch(child, nodes, depth + 1, lines);
        }
    }
}
