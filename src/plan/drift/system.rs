//! The host as a whole: its place in the inventory, its system. Pure.

use crate::model::drift::{DriftClass, DriftDifference};
use crate::model::facts::Facts;
use crate::model::host::Host;
use crate::model::plan::{Basis, PlannedHost};
use crate::model::text::printable;

/// The difference of a host that the inventory does not have.
#[must_use]
pub fn absent() -> DriftDifference {
    changed("the host is in the plan and not in the inventory".to_owned())
}

/// How the inventory's address of a host differs from the planned one. Nothing is asked of the host.
#[must_use]
pub fn moved(planned: &PlannedHost, host: &Host) -> Option<DriftDifference> {
    let is_same = planned.address == host.address && planned.port == host.port;
    (!is_same).then(|| {
        changed(format!(
            "the inventory has {} port {}, the plan was made for {} port {}",
            host.address, host.port, planned.address, planned.port
        ))
    })
}

/// How the system differs from the one that was planned for. Where everything planned is installed, another release
/// is what the plan led to.
pub(super) fn differences(basis: &Basis, facts: &Facts, is_all_there: bool) -> Vec<DriftDifference> {
    let Basis::Scanned {
        manager,
        os,
        version,
        arch,
        ..
    } = basis
    else {
        return Vec::new();
    };
    let (found_manager, found_arch) = (facts.manager.to_string(), printable(&facts.arch));
    let (found_os, found_version) = (printable(&facts.os.id), printable(&facts.os.version));
    let mut differences = Vec::new();
    let mut say = |what: &str, planned: &str, found: &str| {
        if planned != found {
            let shown = |text: &str| {
                if text.is_empty() {
                    "none".to_owned()
                } else {
                    text.to_owned()
                }
            };
            differences.push(changed(format!(
                "{what} is {}, the plan was made for {}",
                shown(found),
                shown(planned)
            )));
        }
    };
    say("the package manager", &manager.to_string(), &found_manager);
    say("the distribution", os, &found_os);
    if !is_all_there {
        say("the release", version, &found_version);
    }
    say("the architecture", arch, &found_arch);
    differences
}

fn changed(message: String) -> DriftDifference {
    DriftDifference {
        class: DriftClass::HostChanged,
        package: None,
        arch: None,
        planned: None,
        installed: Vec::new(),
        offered: Vec::new(),
        message,
    }
}
