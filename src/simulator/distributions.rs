//! Ready-made simulated systems: a few packages of each distribution, with updates on offer.
//!
//! Names are real; versions are made up after real ones, advisories and CVEs are numbered from 9000 and
//! 90000 up so that nobody takes them for real ones.

use crate::model::manager::Manager;

use super::system::{Effect, Offer, Package, System};

// A line: NAME ARCHITECTURE INSTALLED OFFERED REPOSITORY KILOBYTES [ADVISORY SEVERITY CVE]

const DEBIAN_12: &str = "
libssl3      amd64   3.0.16-1         3.0.17-1         Debian-Security/bookworm-security  2030
nginx        amd64   1.22.1-9         1.22.1-10        Debian-Security/bookworm-security   527
";

const DEBIAN_13: &str = "
libssl3t64   amd64   3.5.1-1          3.5.1-2          Debian-Security/trixie-security    2440
tzdata       all     2025b-4          2025c-1          Debian/trixie                       260
";

const UBUNTU_24_04: &str = "
curl         amd64   8.5.0-2ubuntu5   8.5.0-2ubuntu6   Ubuntu/noble-security               227
libssl3t64   amd64   3.0.13-0ubuntu3  3.0.13-0ubuntu4  Ubuntu/noble-security              1940
nodejs       amd64   18.19.1-6        18.19.1-7        Ubuntu/noble-updates                306
";

const ROCKY_9: &str = "
openssl-libs x86_64  1:3.2.2-6.el9    1:3.2.2-7.el9    baseos     2150  RLSA-2026:9001 important CVE-2026-90001
kernel-core  x86_64  5.14.0-570.el9   5.14.0-611.el9   baseos    18300  RLSA-2026:9002 moderate CVE-2026-90002
";

const FEDORA_42: &str = "
openssl-libs x86_64  1:3.2.4-3.fc42   1:3.2.6-1.fc42   updates    2280  FEDORA-2026-9003 important CVE-2026-90001
git-core     x86_64  2.50.1-1.fc42    2.51.0-2.fc42    updates    5270
";

const OPENSUSE_15_6: &str = "
libopenssl3  x86_64  3.1.4-5.27.1     3.1.4-5.36.4     sle-update 2000  openSUSE-2026-9004 important CVE-2026-90001
samba        x86_64  4.19.8-3.12.1    4.19.8-3.18.2    sle-update 1140
";

const ARCH: &str = "
openssl      x86_64  3.5.1-1          3.5.2-1          core      5160
git          x86_64  2.50.1-3         2.51.0-1         extra     7200
";

const ALPINE_3_22: &str = "
libcrypto3   x86_64  3.5.1-r0         3.5.2-r0         http://mirror.simulated/alpine/v3.22/main  1900
haproxy      x86_64  3.2.3-r0         3.2.4-r0         http://mirror.simulated/alpine/v3.22/main  1300
";

/// Reads the lines; one that is not understood is left out.
fn packages(text: &str) -> Vec<Package> {
    text.lines().filter_map(package).collect()
}

fn package(line: &str) -> Option<Package> {
    let mut words = line.split_whitespace();
    let (name, arch, installed) = (words.next()?, words.next()?, words.next()?);
    let (offered, repository) = (words.next()?, words.next()?);
    let kilobytes: u64 = words.next()?.parse().ok()?;
    let mut offer = Offer::new(offered, repository, kilobytes * 1000);
    if let Some(advisory) = words.next() {
        offer = offer.fixes(advisory, words.next()?, &[words.next()?]);
    }
    Some(Package::installed(name, arch, installed).offer(offer))
}

fn os_release(id: &str, version: &str, name: &str) -> String {
    format!("NAME=\"{name}\"\nID={id}\nVERSION_ID=\"{version}\"\nPRETTY_NAME=\"{name}\"\n")
}

/// Debian 12.
#[must_use]
pub fn debian_12(name: &str) -> System {
    let os = os_release("debian", "12", "Debian GNU/Linux 12 (bookworm)");
    System::new(name, Manager::Apt, &os, "6.1.0-37-amd64").with_packages(packages(DEBIAN_12))
}

/// Debian 13.
#[must_use]
pub fn debian_13(name: &str) -> System {
    let os = os_release("debian", "13", "Debian GNU/Linux 13 (trixie)");
    System::new(name, Manager::Apt, &os, "6.12.41+deb13-amd64").with_packages(packages(DEBIAN_13))
}

/// Ubuntu 24.04, with a package that its administrator holds.
#[must_use]
pub fn ubuntu_24_04(name: &str) -> System {
    let os = os_release("ubuntu", "24.04", "Ubuntu 24.04.3 LTS");
    let mut system = System::new(name, Manager::Apt, &os, "6.8.0-78-generic").with_packages(packages(UBUNTU_24_04));
    if let Some(package) = system.package_mut("nodejs") {
        package.held = true;
    }
    system
}

/// Rocky Linux 9. Its kernel update asks for a reboot.
#[must_use]
pub fn rocky_9(name: &str) -> System {
    let os = os_release("rocky", "9.6", "Rocky Linux 9.6 (Blue Onyx)");
    let mut system = System::new(name, Manager::Dnf4, &os, "5.14.0-570.el9.x86_64").with_packages(packages(ROCKY_9));
    if let Some(package) = system.package_mut("kernel-core") {
        package.install_only = true;
        for offer in &mut package.offers {
            offer.effects = vec![Effect::Kernel(format!("{}.x86_64", offer.version))];
        }
    }
    system
}

/// Fedora 42.
#[must_use]
pub fn fedora_42(name: &str) -> System {
    let os = os_release("fedora", "42", "Fedora Linux 42 (Server Edition)");
    System::new(name, Manager::Dnf5, &os, "6.15.9-201.fc42.x86_64").with_packages(packages(FEDORA_42))
}

/// openSUSE Leap 15.6.
#[must_use]
pub fn opensuse_15_6(name: &str) -> System {
    let os = os_release("opensuse-leap", "15.6", "openSUSE Leap 15.6");
    System::new(name, Manager::Zypper, &os, "6.4.0-150600.23.60-default").with_packages(packages(OPENSUSE_15_6))
}

/// Arch Linux.
#[must_use]
pub fn arch(name: &str) -> System {
    let os = "NAME=\"Arch Linux\"\nID=arch\nPRETTY_NAME=\"Arch Linux\"\n";
    System::new(name, Manager::Pacman, os, "6.16.4-arch1-1").with_packages(packages(ARCH))
}

/// Alpine Linux 3.22.
#[must_use]
pub fn alpine_3_22(name: &str) -> System {
    let os = os_release("alpine", "3.22.1", "Alpine Linux v3.22");
    System::new(name, Manager::Apk, &os, "6.12.42-0-lts").with_packages(packages(ALPINE_3_22))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        for text in [
            DEBIAN_12,
            DEBIAN_13,
            UBUNTU_24_04,
            ROCKY_9,
            FEDORA_42,
            OPENSUSE_15_6,
            ARCH,
            ALPINE_3_22,
        ] {
            let lines = text.lines().filter(|line| !line.is_empty()).count();
            assert_eq!(packages(text).len(), lines, "{text}");
        }
    }
}
