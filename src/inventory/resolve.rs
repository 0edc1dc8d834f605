//! From what the files say to hosts with every setting certain.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::ansible::{self, AnsiblePart, AnsibleSource, Told, is_ansible};
use super::collect::{Collected, HostDefinition, collect};
use super::domains::find_members;
use super::graph::GroupGraph;
use super::jump::{check_jumps, complete_ways};
use super::layers::{Contradiction, GroupLayer, Winner, group_layer, host_settings};
use super::origins::origins;
use super::paths::PathContext;
use super::resolved::{Group, Inventory, Layer};
use super::schema::read_file;
use super::settings::{Setting, Value};
use super::sources::{NativeSource, Sources, no_host};
use super::ssh::SshQuestions;
use super::ssh_hosts::ssh_hosts;
use super::warnings::{same_machines, same_names};
use super::{InventoryFile, ResolveContext};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::host::{Connect, Host};
use crate::model::name::{GroupName, HostName};
use crate::model::text::count;

/// Reads several files as one inventory: native ones, and those of Ansible by themselves, without the files of
/// variables beside them.
///
/// # Errors
/// Every mistake of every file.
pub fn parse_inventory(files: &[InventoryFile], context: &ResolveContext) -> Result<Inventory, Diagnostics> {
    let (ansible, native): (Vec<&InventoryFile>, Vec<_>) =
        files.iter().partition(|file| is_ansible(&file.path, &file.bytes));
    let native: Vec<InventoryFile> = native.into_iter().cloned().collect();
    let sources: Vec<AnsibleSource> = ansible
        .into_iter()
        .map(|file| AnsibleSource {
            parts: vec![AnsiblePart::File(file.clone())],
            ..AnsibleSource::default()
        })
        .collect();
    parse_sources(&native, &sources, context)
}

/// Reads native files and sources of Ansible's as one inventory.
///
/// # Errors
/// Every mistake of every file.
pub fn parse_sources(
    files: &[InventoryFile],
    sources: &[AnsibleSource],
    context: &ResolveContext,
) -> Result<Inventory, Diagnostics> {
    let sources = Sources {
        native: files.iter().map(NativeSource::of_file).collect(),
        ansible: sources.to_vec(),
        ..Sources::default()
    };
    parse_everything(&sources, context)
}

/// Reads everything that was gathered as one inventory.
///
/// # Errors
/// Every mistake of every source.
pub(super) fn parse_everything(sources: &Sources, context: &ResolveContext) -> Result<Inventory, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut contents = Vec::with_capacity(sources.native.len());
    let home = || context.home.clone();
    for source in &sources.native {
        let directory = source.folder.clone();
        let paths = PathContext {
            directory,
            home: home(),
        };
        let (content, found) = read_file(source, &paths);
        let is_empty = content.hosts.is_empty() && content.groups.iter().all(|group| group.hosts.is_empty());
        if let Some(place) = source.command.as_ref().filter(|_| is_empty && found.is_empty()) {
            problems.push(no_host(&source.name, place));
        }
        problems.merge(found);
        contents.push(content);
    }
    if !sources.ansible.is_empty() {
        // As for Ansible itself, a relative path begins where the program was started.
        let paths = PathContext {
            directory: PathBuf::new(),
            home: home(),
        };
        let (more, found) = ansible::read(&sources.ansible, &paths);
        problems.merge(found);
        contents.extend(more);
    }
    for source in &sources.ssh {
        contents.extend(ssh_hosts(source, &mut problems));
    }
    let mut warnings = Diagnostics::default();
    let mut domains = Vec::new();
    for content in &mut contents {
        warnings.merge(std::mem::take(&mut content.warnings));
        domains.append(&mut content.domains);
    }
    let collected = collect(contents, &mut problems);
    let graph = GroupGraph::new(&collected, &mut problems);
    check_jumps(&collected, &mut problems);
    let mut resolver = Resolver {
        collected: &collected,
        graph: &graph,
        context,
        layers: HashMap::new(),
    };
    let mut inventory = resolver.inventory(&mut problems);
    inventory.warnings.merge(warnings);
    if !inventory.warnings.is_empty() {
        inventory.warnings.add_sources_of(&problems);
    }
    inventory.files = sources.native.iter().filter_map(|source| source.path.clone()).collect();
    inventory
        .files
        .extend(sources.ansible.iter().flat_map(AnsibleSource::files));
    if !sources.is_incomplete {
        inventory.domains = find_members(domains, &inventory, &mut problems);
    }
    problems.into_result(inventory)
}

