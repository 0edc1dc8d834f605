//! Ready-made simulated systems: a few packages of each distribution, with updates on offer.
//!
//! Names are real; versions are made up after real ones, advisories are numbered from 9000 up so that
//! nobody takes them for real ones.

use crate::model::manager::Manager;

use super::system::{Effect, Offer, Package, System};

/// A package and its one offer: name, architecture, installed version, offered version, repository, bytes.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u64,
);

fn with_updates(system: System, rows: &[Row]) -> System {
    let packages = rows.iter().map(|(name, arch, from, to, repository, size)| {
        Package::installed(name, arch, from).offer(Offer::new(to, repository, *size))
    });
    system.with_packages(packages)
}

fn with_advisory(mut system: System, package: &str, id: &str, severity: &str, cve: &str) -> System {
    if let Some(offer) = system
        .package_mut(package)
        .and_then(|package| package.offers.last_mut())
    {
        *offer = offer.clone().fixes(id, severity, &[cve]);
    }
    system
}

/// Packages without updates: name, architecture, version.
fn with_installed(system: System, rows: &[(&str, &str, &str)]) -> System {
    system.with_packages(
        rows.iter()
            .map(|(name, arch, version)| Package::installed(name, arch, version)),
    )
}

fn os_release(id: &str, version: &str, name: &str) -> String {
    format!("NAME=\"{name}\"\nID={id}\nVERSION_ID=\"{version}\"\nPRETTY_NAME=\"{name}\"\n")
}

/// Debian 12.
#[must_use]
pub fn debian_12(name: &str) -> System {
    let os = os_release("debian", "12", "Debian GNU/Linux 12 (bookworm)");
    let (security, main) = ("Debian-Security/bookworm-security", "Debian/bookworm");
    let system = System::new(name, Manager::Apt, &os, "6.1.0-37-amd64");
    let system = with_installed(
        system,
        &[
            ("bash", "amd64", "5.2.15-2+b8"),
            ("systemd", "amd64", "252.38-1~deb12u1"),
        ],
    );
    with_updates(
        system,
        &[
            (
                "libssl3",
                "amd64",
                "3.0.16-1~deb12u1",
                "3.0.17-1~deb12u2",
                security,
                2_030_000,
            ),
            (
                "openssl",
                "amd64",
                "3.0.16-1~deb12u1",
                "3.0.17-1~deb12u2",
                security,
                1_430_000,
            ),
            (
                "nginx",
                "amd64",
                "1.22.1-9+deb12u1",
                "1.22.1-9+deb12u2",
                security,
                527_000,
            ),
            ("tzdata", "all", "2025a-0+deb12u1", "2025b-0+deb12u1", main, 301_000),
        ],
    )
}

/// Debian 13.
#[must_use]
pub fn debian_13(name: &str) -> System {
    let os = os_release("debian", "13", "Debian GNU/Linux 13 (trixie)");
    let security = "Debian-Security/trixie-security";
    let system = System::new(name, Manager::Apt, &os, "6.12.41+deb13-amd64");
    let system = with_installed(system, &[("borgbackup", "amd64", "1.4.0-5")]);
    with_updates(
        system,
        &[
            ("libssl3t64", "amd64", "3.5.1-1", "3.5.1-1+deb13u1", security, 2_440_000),
            ("openssl", "amd64", "3.5.1-1", "3.5.1-1+deb13u1", security, 1_490_000),
        ],
    )
}

/// Ubuntu 24.04.
#[must_use]
pub fn ubuntu_24_04(name: &str) -> System {
    let os = os_release("ubuntu", "24.04", "Ubuntu 24.04.3 LTS");
    let (security, updates) = ("Ubuntu/noble-security", "Ubuntu/noble-updates");
    let system = System::new(name, Manager::Apt, &os, "6.8.0-78-generic");
    let system = with_updates(
        system,
        &[
            (
                "libssl3t64",
                "amd64",
                "3.0.13-0ubuntu3.5",
                "3.0.13-0ubuntu3.6",
                security,
                1_940_000,
            ),
            (
                "openssl",
                "amd64",
                "3.0.13-0ubuntu3.5",
                "3.0.13-0ubuntu3.6",
                security,
                1_000_000,
            ),
            (
                "curl",
                "amd64",
                "8.5.0-2ubuntu10.5",
                "8.5.0-2ubuntu10.6",
                security,
                227_000,
            ),
        ],
    );
    system.with_packages([
        Package::installed("base-files", "amd64", "13ubuntu10.2").offer(Offer::new("13ubuntu10.3", updates, 73_000)),
        Package::installed("nodejs", "amd64", "18.19.1+dfsg-6ubuntu5")
            .offer(Offer::new("18.19.1+dfsg-6ubuntu6", updates, 306_000))
            .hold(),
    ])
}

