//! opkg: OpenWrt. Written after the sources of opkg-lede.
//!
//! Sections:
//!
//! - `repositories`: the names of the package lists that are there.
//! - `simulation`: lines `KIND|NAME|ARCHITECTURE|FROM|TO|BYTES`, made on the host from `opkg list-upgradable` and
//!   `opkg info` (`scripts/opkg-steps.sh`): `update`, `held`, `new` (a dependency that comes with the others),
//!   `remove` (`TO` names the package that brings it about).
//! - `broken`: the names of packages that are unpacked and not configured.
//!
//! opkg knows of no advisories: whether an update fixes a security problem is unknown.

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::section::Sections;
use crate::model::update::{Update, UpdateStatus};

use super::listing::{Listing, Row, filled_lines, join_lines, key};

/// What OpenWrt itself says about the matter, in our words.
const ADVICE: &str =
    "OpenWrt advises to flash a newer image (`sysupgrade`) rather than to upgrade its base packages one by one";

/// Reads the updates.
///
/// # Errors
/// What [`super::failure`] makes of a listing that failed.
pub fn updates(sections: &Sections) -> Result<Listing, HostError> {
    let mut listing = Listing {
        broken: half_configured(sections.text("broken")),
        ..Listing::default()
    };
    if let Some(problem) = complaint(sections) {
        return Err(problem);
    }
    let mut removals = Vec::new();
    for line in filled_lines(sections.text("simulation")) {
        match parse_step(line) {
            Some(Step::Update(update)) => listing.updates.push(*update),
            Some(Step::Remove { gone, cause }) => removals.push((gone, cause)),
            None => listing.unparsed += 1,
        }
    }
    for (gone, cause) in removals {
        match listing.updates.iter_mut().find(|update| update.package == cause) {
            Some(update) => {
                update.removes.push(gone);
                super::dependents::hold_remover(Manager::Opkg, update);
            }
            None => listing.unparsed += 1,
        }
    }
    if listing.updates.iter().any(Update::is_pending) {
        listing.notices.push(ADVICE.to_owned());
    }
    listing.tidy();
    Ok(listing)
}

/// Whether any package list is there. They are in memory: after a boot there is none. Where opkg does not answer,
/// that is said instead.
#[must_use]
pub fn knows_repositories(sections: &Sections) -> bool {
    filled_lines(sections.text("repositories")).next().is_some() || complaint(sections).is_some()
}

/// Why opkg gave no answer. The exit code is that of the reader behind it; opkg itself complains in words.
fn complaint(sections: &Sections) -> Option<HostError> {
    let section = sections.get("simulation")?;
    let problem = super::failure(Manager::Opkg, 255, &section.stderr);
    (section.exit_code != 0 || matches!(problem.code, ErrorCode::Lock | ErrorCode::Sudo)).then_some(problem)
}

fn half_configured(names: &str) -> Option<HostError> {
    let names = join_lines(filled_lines(names), 5);
    (!names.is_empty()).then(|| {
        HostError::new(
            ErrorCode::Broken,
            format!("unpacked and not configured: {names}"),
            "run `opkg configure` on the host, then try again",
        )
    })
}

enum Step {
    Update(Box<Update>),
    Remove { gone: PackageName, cause: PackageName },
}

fn parse_step(line: &str) -> Option<Step> {
    let fields: Vec<&str> = line.split('|').collect();
    let [kind, name, arch, from, to, size] = fields.as_slice() else {
        return None;
    };
    let status = match *kind {
        "update" | "new" => UpdateStatus::Upgradable,
        "held" => UpdateStatus::Held,
        "remove" => {
            return Some(Step::Remove {
                gone: PackageName::new(*name).ok()?,
                cause: PackageName::new(*to).ok()?,
            });
        }
        _ => return None,
    };
    let from = match *from {
        "" => None,
        from => Some(Version::new(from).ok()?),
    };
    if from.is_none() != (*kind == "new") {
        return None;
    }
    let row = Row {
        key: key(name, arch)?,
        from,
        to: Version::new(*to).ok()?,
        repo: String::new(),
        size: size.parse().ok(),
    };
    let mut update = row.update(status);
    if status == UpdateStatus::Held {
        update.reason = Some("has the flag `hold` on the host (`opkg flag ok NAME` ends it)".to_owned());
    }
    Some(Step::Update(Box::new(update)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_package_has_no_old_version_and_an_update_has_one() {
        assert!(matches!(parse_step("new|a|x86_64||1-r1|10"), Some(Step::Update(_))));
        assert!(parse_step("new|a|x86_64|1|2|10").is_none());
        assert!(parse_step("update|a|x86_64||2|10").is_none());
        assert!(parse_step("update|a|x86_64|1|2").is_none());
    }
}
