//! The sources of one inventory, read into memory: inventories, output of programs, and the files of
//! `group_vars` and `host_vars` beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::ini::read_ini;
use super::program::{ProgramOutput, read_program};
use super::reading::Reading;
use super::variables::{Variables, of_entries};
use super::yaml::read_yaml;
use crate::inventory::InventoryFile;
use crate::model::diagnostic::{Diagnostics, Place};
use crate::model::document::{Document, NodeValue, Reader, Span};

/// What begins a file that `ansible-vault` encrypted.
const VAULT: &[u8] = b"$ANSIBLE_VAULT;";

/// What one `--inventory` of Ansible's holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnsibleSource {
    /// Its inventories, in the order in which they are read.
    pub parts: Vec<AnsiblePart>,
    /// Files of `group_vars`, each with the group that it speaks of, in the order in which they are read.
    pub group_variables: Vec<(String, InventoryFile)>,
    /// Files of `host_vars`, each with the host that it speaks of, in the order in which they are read.
    pub host_variables: Vec<(String, InventoryFile)>,
}

impl AnsibleSource {
    /// Every file of it.
    pub(in crate::inventory) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let parts = self.parts.iter().filter_map(|part| match part {
            AnsiblePart::File(file) => Some(file.path.clone()),
            AnsiblePart::Program(_) => None,
        });
        let variables = self.group_variables.iter().chain(&self.host_variables);
        parts.chain(variables.map(|(_, file)| file.path.clone()))
    }
}

/// One inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnsiblePart {
    /// A file, in YAML or in INI form.
    File(InventoryFile),
    /// What a program printed.
    Program(ProgramOutput),
}

/// What the files of variables of one source say.
#[derive(Debug, Default)]
pub(super) struct VariableFiles {
    pub(super) groups: BTreeMap<String, Variables>,
    pub(super) hosts: BTreeMap<String, Variables>,
}

/// Reads all sources as one inventory.
pub(super) fn read_sources(sources: &[AnsibleSource]) -> (Reading, Vec<VariableFiles>) {
    let mut reading = Reading::default();
    for part in sources.iter().flat_map(|source| &source.parts) {
        match part {
            AnsiblePart::File(file) => read_file(file, &mut reading),
            AnsiblePart::Program(output) => read_program(output, &mut reading),
        }
    }
    reading.data.reconcile();
    // A file for a name that is not there is not looked at, as in Ansible.
    let groups: BTreeSet<String> = reading.data.groups.iter().map(|group| group.name.clone()).collect();
    let hosts: BTreeSet<String> = reading.data.hosts.iter().map(|host| host.name.clone()).collect();
    let files = sources
        .iter()
        .map(|source| VariableFiles {
            groups: read_all(&source.group_variables, &groups, &mut reading),
            hosts: read_all(&source.host_variables, &hosts, &mut reading),
        })
        .collect();
    (reading, files)
}

fn read_file(file: &InventoryFile, reading: &mut Reading) {
    let name = file.path.display().to_string();
    if file.bytes.starts_with(VAULT) {
        let message = "the inventory is encrypted by ansible-vault, which only Ansible can read";
        let hint = "decrypt it (`ansible-vault decrypt`), and encrypt single values that patchwave does not need";
        return reading.problem(&first_line(&name), message, hint);
    }
    let extension = file
        .path
        .extension()
        .map(|extension| extension.to_string_lossy().into_owned());
    match extension.as_deref() {
        Some("toml") => {
            let hint = "write it as YAML: `ansible-inventory -i FILE --list --export --yaml --output hosts.yml`";
            reading.problem(&first_line(&name), "inventories in TOML cannot be read", hint);
        }
        Some("yml" | "yaml" | "json") if !super::dialect::is_ini(&file.bytes) => {
            read_yaml(Document::from_ansible(&name, &file.bytes), reading)
        }
        None => {
            let document = Document::from_ansible(&name, &file.bytes);
            if super::dialect::looks_like_yaml(&file.bytes, &document) {
                read_yaml(document, reading);
            } else {
                read_ini(&name, &file.bytes, reading);
            }
        }
        Some(_) => read_ini(&name, &file.bytes, reading),
    }
}

fn first_line(file: &str) -> Place {
    Place {
        file: file.into(),
        line: 1,
        column: 1,
        length: 0,
    }
}

fn read_all(
    files: &[(String, InventoryFile)],
    names: &BTreeSet<String>,
    reading: &mut Reading,
) -> BTreeMap<String, Variables> {
    let mut all: BTreeMap<String, Variables> = BTreeMap::new();
    for (name, file) in files.iter().filter(|(name, _)| names.contains(name)) {
        let variables = all.entry(name.clone()).or_default();
        read_variables(file, variables, reading);
    }
    all
}

fn read_variables(file: &InventoryFile, variables: &mut Variables, reading: &mut Reading) {
    let name = file.path.display().to_string();
    if file.bytes.starts_with(VAULT) {
        let message = "this file is encrypted by ansible-vault and was not read";
        let hint = "nothing is to be done unless it holds connection variables such as `ansible_port`: keep those in \
                    a file of their own, and passwords where patchwave can read them: \
                    `ansible_become_password: \"{{ lookup('env', 'NAME') }}\"`";
        return reading.warning(&first_line(&name), message, hint);
    }
    let (mut reader, root) = Reader::new(Document::from_ansible(&name, &file.bytes));
    match root.as_ref().map(|root| (root, &root.value)) {
        Some((_, NodeValue::Mapping(entries))) => {
            for (name, variable) in of_entries(&mut reader, entries) {
                variables.entry(name).or_default().push(variable);
            }
        }
        Some((root, _)) if !root.is_empty_value() => {
            let span = Span { length: 0, ..root.span };
            let hint = "a file of variables is a mapping: `name: value`";
            reader.problem(
                span,
                format!("expected variables, found {}", root.describe()),
                Some(hint.to_owned()),
            );
        }
        Some(_) | None => {}
    }
    let problems: Diagnostics = reader.into_problems();
    reading.problems.merge(problems);
}
