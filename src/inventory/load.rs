//! Reads inventories from the disk, and finds the one to read when none is named.
//!
//! A file that cannot be read is an error: a fleet is never smaller than it was meant to be.

use std::io;
use std::path::{Path, PathBuf};

use super::ansible::files::{holds_inventory, is_list_of_hosts, list};
use super::resolve::parse_everything;
use super::sources::gather::{gather, is_yaml};
use super::{Inventory, ResolveContext};
use crate::model::diagnostic::Diagnostics;

/// Reads files and directories, and all that they include, as one inventory.
///
/// # Errors
/// Every mistake of every source.
pub fn load_inventory(paths: &[PathBuf], context: &ResolveContext) -> Result<Inventory, Diagnostics> {
    let (sources, mut problems) = gather(paths, context);
    // The mistakes of the sources that can be read are worth knowing too.
    match parse_everything(&sources, context) {
        Ok(inventory) => problems.into_result(inventory),
        Err(more) => {
            problems.merge(more);
            Err(problems)
        }
    }
}

/// The inventory to use when none is named: the only one in `directory`, else `system`.
///
/// # Errors
/// When there is none, more than one to choose from, or the directory cannot be read.
pub fn find_inventory(directory: &Path, system: &Path) -> Result<PathBuf, DiscoveryError> {
    let candidates = match list(directory) {
        Ok(entries) => entries.into_iter().filter(|entry| is_inventory(entry)).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            return Err(DiscoveryError::Unreadable {
                directory: directory.to_owned(),
                reason: error.to_string(),
            });
        }
    };
    choose_inventory(candidates, directory, system, system.exists())
}

/// A file, or a directory with at least one: `inventories/production/`.
fn is_inventory(path: &Path) -> bool {
    if path.is_dir() {
        return holds_inventory(path);
    }
    is_yaml(path) || is_list_of_hosts(path)
}

/// The choice among what was found in `directory`. Pure.
///
/// # Errors
/// When there is nothing, or more than one to choose from.
pub fn choose_inventory(
    mut candidates: Vec<PathBuf>,
    directory: &Path,
    system: &Path,
    system_exists: bool,
) -> Result<PathBuf, DiscoveryError> {
    match (candidates.pop(), candidates.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            candidates.push(last);
            Err(DiscoveryError::Several { paths: candidates })
        }
        (None, _) if system_exists => Ok(system.to_owned()),
        (None, _) => Err(DiscoveryError::None {
            directory: directory.to_owned(),
            system: system.to_owned(),
        }),
    }
}

/// Why no inventory can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// There is none.
    #[error("there is no inventory: `{}` holds none and `{}` does not exist", directory.display(), system.display())]
    None {
        /// Where inventories are looked for first.
        directory: PathBuf,
        /// Where one is looked for then.
        system: PathBuf,
    },
    /// There are several.
    #[error("there are several inventories to choose from: {}", names(paths))]
    Several {
        /// Each of them.
        paths: Vec<PathBuf>,
    },
    /// The directory cannot be read.
    #[error("`{}` cannot be read: {reason}", directory.display())]
    Unreadable {
        /// The directory.
        directory: PathBuf,
        /// Why.
        reason: String,
    },
}