struct Resolver<'files> {
    collected: &'files Collected,
    graph: &'files GroupGraph,
    context: &'files ResolveContext,
    /// By the groups that a host is in.
    layers: HashMap<BTreeSet<usize>, GroupLayer>,
}

impl Resolver<'_> {
    fn inventory(&mut self, problems: &mut Diagnostics) -> Inventory {
        let mut inventory = Inventory::default();
        let mut jumps: HashMap<HostName, Place> = HashMap::new();
        let mut contradictions: BTreeMap<Contradiction, Vec<HostName>> = BTreeMap::new();
        let mut closures = Vec::with_capacity(self.collected.hosts.len());
        let context = self.context;
        let mut questions = context
            .ssh
            .as_deref()
            .map(|ssh| SshQuestions::new(ssh, self.collected, &context.local_user));
        for definition in &self.collected.hosts {
            let groups = self.graph.closure(&definition.groups);
            let winners = self.winners(definition, &groups);
            for contradiction in winners.values().filter_map(|winner| winner.contradiction.clone()) {
                contradictions
                    .entry(contradiction)
                    .or_default()
                    .push(definition.name.clone());
            }
            if let Some(jump) = winners.get(&Setting::Jump) {
                jumps.insert(definition.name.clone(), jump.place.clone());
            }
            let mut host = self.host(definition, &groups, &winners);
            let from_ssh = match &mut questions {
                Some(questions) => questions.complete(&mut host, &winners),
                None => Vec::new(),
            };
            inventory
                .origins
                .insert(definition.name.clone(), origins(&host, winners, from_ssh));
            inventory
                .positions
                .insert(definition.name.clone(), inventory.hosts.len());
            inventory.hosts.push(host);
            closures.push(groups);
        }
        report(contradictions, problems);
        if let Some(questions) = questions {
            jumps.extend(questions.ways);
            inventory.hops = questions.hop_hosts;
            inventory.warnings = questions.warnings;
            problems.merge(questions.problems);
        }
        complete_ways(&mut inventory, &jumps, problems);
        for host in inventory.hosts.iter().filter(|host| !host.jump.is_empty()) {
            let origins = inventory.origins.get_mut(&host.name).into_iter().flatten();
            for origin in origins.filter(|origin| origin.setting == "jump") {
                origin.value = Value::Jump(host.jump.clone()).to_string();
            }
        }
        inventory.groups = self.groups(&closures);
        inventory
            .warnings
            .merge(same_machines(&inventory.hosts, self.collected));
        inventory.warnings.merge(same_names(self.collected));
        inventory
    }

    fn winners(&mut self, host: &HostDefinition, groups: &BTreeSet<usize>) -> BTreeMap<Setting, Winner> {
        let (collected, graph) = (self.collected, self.graph);
        let layer = self
            .layers
            .entry(groups.clone())
            .or_insert_with_key(|groups| group_layer(groups, collected, graph));
        let mut winners = host_settings(&host.settings, layer, &collected.defaults);
        if let Some(told) = collected.told.get(&host.name) {
            retell(&mut winners, told);
        }
        winners
    }

    fn host(&self, definition: &HostDefinition, groups: &BTreeSet<usize>, winners: &BTreeMap<Setting, Winner>) -> Host {
        let mut host = Host::new(definition.name.clone(), &self.context.local_user);
        host.groups = self.group_names(groups.iter());
        for (setting, winner) in winners {
            set(&mut host, setting, winner.value.clone());
        }
        if host.connect == Connect::Local {
            // No login takes place: whoever runs patchwave is the user, and there is no way to go.
            host.user.clone_from(&self.context.local_user);
            host.jump.clear();
        }
        host
    }

    fn group_names<'a>(&self, groups: impl Iterator<Item = &'a usize>) -> Vec<GroupName> {
        groups
            .filter_map(|position| self.collected.groups.get(*position))
            .map(|group| group.name.clone())
            .collect()
    }

    fn listed(&self, positions: &[usize]) -> Vec<HostName> {
        let mut seen = BTreeSet::new();
        positions
            .iter()
            .filter(|position| seen.insert(**position))
            .filter_map(|position| self.collected.hosts.get(*position))
            .map(|host| host.name.clone())
            .collect()
    }

    fn groups(&self, closures: &[BTreeSet<usize>]) -> Vec<Group> {
        let mut groups: Vec<Group> = self
            .collected
            .groups
            .iter()
            .enumerate()
            .map(|(position, group)| Group {
                name: group.name.clone(),
                parents: self.group_names(self.graph.parents.get(position).into_iter().flatten()),
                children: self.group_names(self.graph.children.get(position).into_iter().flatten()),
                hosts: Vec::new(),
                listed: self.listed(&group.listed),
                members: Vec::new(),
            })
            .collect();
        for (host, closure) in self.collected.hosts.iter().zip(closures) {
            for position in closure {
                if let Some(group) = groups.get_mut(*position) {
                    group.members.push(host.name.clone());
                    if host.groups.contains(position) {
                        group.hosts.push(host.name.clone());
                    }
                }
            }
        }
        groups
    }
}

