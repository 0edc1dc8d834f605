//! The inventory as it will be used: every host with every setting, and where each setting came from.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::diagnostic::{Diagnostics, Place};
use crate::model::domain::Domain;
use crate::model::host::Host;
use crate::model::name::{GroupName, HostName};

/// All hosts and groups of one inventory.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    pub(super) hosts: Vec<Host>,
    pub(super) positions: HashMap<HostName, usize>,
    pub(super) hops: Vec<Host>,
    pub(super) groups: Vec<Group>,
    pub(super) domains: Vec<Domain>,
    pub(super) origins: HashMap<HostName, Vec<SettingOrigin>>,
    pub(super) warnings: Diagnostics,
    pub(super) files: Vec<PathBuf>,
}

/// A group of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: GroupName,
    /// The groups that name it as their child, by name.
    pub parents: Vec<GroupName>,
    /// The groups that it names as its children, in the order of the file.
    pub children: Vec<GroupName>,
    /// The hosts that it holds itself, in the order of the inventory.
    pub hosts: Vec<HostName>,
    /// The same in the order in which the group lists them, which positions such as `web[0]` count by.
    pub listed: Vec<HostName>,
    /// Its hosts and those of its children and theirs, in the order of the inventory.
    pub members: Vec<HostName>,
}

/// One setting of a host, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingOrigin {
    /// The setting as the file names it: `user`, `labels.tier`.
    pub setting: String,
    /// The value that is used, in words.
    pub value: String,
    /// Who set it.
    pub layer: Layer,
    /// Where it was written; `None` for a built-in default.
    pub place: Option<Place>,
    /// What it won over, the strongest first.
    pub overridden: Vec<Overridden>,
}

/// A value that is not used because a stronger one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The value, in words.
    pub value: String,
    /// Who set it.
    pub layer: Layer,
    /// Where it was written.
    pub place: Place,
}

/// Who sets a setting, the strongest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The host itself.
    Host,
    /// A group that holds the host.
    Group(GroupName),
    /// The file's `defaults`.
    Defaults,
    /// OpenSSH's configuration.
    SshConfig,
    /// Nobody.
    BuiltIn,
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => formatter.write_str("host"),
            Self::Group(name) => write!(formatter, "group {name}"),
            Self::Defaults => formatter.write_str("defaults"),
            Self::SshConfig => formatter.write_str("ssh_config"),
            Self::BuiltIn => formatter.write_str("built in"),
        }
    }
}

impl Inventory {
    /// Every host, in the order of the files.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of that name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.positions.get(name).and_then(|position| self.hosts.get(*position))
    }

    /// The hosts that connections go through and that are not hosts of the inventory: those of `ProxyJump` in
    /// OpenSSH's configuration. They are never selected.
    #[must_use]
    pub fn hops(&self) -> &[Host] {
        &self.hops
    }

    /// The host of that name, be it one of the inventory or one that connections only go through.
    #[must_use]
    pub fn hop(&self, name: &str) -> Option<&Host> {
        self.host(name)
            .or_else(|| self.hops.iter().find(|hop| hop.name.as_str() == name))
    }

    /// Every group, in the order of the files.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.as_str() == name)
    }

    /// Every domain, in the order of the files.
    #[must_use]
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// The domains of a host.
    pub fn domains_of(&self, name: &HostName) -> impl Iterator<Item = &Domain> {
        self.domains.iter().filter(move |domain| domain.members.contains(name))
    }

    /// Where each setting of a host came from; empty for a name that is no host.
    #[must_use]
    pub fn origins(&self, name: &str) -> &[SettingOrigin] {
        self.origins.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is allowed and still looks like a mistake, such as two names for one machine.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The files that it was read from, in order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }
}
