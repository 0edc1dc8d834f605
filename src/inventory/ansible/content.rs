//! From Ansible's groups and hosts to what the inventory is joined from: hosts with their settings, and groups
//! without any, because which group's word counts is decided here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::connection::{ConnectionReader, Told};
use super::data::{ALL, UNGROUPED};
use super::precedence::{Chains, Precedence};
use super::reading::Reading;
use super::sources::VariableFiles;
use crate::inventory::paths::PathContext;
use crate::inventory::schema::{FileContent, GroupEntry, HostEntry, PREFIXES, RESERVED};
use crate::inventory::settings::Settings;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::Located;
use crate::model::name::{GroupName, HostName};

/// What hosts come to that have the same values of all variables.
type Common = (Arc<Settings>, Arc<Told>);

/// What the sources say, as files of the inventory: one for the hosts of each file in order, and a last one
/// for the groups.
pub(super) fn contents(
    reading: Reading,
    files: &[VariableFiles],
    paths: &PathContext,
) -> (Vec<FileContent>, Diagnostics) {
    let Reading {
        data,
        mut problems,
        mut warnings,
    } = reading;
    let mut precedence = Precedence::new(&data, files);
    let mut contents: Vec<FileContent> = Vec::new();
    // The key is where the chains are in memory; they are kept alive beside it.
    let mut common: HashMap<*const Chains, (Rc<Chains>, Common)> = HashMap::new();
    let mut told: HashMap<HostName, Arc<Told>> = HashMap::new();
    for (position, host) in data.hosts.iter().enumerate() {
        let Some(name) = host_name(&host.name, &host.place, &mut problems) else {
            continue;
        };
        let chains = precedence.of(position, &data.closure(&host.groups));
        let (_, (settings, said)) = common.entry(Rc::as_ptr(&chains)).or_insert_with(|| {
            let reader = ConnectionReader {
                host: &host.name,
                chains: &chains,
                data: &data,
                paths,
                problems: &mut problems,
                warnings: &mut warnings,
                settings: Settings::new(),
                told: Told::new(),
            };
            let (settings, said) = reader.read();
            (Rc::clone(&chains), (Arc::new(settings), Arc::new(said)))
        });
        told.insert(name.clone(), Arc::clone(said));
        let entry = HostEntry {
            name,
            place: host.place.clone(),
            settings: Arc::clone(settings),
        };
        match contents.last_mut() {
            Some(content)
                if content
                    .hosts
                    .last()
                    .is_some_and(|last| last.place.file == entry.place.file) =>
            {
                content.hosts.push(entry);
            }
            _ => contents.push(FileContent {
                hosts: vec![entry],
                ..FileContent::default()
            }),
        }
    }
    let groups = groups(&data, &mut problems);
    contents.push(FileContent {
        groups,
        told,
        warnings,
        ..FileContent::default()
    });
    (contents, problems)
}

/// Every group but `all` and `ungrouped`, which are no groups here.
fn groups(data: &super::data::Data, problems: &mut Diagnostics) -> Vec<GroupEntry> {
    let hidden = BTreeSet::from([ALL, UNGROUPED]);
    let names: BTreeMap<usize, GroupName> = data
        .groups
        .iter()
        .enumerate()
        .filter(|(position, _)| !hidden.contains(position))
        .filter_map(|(position, group)| Some((position, group_name(&group.name, group.place.as_ref()?, problems)?)))
        .collect();
    let nothing: Arc<Settings> = Arc::default();
    let mut entries = Vec::with_capacity(names.len());
    for (position, name) in &names {
        let Some(group) = data.groups.get(*position) else {
            continue;
        };
        let Some(place) = group.place.clone() else {
            continue;
        };
        let hosts = group.hosts.iter().filter_map(|(host, place)| {
            let name = HostName::new(data.hosts.get(*host)?.name.as_str()).ok()?;
            Some(HostEntry {
                name,
                place: place.clone(),
                settings: Arc::clone(&nothing),
            })
        });
        let children = group.children.iter().filter_map(|(child, place)| {
            Some(Located {
                value: names.get(child)?.clone(),
                place: place.clone(),
            })
        });
        entries.push(GroupEntry {
            name: name.clone(),
            place,
            settings: Settings::new(),
            hosts: hosts.collect(),
            children: children.collect(),
        });
    }
    entries
}

fn host_name(text: &str, place: &Place, problems: &mut Diagnostics) -> Option<HostName> {
    let problem = match HostName::new(text) {
        Ok(name) if !is_reserved(text) => return Some(name),
        Ok(_) => format!("`{text}` is a word of target expressions and cannot be a host"),
        Err(error) => error.to_string(),
    };
    problems.push(Diagnostic::new(place.clone(), problem).with_hint("give the host another name, and `ansible_host`"));
    None
}

fn group_name(text: &str, place: &Place, problems: &mut Diagnostics) -> Option<GroupName> {
    let problem = match GroupName::new(text) {
        Ok(name) if !is_reserved(text) => return Some(name),
        Ok(_) => format!("`{text}` is a word of target expressions and cannot be a group"),
        Err(error) => error.to_string(),
    };
    let hint = "give the group a name of letters, digits and `_`, as Ansible asks for";
    problems.push(Diagnostic::new(place.clone(), problem).with_hint(hint));
    None
}

fn is_reserved(text: &str) -> bool {
    RESERVED.contains(&text) || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}