/// What an inventory of Ansible's says of a host may have been said by a group there.
fn retell(winners: &mut BTreeMap<Setting, Winner>, told: &Told) {
    for (setting, (layer, overridden)) in told {
        if let Some(winner) = winners.get_mut(setting).filter(|winner| winner.layer == Layer::Host) {
            winner.layer = layer.clone();
            winner.overridden.splice(0..0, overridden.iter().cloned());
        }
    }
}

fn set(host: &mut Host, setting: &Setting, value: Value) {
    match value {
        Value::Address(address) => host.address = address,
        Value::Port(port) => host.port = port,
        Value::User(user) => host.user = user,
        Value::Key(keys) => host.keys = keys,
        Value::Password(reference) => Arc::make_mut(&mut host.ssh).password = Some(reference),
        Value::Jump(jump) => host.jump = jump,
        Value::Become(privilege) => host.privilege = privilege,
        Value::HostKey(fingerprint) => host.host_key = Some(fingerprint),
        Value::Connect(connect) => host.connect = connect,
        Value::Exclude(patterns) => host.exclude = patterns,
        Value::Reboot(policy) => host.reboot = Some(policy),
        // They have their say when OpenSSH's configuration is asked.
        Value::SshOptions(_) | Value::SshConfiguration(_) => {}
        Value::Label(text) => {
            if let Setting::Label(key) = setting {
                host.labels.insert(key.clone(), text);
            }
        }
    }
}

/// One report for two groups, however many hosts are in both.
fn report(contradictions: BTreeMap<Contradiction, Vec<HostName>>, problems: &mut Diagnostics) {
    for (Contradiction { setting, first, second }, hosts) in contradictions {
        let Some(host) = hosts.first() else {
            continue;
        };
        let others = match hosts.len() {
            1 => String::new(),
            more => format!(" and {}", count(more - 1, "other host")),
        };
        let message = format!(
            "`{setting}` of `{host}`{others} is `{}` by group `{}` and `{}` by group `{}`",
            first.value, first.group, second.value, second.group
        );
        let problem = Diagnostic::new(second.place, message)
            .with_related(first.place, format!("group `{}` sets it here", first.group))
            .with_hint("set it on the host, or make one group a child of the other");
        problems.push(problem);
    }
}
