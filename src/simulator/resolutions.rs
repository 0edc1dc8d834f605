//! A simulated host's answer to `resolve`: what a plan would come to, what its repositories offer, who uses it.

use std::collections::BTreeSet;

use crate::remote::frame::FrameWriter;

use super::managers;
use super::system::{Effect, System};
use super::transaction::{PlanLine, Resolved, resolve};

/// Answers the script `resolve`. Nothing changes.
pub(super) fn answer(system: &System, data: &[String], writer: &mut FrameWriter) {
    let [_manager, _lock_wait, plan @ ..] = data else {
        return;
    };
    // Without its last line the real script prints no section either.
    let Some(asked) = PlanLine::parse_all(plan) else { return };
    let plan = complete(system, &asked);
    let (stdout, exit_code) = managers::simulate(system, &plan);
    writer.section("simulate", &stdout, "", exit_code);
    let names: BTreeSet<&str> = asked.iter().chain(&plan).map(|line| line.name.as_str()).collect();
    writer.section("offers", &offers(system, &names), "", 0);
    writer.section("users", &users(system, &names), "", 0);
    writer.section("space", "", "", 0);
}

/// The plan with what comes along. What must be present gets a version, or is gone from the plan when it is there.
fn complete(system: &System, asked: &[PlanLine]) -> Vec<PlanLine> {
    let present = |line: &&PlanLine| {
        let package = system.package(&line.name);
        !line.to.is_empty() || package.is_none_or(|package| package.installed.is_empty())
    };
    let mut plan: Vec<PlanLine> = asked
        .iter()
        .filter(present)
        .map(|line| versioned(system, line))
        .collect();
    // Each round adds a package of the system that was not in the plan.
    for _ in 0..system.packages.len() {
        let Resolved::Unplanned(step) = resolve(system, &plan) else {
            break;
        };
        if plan.iter().any(|line| line.name == step.name) {
            break;
        }
        plan.push(PlanLine {
            word: step.name.clone(),
            name: step.name,
            arch: step.arch,
            from: step.from.unwrap_or_default(),
            to: step.to,
        });
    }
    plan
}

fn versioned(system: &System, line: &PlanLine) -> PlanLine {
    let package = system.package(&line.name);
    match package.and_then(|package| Some((package, package.offers.last()?))) {
        Some((package, offer)) if line.to.is_empty() => PlanLine {
            arch: package.arch.clone(),
            to: offer.version.clone(),
            ..line.clone()
        },
        _ => line.clone(),
    }
}

fn offers(system: &System, names: &BTreeSet<&str>) -> String {
    let mut lines = String::new();
    for package in system
        .packages
        .iter()
        .filter(|package| names.contains(package.name.as_str()))
    {
        for offer in &package.offers {
            lines.push_str(&format!(
                "{}|{}|{}|{}|{}|repository\n",
                package.name, package.arch, offer.version, offer.repository, offer.size
            ));
        }
        for offer in &package.kept {
            lines.push_str(&format!(
                "{}|{}|{}||{}|host\n",
                package.name, package.arch, offer.version, offer.size
            ));
        }
    }
    lines
}

/// The units that will go on running a file that an offer replaces.
fn users(system: &System, names: &BTreeSet<&str>) -> String {
    let mut lines = BTreeSet::new();
    for package in system
        .packages
        .iter()
        .filter(|package| names.contains(package.name.as_str()))
    {
        for effect in package.offers.iter().flat_map(|offer| &offer.effects) {
            if let Effect::KeepsOldFile(unit, _) = effect {
                lines.insert(format!("{}|{unit}.service\n", package.name));
            }
        }
    }
    lines.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::system::{Offer, Package};
    use super::*;
    use crate::model::manager::Manager;
    use crate::remote::resolve::parse_resolve;
    use crate::remote::script::Nonce;

    fn asked(manager: Manager, lines: &[&str]) -> crate::model::resolution::Resolution {
        let system = System::new("a", manager, "", "6").with_packages([
            Package::installed("a", "all", "1")
                .offer(Offer::new("1", "r", 1))
                .offer(Offer::new("2", "r", 1).needing("new"))
                .offer(Offer::new("3", "r", 1)),
            Package::available("new", "all", Offer::new("7", "r", 1)),
        ]);
        let mut data = vec![manager.to_string(), "5".to_owned()];
        data.extend(lines.iter().map(|line| (*line).to_owned()));
        data.push("end".to_owned());
        let mut writer = FrameWriter::new(Nonce::from_bits(0));
        answer(&system, &data, &mut writer);
        parse_resolve(manager, &writer.finish(), &Nonce::from_bits(0)).unwrap()
    }

    #[test]
    fn an_older_version_is_resolved_with_what_it_brings() {
        for manager in [
            Manager::Apt,
            Manager::Dnf4,
            Manager::Zypper,
            Manager::Pacman,
            Manager::Apk,
        ] {
            let found = asked(manager, &["a=2|a|all|1|2|"]);
            assert_eq!(found.refusal, None, "{manager}");
            let steps: Vec<&str> = found.steps.iter().map(|step| step.package.as_str()).collect();
            assert_eq!(steps, ["a", "new"], "{manager}");
            let versions: Vec<&str> = found.offers.iter().map(|offer| offer.version.as_str()).collect();
            assert_eq!(versions, ["1", "2", "3", "7"], "{manager}");
        }
    }

    #[test]
    fn what_is_gone_is_refused_by_name() {
        let found = asked(Manager::Apt, &["a=4|a|all|1|4|"]);
        assert_eq!(found.refusal.unwrap().code, crate::model::error::ErrorCode::Gone);
    }

    #[test]
    fn a_package_that_must_be_present_gets_a_version() {
        let found = asked(Manager::Apt, &["new|new|*|||", "a|a|*|||"]);
        let steps: Vec<_> = found
            .steps
            .iter()
            .map(|step| (step.package.as_str(), step.to.as_deref()))
            .collect();
        assert_eq!(steps, [("new", Some("7"))]);
    }
}
