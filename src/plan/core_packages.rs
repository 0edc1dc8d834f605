//! Which packages a running system hangs on: their old version goes on running until a reboot. Pure.
//!
//! The names are those of the distributions' packages. What they are taken from: the list of `needs-restarting(1)`
//! of dnf (kernel, glibc, systemd, dbus, linux-firmware), `/etc/zypp/needreboot` of libzypp, the packages of
//! Debian and Ubuntu that call `notify-reboot-required`, and the kernel packages of Arch, Alpine, Void and FreeBSD.

use std::fmt;

/// What a package is to a running system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CorePart {
    /// A kernel that can be booted.
    Kernel,
    /// Firmware or microcode, which is loaded with the kernel.
    Firmware,
    /// The C library, which every process has loaded.
    LibraryOfAll,
    /// Process 1.
    Init,
    /// The message bus, which cannot be restarted under a running system.
    MessageBus,
}

impl fmt::Display for CorePart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Kernel => "kernel",
            Self::Firmware => "firmware",
            Self::LibraryOfAll => "C library",
            Self::Init => "init",
            Self::MessageBus => "message bus",
        })
    }
}

/// Kernels by their whole name, besides those that [`is_kernel`] tells by the beginning.
const KERNELS: [&str; 26] = [
    "kernel",
    "kernel-core",
    "kernel-64k-core",
    "kernel-rt",
    "kernel-rt-core",
    "kernel-default",
    "kernel-default-base",
    "kernel-azure",
    "kernel-kvmsmall",
    "kernel-longterm",
    "kernel-lt",
    "kernel-ml",
    "kernel-uek",
    "kernel-uek-core",
    "linux",
    "linux-edge",
    "linux-hardened",
    "linux-lts",
    "linux-mainline",
    "linux-rpi",
    "linux-rt",
    "linux-rt-lts",
    "linux-stable",
    "linux-virt",
    "linux-zen",
    "raspberrypi-kernel",
];

const FIRMWARE: [&str; 9] = [
    "amd-ucode",
    "amd64-microcode",
    "intel-microcode",
    "intel-ucode",
    "linux-firmware",
    "microcode_ctl",
    "ucode-amd",
    "ucode-intel",
    "ucode-amd-firmware",
];

const LIBRARIES: [&str; 4] = ["glibc", "libc6", "libc6.1", "musl"];

const INITS: [&str; 5] = ["openrc", "runit", "systemd", "systemd-sysv", "sysvinit-core"];

const BUSES: [&str; 5] = ["dbus", "dbus-1", "dbus-broker", "dbus-daemon", "dbus-daemon-units"];

/// What this package is to a running system; `None` for most.
#[must_use]
pub fn core_part(package: &str) -> Option<CorePart> {
    if is_kernel(package) {
        return Some(CorePart::Kernel);
    }
    let parts: [(&[&str], CorePart); 4] = [
        (&FIRMWARE, CorePart::Firmware),
        (&LIBRARIES, CorePart::LibraryOfAll),
        (&INITS, CorePart::Init),
        (&BUSES, CorePart::MessageBus),
    ];
    parts
        .iter()
        .find(|(names, _)| names.contains(&package))
        .map(|(_, part)| *part)
}

/// Debian, Ubuntu and Proxmox write the release into the name, Void and Amazon the series, FreeBSD the variant.
fn is_kernel(package: &str) -> bool {
    let after = |beginning: &str| package.strip_prefix(beginning);
    let is_series = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains('-');
    let is_image = |rest: &str| !rest.ends_with("-dbg") && !rest.ends_with("-dbgsym");
    KERNELS.contains(&package)
        || after("linux-image-").is_some_and(is_image)
        || ["proxmox-kernel-", "pve-kernel-"]
            .iter()
            .any(|beginning| after(beginning).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        || after("FreeBSD-kernel-").is_some_and(is_image)
        || after("linux").is_some_and(is_series)
        || after("kernel").is_some_and(is_series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_told_from_what_is_only_named_after_them() {
        for kernel in [
            "linux-image-6.1.0-31-amd64",
            "linux-image-generic",
            "kernel-core",
            "kernel-default",
            "linux-lts",
            "linux6.12",
            "kernel6.12",
            "proxmox-kernel-6.8.12-4-pve-signed",
            "FreeBSD-kernel-generic",
        ] {
            assert_eq!(core_part(kernel), Some(CorePart::Kernel), "{kernel}");
        }
        for other in [
            "kernel-headers",
            "kernel-tools",
            "linux-libc-dev",
            "linux-image-6.1.0-31-amd64-dbg",
            "linux-headers",
            "linux6.12-headers",
            "init-system-helpers",
            "proxmox-kernel-helper",
            "bash",
        ] {
            assert_eq!(core_part(other), None, "{other}");
        }
    }

    #[test]
    fn every_kind_has_its_packages() {
        assert_eq!(core_part("libc6"), Some(CorePart::LibraryOfAll));
        assert_eq!(core_part("systemd"), Some(CorePart::Init));
        assert_eq!(core_part("dbus-broker"), Some(CorePart::MessageBus));
        assert_eq!(core_part("intel-microcode"), Some(CorePart::Firmware));
    }
}
