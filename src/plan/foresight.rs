//! What a transaction will entail on a host: reboots, restarts, and what there is no way back from. Pure.
//!
//! What must stay true: what is not known is not claimed. A host that did not say who uses a package restarts
//! nothing as far as is foreseen; one that did not say what can be had of a package can go back.

use std::collections::{BTreeMap, BTreeSet};

use super::core_packages::{CorePart, core_part};
use crate::model::facts::MAPPED_FILES;
use crate::model::foresight::Foresight;
use crate::model::name::PackageName;
use crate::model::plan::PlannedChange;
use crate::model::resolution::{Offer, Resolution};

/// How a host calls process 1 among those that use files.
const PROCESS_ONE: &str = "init";

/// As many names as one reason shows.
const NAMES: usize = 5;

/// Foresees what the changes entail on a host that answered so. `changes` are all of them, new dependencies too.
#[must_use]
pub fn foresee(changes: &[PlannedChange], resolution: &Resolution) -> Foresight {
    // What is not installed yet runs nowhere.
    let replaced: BTreeSet<&PackageName> = changes
        .iter()
        .filter(|change| change.from.is_some())
        .map(|change| &change.package)
        .collect();
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for user in resolution.users.iter().filter(|user| replaced.contains(&user.package)) {
        users
            .entry(user.unit.as_str())
            .or_default()
            .insert(user.package.as_str());
    }
    Foresight {
        reboot: reboot_reasons(changes, &users),
        restarts: users
            .keys()
            .filter(|unit| **unit != PROCESS_ONE)
            .map(|unit| (*unit).to_owned())
            .collect(),
        irreversible: if resolution.offers_unknown {
            Vec::new()
        } else {
            irreversible(changes, &resolution.offers)
        },
    }
}

/// Each reason with its source; one that restarting services does away with ends in [`MAPPED_FILES`].
fn reboot_reasons(changes: &[PlannedChange], users: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut parts: BTreeMap<CorePart, BTreeSet<&str>> = BTreeMap::new();
    for change in changes {
        if let Some(part) = core_part(change.package.as_str()) {
            parts.entry(part).or_default().insert(change.package.as_str());
        }
    }
    let mut reasons: Vec<String> = parts
        .iter()
        .filter_map(|(part, packages)| reason_of(*part, &some_of(packages)))
        .collect();
    if let Some(packages) = users.get(PROCESS_ONE) {
        reasons.push(format!("process 1 runs files of {} {MAPPED_FILES}", some_of(packages)));
    }
    for (unit, packages) in users.iter().filter(|(unit, _)| is_message_bus(unit)) {
        reasons.push(format!(
            "the message bus runs files of {} (mapped files of {unit})",
            some_of(packages)
        ));
    }
    reasons
}

/// Why replacing such packages asks for a reboot. Distributions renew process 1 themselves when its package is
/// replaced: only what it really runs counts.
fn reason_of(part: CorePart, packages: &str) -> Option<String> {
    match part {
        CorePart::Kernel => Some(format!("a kernel is installed: {packages}")),
        CorePart::Firmware => Some(format!("firmware is replaced, which a boot loads: {packages}")),
        CorePart::LibraryOfAll => Some(format!(
            "the C library is replaced, which everything runs: {packages} {MAPPED_FILES}"
        )),
        CorePart::Init => None,
        CorePart::MessageBus => Some(format!("the message bus is replaced: {packages}")),
    }
}

/// The units that carry the message bus, with systemd and with OpenRC.
fn is_message_bus(unit: &str) -> bool {
    matches!(
        unit,
        "dbus.service" | "dbus-broker.service" | "dbus" | "dbus-daemon" | "dbus-broker" | "messagebus"
    )
}

/// Packages of which the host said what can be had, the installed version not among it.
fn irreversible(changes: &[PlannedChange], offers: &[Offer]) -> Vec<PackageName> {
    let mut offered: BTreeMap<&PackageName, Vec<&Offer>> = BTreeMap::new();
    for offer in offers {
        offered.entry(&offer.package).or_default().push(offer);
    }
    let has_no_way_back = |change: &&PlannedChange| {
        let (Some(from), Some(offers)) = (&change.from, offered.get(&change.package)) else {
            return false;
        };
        let is_old = |offer: &&&Offer| {
            without_epoch_zero(offer.version.as_str()) == without_epoch_zero(from.as_str())
                && is_same_arch(offer.arch.as_str(), change.arch.as_str())
        };
        offers.iter().find(is_old).is_none()
    };
    let found: BTreeSet<PackageName> = changes
        .iter()
        .filter(has_no_way_back)
        .map(|change| change.package.clone())
        .collect();
    found.into_iter().collect()
}

