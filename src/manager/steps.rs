//! The steps of a transaction, from what a manager printed when it simulated one. Pure.
//!
//! Each manager says them its own way: apt as lines `Inst` and `Remv`, dnf as a table, zypper as XML, apk as
//! numbered lines. Of pacman and the others the job's script prints `NAME|ARCHITECTURE|FROM|TO`, with `*` for an
//! architecture that is not known and `nothing` for the version after a removal.

mod apk;
mod apt;
mod dnf;
mod zypper;

use crate::model::manager::Manager;
use crate::model::plan::PlannedChange;
use crate::model::step::{Step, StepAction};
use crate::model::text::{printable, shorten};

/// What a simulation would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Steps {
    /// In the order of package names.
    pub steps: Vec<Step>,
    /// Lines that look like a step and were not understood.
    pub unparsed: usize,
}

/// Reads the steps of a simulation that succeeded.
#[must_use]
pub fn steps(manager: Manager, said: &str) -> Steps {
    let mut found = Steps::default();
    match manager {
        Manager::Apt => apt::read(said, &mut found),
        Manager::Dnf4 | Manager::Dnf5 => {
            dnf::read(said, &mut found);
            found.forget_older_kernels();
        }
        Manager::Zypper => zypper::read(said, &mut found),
        Manager::Apk => apk::read(said, &mut found),
        Manager::Pacman
        | Manager::Yum
        | Manager::Microdnf
        | Manager::Tdnf
        | Manager::Pkg
        | Manager::Xbps
        | Manager::Opkg
        | Manager::Brew
        | Manager::Winget
        | Manager::Chocolatey => plain(said, &mut found),
    }
    found
        .steps
        .sort_by(|one, other| (&one.package, one).cmp(&(&other.package, other)));
    found.steps.dedup();
    found
}

/// Fills in what a manager leaves out and the plan knows: the version before (dnf 4) and the architecture (apk).
/// The script has compared both with the host before.
pub fn complete(steps: &mut [Step], planned: &[PlannedChange]) {
    for step in steps.iter_mut().filter(|step| step.action != StepAction::Remove) {
        let is_same = |change: &&PlannedChange| {
            change.package.as_str() == step.package
                && step.to.as_deref() == Some(change.to.as_str())
                && step.arch.as_deref().is_none_or(|arch| arch == change.arch.as_str())
        };
        let Some(change) = planned.iter().find(is_same) else {
            continue;
        };
        step.arch.get_or_insert_with(|| change.arch.to_string());
        if step.action == StepAction::Upgrade && step.from.is_none() {
            step.from = change.from.as_ref().map(ToString::to_string);
        }
    }
}

impl Steps {
    /// What is installed beside older versions of itself takes the oldest away when there are as many as the host's
    /// `installonly_limit` allows (dnf.conf(5)): that is the host's own setting, and no removal of a package.
    fn forget_older_kernels(&mut self) {
        let beside: Vec<Step> = self
            .steps
            .iter()
            .filter(|step| step.action == StepAction::Install)
            .cloned()
            .collect();
        let is_older = |step: &Step| {
            let is_same = |new: &Step| new.package == step.package && new.arch == step.arch && new.to != step.from;
            step.action == StepAction::Remove && beside.iter().any(is_same)
        };
        self.steps.retain(|step| !is_older(step));
    }

    fn add(&mut self, action: StepAction, package: &str, arch: &str, from: Option<&str>, to: Option<&str>) {
        let shown = |text: &str| shorten(&printable(text), 200);
        self.steps.push(Step {
            action,
            package: shown(package),
            arch: (!matches!(arch, "" | "*")).then(|| shown(arch)),
            from: from.map(shown),
            to: to.map(shown),
        });
    }
}

/// Lines `NAME|ARCHITECTURE|FROM|TO`; others are prose.
fn plain(said: &str, found: &mut Steps) {
    for line in said.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [name, arch, from, to] = fields.as_slice() else {
            continue;
        };
        let from = (!from.is_empty()).then_some(*from);
        match (from, *to) {
            (_, "") => found.unparsed += 1,
            (Some(_), "nothing") => found.add(StepAction::Remove, name, arch, from, None),
            (Some(_), to) => found.add(StepAction::Upgrade, name, arch, from, Some(to)),
            (None, to) => found.add(StepAction::Install, name, arch, None, Some(to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_lines_are_read() {
        let found = steps(
            Manager::Pacman,
            "resolving...\nb|any|1-1|2-1\na|*||1-1\nc|any|1-1|nothing\nd|any||\n",
        );
        let shown: Vec<String> = found
            .steps
            .iter()
            .map(|step| format!("{} {} {:?}", step.action.as_str(), step.package, step.arch))
            .collect();
        assert_eq!(
            shown,
            ["install a None", "upgrade b Some(\"any\")", "remove c Some(\"any\")"]
        );
        assert_eq!(found.unparsed, 1);
    }

    #[test]
    fn the_oldest_kernel_that_makes_room_is_no_removal_and_any_other_package_is() {
        let table = "Installing:\n kernel-core x86_64 6.3-1 updates 9 MiB\n\
            Removing:\n kernel-core x86_64 6.0-1 @updates 9 MiB\n old x86_64 1-1 @updates 9 MiB\n\
            Removing dependent packages:\n kmod-x x86_64 6.0-1 @updates 9 MiB\n\
            Upgrading:\n lib x86_64 2-1 updates 9 MiB\n";
        for manager in [Manager::Dnf4, Manager::Dnf5] {
            let found = steps(manager, table);
            let shown: Vec<String> = found
                .steps
                .iter()
                .map(|step| format!("{} {}", step.action.as_str(), step.package))
                .collect();
            assert_eq!(
                shown,
                ["install kernel-core", "remove kmod-x", "upgrade lib", "remove old"]
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s).{0,300}", rows in "( [a-z|:.(]{1,6}){0,9}") {
            for manager in Manager::ALL {
                let _ = steps(manager, &text);
                let _ = steps(manager, &format!("Upgrading:\n{rows}\nInst{rows}\n(1/1) Upgrading{rows}\n<to-remove>"));
            }
        }
    }
}