/// Rocky Linux 9. Its kernel update asks for a reboot.
#[must_use]
pub fn rocky_9(name: &str) -> System {
    let os = os_release("rocky", "9.6", "Rocky Linux 9.6 (Blue Onyx)");
    let system = System::new(name, Manager::Dnf4, &os, "5.14.0-570.32.1.el9_6.x86_64");
    let system = with_updates(
        system,
        &[
            (
                "openssl-libs",
                "x86_64",
                "1:3.2.2-6.el9_5.1",
                "1:3.2.2-6.el9_6.2",
                "baseos",
                2_150_000,
            ),
            (
                "postgresql-server",
                "x86_64",
                "13.21-1.el9_6",
                "13.22-1.el9_6",
                "appstream",
                6_120_000,
            ),
            ("tzdata", "noarch", "2025a-1.el9", "2025b-1.el9", "baseos", 840_000),
        ],
    );
    let kernel = Offer::new("5.14.0-570.42.2.el9_6", "baseos", 18_300_000)
        .with(Effect::Kernel("5.14.0-570.42.2.el9_6.x86_64".to_owned()));
    let system = system.with_packages([Package::installed("kernel-core", "x86_64", "5.14.0-570.32.1.el9_6")
        .offer(kernel)
        .side_by_side()]);
    let system = with_advisory(system, "openssl-libs", "RLSA-2026:9001", "important", "CVE-2026-90001");
    with_advisory(system, "kernel-core", "RLSA-2026:9002", "moderate", "CVE-2026-90002")
}

/// Fedora 42.
#[must_use]
pub fn fedora_42(name: &str) -> System {
    let os = os_release("fedora", "42", "Fedora Linux 42 (Server Edition)");
    let system = System::new(name, Manager::Dnf5, &os, "6.15.9-201.fc42.x86_64");
    let system = with_updates(
        system,
        &[
            (
                "openssl-libs",
                "x86_64",
                "1:3.2.4-3.fc42",
                "1:3.2.6-1.fc42",
                "updates",
                2_280_000,
            ),
            (
                "git-core",
                "x86_64",
                "2.50.1-1.fc42",
                "2.51.0-2.fc42",
                "updates",
                5_270_000,
            ),
            (
                "vim-data",
                "noarch",
                "2:9.1.1552-1.fc42",
                "2:9.1.1706-1.fc42",
                "updates",
                18_000,
            ),
        ],
    );
    with_advisory(
        system,
        "openssl-libs",
        "FEDORA-2026-9003",
        "important",
        "CVE-2026-90001",
    )
}

/// openSUSE Leap 15.6.
#[must_use]
pub fn opensuse_15_6(name: &str) -> System {
    let os = os_release("opensuse-leap", "15.6", "openSUSE Leap 15.6");
    let updates = "repo-sle-update";
    let system = System::new(name, Manager::Zypper, &os, "6.4.0-150600.23.60-default");
    let system = with_updates(
        system,
        &[
            (
                "libopenssl3",
                "x86_64",
                "3.1.4-150600.5.27.1",
                "3.1.4-150600.5.36.4",
                updates,
                2_000_000,
            ),
            (
                "samba",
                "x86_64",
                "4.19.8-150600.3.12.1",
                "4.19.8-150600.3.18.2",
                updates,
                1_140_000,
            ),
        ],
    );
    with_advisory(
        system,
        "libopenssl3",
        "openSUSE-SLE-15.6-2026-9004",
        "important",
        "CVE-2026-90001",
    )
}

/// Arch Linux.
#[must_use]
pub fn arch(name: &str) -> System {
    let os = "NAME=\"Arch Linux\"\nID=arch\nPRETTY_NAME=\"Arch Linux\"\n";
    let system = System::new(name, Manager::Pacman, os, "6.16.4-arch1-1");
    with_updates(
        system,
        &[
            ("openssl", "x86_64", "3.5.1-1", "3.5.2-1", "core", 5_160_000),
            ("git", "x86_64", "2.50.1-3", "2.51.0-1", "extra", 7_200_000),
            ("tzdata", "x86_64", "2025a-1", "2025b-1", "core", 329_000),
        ],
    )
}

/// Alpine Linux 3.22.
#[must_use]
pub fn alpine_3_22(name: &str) -> System {
    let os = os_release("alpine", "3.22.1", "Alpine Linux v3.22");
    let main = "http://mirror.simulated/alpine/v3.22/main";
    let system = System::new(name, Manager::Apk, &os, "6.12.42-0-lts");
    let system = with_installed(system, &[("busybox", "x86_64", "1.37.0-r18")]);
    with_updates(
        system,
        &[
            ("libssl3", "x86_64", "3.5.1-r0", "3.5.2-r0", main, 380_000),
            ("libcrypto3", "x86_64", "3.5.1-r0", "3.5.2-r0", main, 1_900_000),
            ("haproxy", "x86_64", "3.2.3-r0", "3.2.4-r0", main, 1_300_000),
        ],
    )
}
