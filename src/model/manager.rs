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
    /// RHEL 7 and kin, Amazon Linux 2.
    Yum,
    /// Minimal RHEL and Fedora images.
    Microdnf,
    /// Photon OS, Azure Linux.
    Tdnf,
    /// SUSE and openSUSE.
    Zypper,
    /// Arch Linux and kin.
    Pacman,
    /// Alpine Linux, versions 2 and 3.
    Apk,
    /// Packages of FreeBSD.
    Pkg,
    /// Void Linux.
    Xbps,
    /// OpenWrt.
    Opkg,
    /// Homebrew on macOS.
    Brew,
    /// Windows.
    Winget,
    /// Windows.
    Chocolatey,
}

impl Manager {
    /// Every manager, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Apt,
        Self::Dnf4,
        Self::Dnf5,
        Self::Yum,
        Self::Microdnf,
        Self::Tdnf,
        Self::Zypper,
        Self::Pacman,
        Self::Apk,
        Self::Pkg,
        Self::Xbps,
        Self::Opkg,
        Self::Brew,
        Self::Winget,
        Self::Chocolatey,
    ];

    /// The managers that hosts of the simulator can have.
    pub const SIMULATED: [Self; 6] = [Self::Apt, Self::Dnf4, Self::Dnf5, Self::Zypper, Self::Pacman, Self::Apk];

    /// The name in inventories, tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Dnf4 => "dnf4",
            Self::Dnf5 => "dnf5",
            Self::Yum => "yum",
            Self::Microdnf => "microdnf",
            Self::Tdnf => "tdnf",
            Self::Zypper => "zypper",
            Self::Pacman => "pacman",
            Self::Apk => "apk",
            Self::Pkg => "pkg",
            Self::Xbps => "xbps",
            Self::Opkg => "opkg",
            Self::Brew => "brew",
            Self::Winget => "winget",
            Self::Chocolatey => "chocolatey",
        }
    }

    /// The manager of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|manager| manager.as_str() == name)
    }

    /// Whether it was written after sources and manuals alone: no test of patchwave has ever run it on a
    /// real system. Every output that shows such a host says so.
    #[must_use]
    pub fn is_experimental(self) -> bool {
        match self {
            Self::Apt | Self::Dnf4 | Self::Dnf5 | Self::Zypper | Self::Pacman | Self::Apk => false,
            Self::Yum
            | Self::Microdnf
            | Self::Tdnf
            | Self::Pkg
            | Self::Xbps
            | Self::Opkg
            | Self::Brew
            | Self::Winget
            | Self::Chocolatey => true,
        }
    }

    /// Whether its hosts are only scanned, and why: `None` for a manager that also installs.
    #[must_use]
    pub fn scan_only(self) -> Option<&'static str> {
        match self {
            Self::Brew => Some("Homebrew refuses root, and jobs of patchwave run as root"),
            Self::Winget | Self::Chocolatey => {
                Some("jobs of patchwave need a POSIX shell, which Windows does not have")
            }
            _ => None,
        }
    }

    /// Whether patchwave takes packages back to older versions with it: only where that was seen to work on real hosts.
    #[must_use]
    pub fn goes_back(self) -> bool {
        matches!(
            self,
            Self::Apt | Self::Dnf4 | Self::Dnf5 | Self::Zypper | Self::Pacman | Self::Apk
        )
    }

    /// Whether patchwave lets updates take the place of packages with it, where a playbook allows that: only where that
    /// was seen to work on real hosts.
    #[must_use]
    pub fn replaces_with_consent(self) -> bool {
        matches!(
            self,
            Self::Apt | Self::Dnf4 | Self::Dnf5 | Self::Zypper | Self::Pacman | Self::Apk
        )
    }

    /// Whether its packages are rpm packages.
    #[must_use]
    pub fn is_rpm(self) -> bool {
        matches!(
            self,
            Self::Dnf4 | Self::Dnf5 | Self::Yum | Self::Microdnf | Self::Tdnf | Self::Zypper
        )
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
