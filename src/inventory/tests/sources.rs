//! Hosts of OpenSSH's configuration as part of an inventory, and what text alone cannot include.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::parse_files;
use crate::inventory::load::load_inventory;
use crate::inventory::{Inventory, ResolveContext};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::ssh_options::{SshAnswer, SshConfiguration, SshDestination, SshHostEntry, SshOptions};

/// A configuration with three hosts; what it says of each names the file that was asked.
#[derive(Debug)]
struct Fake {
    is_replaced: bool,
}

impl SshConfiguration for Fake {
    fn resolve(&self, destination: &SshDestination<'_>) -> Result<SshAnswer, Diagnostics> {
        let file = destination
            .configuration
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
        Ok(SshAnswer {
            address: Some(format!(
                "{}.by.{}",
                destination.name,
                file.as_deref().unwrap_or("default")
            )),
            options: SshOptions {
                proxy_command: destination
                    .user
                    .and_then(|user| user.strip_prefix("via-"))
                    .map(str::to_owned),
                ..SshOptions::default()
            },
            ..SshAnswer::default()
        })
    }

    fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    fn hosts(&self, file: &Path, pattern: Option<&str>) -> Result<Vec<SshHostEntry>, Diagnostics> {
        let name = file.display().to_string();
        if file.ends_with("gone") {
            return Err(Diagnostic::new(Place::of_file(&name), "is not there").into());
        }
        let names = ["prod-b", "prod-a", "lab"].into_iter().enumerate();
        let wanted =
            names.filter(|(_, host)| pattern.is_none_or(|pattern| host.starts_with(pattern.trim_end_matches('*'))));
        Ok(wanted
            .map(|(line, host)| SshHostEntry {
                name: host.to_owned(),
                place: Place {
                    file: name.as_str().into(),
                    line: 9 - line,
                    column: 6,
                    length: host.len(),
                },
            })
            .collect())
    }
}

fn load(text: &str) -> Result<Inventory, String> {
    load_with(text, false)
}

fn load_with(text: &str, is_replaced: bool) -> Result<Inventory, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.yml");
    fs::write(&path, text).unwrap();
    let context = ResolveContext {
        local_user: "eve".to_owned(),
        home: Some("/home/eve".into()),
        ssh: Some(Arc::new(Fake { is_replaced })),
    };
    load_inventory(&[path], &context).map_err(|problems| problems.to_string())
}

fn addresses(text: &str) -> String {
    let inventory = load(text).unwrap_or_else(|problems| panic!("{problems}"));
    let addresses: Vec<&str> = inventory.hosts().iter().map(|host| host.address.as_str()).collect();
    addresses.join(" ")
}

#[test]
fn hosts_of_openssh_are_asked_of_the_file_that_names_them() {
    assert_eq!(
        addresses("include: [{ssh_config: {match: 'prod-*'}}]"),
        "prod-b.by.default prod-a.by.default",
        "in the order of the file, whatever its lines"
    );
    assert_eq!(
        addresses("include: [{ssh_config: other}]\nhosts: [h]"),
        "h.by.default prod-b.by.other prod-a.by.other lab.by.other"
    );
    let other = load_with("include: [{ssh_config: {match: lab}}]\nhosts: [h]", true).unwrap();
    let addresses: Vec<&str> = other.hosts().iter().map(|host| host.address.as_str()).collect();
    assert_eq!(
        addresses,
        ["h.by.default", "lab.by.config"],
        "under --ssh-config FILE names and settings still come from one file"
    );
    let inventory = load("include: [{ssh_config: {path: other, match: lab}}]\ngroups: {g: {hosts: [lab]}}").unwrap();
    let origins = inventory.origins("lab");
    assert!(
        origins
            .iter()
            .any(|origin| origin.setting == "ssh_config" && origin.place.as_ref().unwrap().line == 1)
    );
    assert_eq!(inventory.host("lab").unwrap().groups.len(), 1);
}

#[test]
fn an_address_behind_another_proxy_is_another_machine() {
    let warnings = |first: &str, second: &str| {
        let host = |user: &str| format!("{{address: 10.0.0.1, user: {user}}}");
        let text = format!("hosts: {{a: {}, b: {}}}", host(first), host(second));
        load(&text).unwrap().warnings().len()
    };
    assert_eq!(warnings("eve", "adam"), 1);
    assert_eq!(warnings("via-site1", "via-site2"), 0);
}

#[test]
fn openssh_without_such_a_host_is_a_mistake() {
    let problem = load("include: [{ssh_config: {match: 'x*'}}]\nhosts: [h]").unwrap_err();
    assert!(
        problem.contains("fleet.yml:1:11") && problem.contains("names no host that `x*` matches"),
        "{problem}"
    );
    assert!(
        load("include: [{ssh_config: gone}]\nhosts: [h]")
            .unwrap_err()
            .contains("gone: is not there")
    );
}

#[test]
fn text_alone_includes_nothing_in_silence() {
    let problems = parse_files(&[("f.yml", "include: [a.yml]\nhosts: [h]")]).unwrap_err();
    assert_eq!(problems, ["f.yml:1:1: what this includes was not read"]);
    assert!(parse_files(&[("f.yml", "include: []\nhosts: [h]")]).is_ok());
}