/// Packages for every machine are listed under the machine's own architecture by some managers.
fn is_same_arch(one: &str, other: &str) -> bool {
    let is_any = |arch: &str| matches!(arch, "all" | "any" | "noarch");
    one == other || is_any(one) || is_any(other)
}

fn without_epoch_zero(version: &str) -> &str {
    version.strip_prefix("0:").unwrap_or(version)
}

fn some_of(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(NAMES).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::{Architecture, Version};
    use crate::model::resolution::{OfferSource, PackageUser};

    fn change(package: &str, from: Option<&str>, to: &str) -> PlannedChange {
        PlannedChange {
            package: PackageName::new(package).unwrap(),
            arch: Architecture::new("amd64").unwrap(),
            from: from.map(|text| Version::new(text).unwrap()),
            to: Version::new(to).unwrap(),
            repo: String::new(),
            security: None,
            size: None,
        }
    }

    fn offer(package: &str, arch: &str, version: &str, source: OfferSource) -> Offer {
        Offer {
            package: PackageName::new(package).unwrap(),
            arch: Architecture::new(arch).unwrap(),
            version: Version::new(version).unwrap(),
            repo: String::new(),
            size: None,
            source,
        }
    }

    fn user(package: &str, unit: &str) -> PackageUser {
        PackageUser {
            package: PackageName::new(package).unwrap(),
            unit: unit.to_owned(),
        }
    }

    #[test]
    fn units_that_run_files_of_what_is_replaced_are_restarts_and_process_one_is_a_reboot() {
        let resolution = Resolution {
            users: vec![
                user("libpam", "init"),
                user("libpam", "ssh.service"),
                user("libpam", "cron.service"),
                user("bash", "other.service"),
                user("fresh", "fresh.service"),
            ],
            ..Resolution::default()
        };
        let changes = [change("libpam", Some("1"), "2"), change("fresh", None, "1")];
        let foreseen = foresee(&changes, &resolution);
        assert_eq!(foreseen.restarts, ["cron.service", "ssh.service"]);
        assert_eq!(foreseen.reboot, ["process 1 runs files of libpam (mapped files)"]);
    }

    #[test]
    fn core_packages_are_reasons_for_a_reboot() {
        let changes = [
            change("linux-image-6.1.0-31-amd64", None, "6.1.2"),
            change("libc6", Some("1"), "2"),
            change("systemd", Some("1"), "2"),
            change("nano", Some("1"), "2"),
        ];
        assert_eq!(
            foresee(&changes, &Resolution::default()).reboot,
            [
                "a kernel is installed: linux-image-6.1.0-31-amd64",
                "the C library is replaced, which everything runs: libc6 (mapped files)"
            ]
        );
        let resolution = Resolution {
            users: vec![user("libdbus", "dbus.service")],
            ..Resolution::default()
        };
        assert_eq!(
            foresee(&[change("libdbus", Some("1"), "2")], &resolution).reboot,
            ["the message bus runs files of libdbus (mapped files of dbus.service)"]
        );
    }

    #[test]
    fn there_is_no_way_back_where_the_old_version_is_nowhere_and_unknown_is_not_nowhere() {
        use OfferSource::{Host, Repository};
        let changes = [
            change("cached", Some("1"), "2"),
            change("epoch", Some("1"), "2"),
            change("gone", Some("1"), "2"),
            change("new", None, "2"),
            change("noarch", Some("1"), "2"),
            change("unknown", Some("1"), "2"),
        ];
        let resolution = Resolution {
            offers: vec![
                offer("cached", "amd64", "2", Repository),
                offer("cached", "amd64", "1", Host),
                offer("epoch", "amd64", "0:1", Repository),
                offer("gone", "amd64", "2", Repository),
                offer("gone", "i386", "1", Repository),
                offer("new", "amd64", "2", Repository),
                offer("noarch", "all", "1", Repository),
            ],
            ..Resolution::default()
        };
        let irreversible = foresee(&changes, &resolution).irreversible;
        assert_eq!(irreversible, [PackageName::new("gone").unwrap()]);
        let incomplete = Resolution {
            offers_unknown: true,
            ..resolution
        };
        assert!(foresee(&changes, &incomplete).irreversible.is_empty());
    }
}
