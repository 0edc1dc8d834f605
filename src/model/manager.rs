//! The package managers that patchwave knows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A host's package manager, told apart by how it is driven: `dnf` 4 and 5 answer differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// Debian, Ubuntu and kin.
    Apt,
    /// RHEL 8 and 9 and kin, Amazon Linux 2023.
    Dnf4,
    /// Fedora 41 and later.
    Dnf5,
    /// SUSE and openSUSE.
    Zypper,
    /// Arch Linux and kin.
    Pacman,
    /// Alpine Linux, versions 2 and 3.
    Apk,
}

impl Manager {
    /// Every manager, in the order of the documentation.
    pub const ALL: [Self; 6] = [Self::Apt, Self::Dnf4, Self::Dnf5, Self::Zypper, Self::Pacman, Self::Apk];

    /// The name in inventories, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Dnf4 => "dnf4",
            Self::Dnf5 => "dnf5",
            Self::Zypper => "zypper",
            Self::Pacman => "pacman",
            Self::Apk => "apk",
        }
    }

    /// The manager of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|manager| manager.as_str() == name)
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