impl DiscoveryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::None { .. } => "name one with `--inventory PATH`, or write one with `patchwave init`".to_owned(),
            Self::Several { paths } => {
                let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
                format!("name one: `--inventory {first}`")
            }
            Self::Unreadable { .. } => "name an inventory with `--inventory PATH`".to_owned(),
        }
    }
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn context() -> ResolveContext {
        ResolveContext {
            local_user: "eve".to_owned(),
            home: None,
            ssh: None,
        }
    }

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directory
    }

    #[test]
    fn a_directory_is_one_inventory_of_its_yaml_files_by_name() {
        let files = [
            ("b.yml", "hosts: [web2]"),
            ("a.yaml", "hosts: [web1]"),
            ("README.md", "no inventory"),
            (".c.yml", "hosts: [web3]"),
        ];
        let directory = directory(&files);
        let inventory = load_inventory(&[directory.path().to_owned()], &context()).unwrap();
        let names: Vec<&str> = inventory.hosts().iter().map(|host| host.name.as_str()).collect();
        assert_eq!(names, ["web1", "web2"]);
        assert_eq!(inventory.files().count(), 2);
    }

    #[test]
    fn a_path_that_cannot_be_read_is_an_error_beside_those_of_the_others() {
        let directory = directory(&[
            ("a.yml", "hosts: {web1: {prot: 1}}"),
            ("empty/x", ""),
            ("ansible/group_vars/all", ""),
        ]);
        let paths = ["gone.yml", "a.yml", "empty", "ansible"].map(|name| directory.path().join(name));
        let problems = load_inventory(&paths, &context()).unwrap_err().to_string();
        for part in [
            "gone.yml: cannot be read",
            "a.yml:1:16",
            "empty: the directory holds no inventory",
            "ansible: the directory holds no inventory",
        ] {
            assert!(problems.contains(part), "{part}: {problems}");
        }
    }

    fn problems_of(directory: &tempfile::TempDir, name: &str) -> String {
        load_inventory(&[directory.path().join(name)], &context())
            .map_or_else(|problems| problems.to_string(), |_| String::new())
    }

    #[test]
    fn nothing_of_ansible_is_left_out_of_a_native_directory() {
        let beside = |name: &str, text: &str, native: &str| {
            let path = format!("prod/{name}");
            let files = [("prod/patchwave.yml", native), (path.as_str(), text)];
            problems_of(&directory(&files), "prod")
        };
        for (name, text) in [
            ("hosts", "web01\n"),
            ("fleet", "# all\n[web]\nweb01\n"),
            ("fleet.json", r#"{"all": {"hosts": {"a": {}}}}"#),
            ("dc2/hosts", "web02\n"),
            ("dc2/more/all.yml", "web: {hosts: {a: }}"),
        ] {
            let problems = beside(name, text, "hosts: [bastion]");
            assert!(
                problems.contains("belongs to Ansible and would not be read"),
                "{name}: {problems}"
            );
        }
        for (name, text) in [
            ("hosts.yml", "web: {hosts: {a: }}"),
            ("group_vars/all", "x: 1"),
            ("notes.txt", "[web]"),
            ("ssh_config", "Host a\n  Port 22\n"),
            ("id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
            ("playbooks/site.yml", "- hosts: all\n"),
            (".git/hosts", "a"),
        ] {
            assert_eq!(beside(name, text, "hosts: [bastion]"), "", "{name}");
        }
        assert_eq!(beside("hosts", "web01\n", "include: [hosts]"), "");
        assert_eq!(beside("dc2/hosts", "web01\n", "include: [dc2]"), "");
    }

    #[cfg(unix)]
    #[test]
    fn a_broken_link_is_a_mistake() {
        let directory = directory(&[("native/web.yml", "hosts: [a]"), ("ansible/hosts", "a\n")]);
        for name in ["native/db.yml", "ansible/group_vars"] {
            assert_eq!(problems_of(&directory, "native"), "");
            let link = directory.path().join(name);
            std::os::unix::fs::symlink("gone", &link).unwrap();
            let problems = problems_of(&directory, name.split('/').next().unwrap());
            assert!(
                problems.contains(name) && problems.contains("cannot be read"),
                "{name}: {problems}"
            );
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn folders_that_are_too_deep_are_a_mistake() {
        let deep = "d/".repeat(9);
        for name in [
            format!("ansible/{deep}hosts"),
            format!("ansible/group_vars/web/{deep}x.yml"),
        ] {
            let files = [("ansible/hosts", "[web]\na\n"), (name.as_str(), "x: 1")];
            let problems = problems_of(&directory(&files), "ansible");
            assert!(problems.contains("more than 8 deep"), "{name}: {problems}");
        }
    }

    #[test]
    fn the_only_inventory_is_found_and_several_are_not_merged() {
        let found = |files: &[(&str, &str)], system: &str| {
            let directory = directory(files);
            let inventories = directory.path().join("inventories");
            let found = find_inventory(&inventories, &directory.path().join(system));
            found.map(|path| path.strip_prefix(directory.path()).unwrap().display().to_string())
        };
        let one = ("inventories/fleet.yml", "");
        assert_eq!(
            found(
                &[one, ("inventories/README.md", ""), ("inventories/known_hosts", "")],
                "x"
            )
            .unwrap(),
            one.0
        );
        assert_eq!(
            found(&[("inventories/prod/a.yml", ""), ("inventories/prod/b.yml", "")], "x").unwrap(),
            "inventories/prod"
        );
        assert_eq!(found(&[("etc.yml", "")], "etc.yml").unwrap(), "etc.yml");
        for ansible in ["hosts", "fleet.ini", "prod/hosts"] {
            let path = format!("inventories/{ansible}");
            let files = [(path.as_str(), "web01\n"), ("inventories/group_vars/all.yml", "")];
            let first = path.split_inclusive('/').take(2).collect::<String>();
            assert_eq!(found(&files, "x").unwrap(), first.trim_end_matches('/'));
        }
        let several = found(&[one, ("inventories/other.yaml", "")], "x").unwrap_err();
        assert!(
            several.to_string().contains("fleet.yml") && several.to_string().contains("other.yaml"),
            "{several}"
        );
        assert!(several.hint().contains("--inventory"));
        assert!(matches!(found(&[], "x").unwrap_err(), DiscoveryError::None { .. }));
    }
}
