//! What a plan comes to on a simulated system: the steps, or why they are refused. Pure.
//!
//! What must stay true: exactly the planned versions are installed, or nothing beyond them.

use super::system::{Effect, Offer, System};

/// A line of the plan, as [`crate::manager::transaction`] writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlanLine {
    /// What the manager is told; empty for what may come along.
    pub word: String,
    pub name: String,
    pub arch: String,
    /// The version to start from; empty for a new package.
    pub from: String,
    pub to: String,
}

impl PlanLine {
    /// Reads all lines up to `end`; `None` when that is missing or a line is not understood.
    pub(super) fn parse_all(lines: &[String]) -> Option<Vec<Self>> {
        let end = lines.iter().position(|line| line == "end")?;
        lines.get(..end)?.iter().map(|line| Self::parse(line)).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('|').map(str::to_owned);
        Some(Self {
            word: fields.next()?,
            name: fields.next()?,
            arch: fields.next()?,
            from: fields.next()?,
            to: fields.next()?,
        })
    }
}

/// One package that would be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub name: String,
    pub arch: String,
    pub from: Option<String>,
    pub to: String,
    pub repository: String,
    pub size: u64,
    /// Whether its maintainer script fails.
    pub fails: bool,
}

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// These steps, in the order of the plan.
    Steps(Vec<Step>),
    /// No repository has this version any more.
    Gone(PlanLine),
    /// A package would be changed that is not planned, or from another version than planned.
    Unplanned(Step),
}

/// Compares a plan with the system. What is installed already is no step.
pub(super) fn resolve(system: &System, plan: &[PlanLine]) -> Resolved {
    let mut steps = Vec::new();
    for line in plan
        .iter()
        .filter(|line| !line.word.is_empty() || is_needed(system, plan, &line.name))
    {
        let package = system
            .packages
            .iter()
            .find(|package| package.name == line.name && package.arch == line.arch);
        let Some(package) = package else {
            return Resolved::Gone(line.clone());
        };
        if package.installed.contains(&line.to) {
            continue;
        }
        let Some(offer) = package.find(&line.to) else {
            return Resolved::Gone(line.clone());
        };
        let step = step(&line.name, &line.arch, package.version(), offer);
        if step.from.as_deref().unwrap_or_default() != line.from {
            return Resolved::Unplanned(step);
        }
        for need in &offer.needs {
            if let Some(extra) = unplanned(system, plan, need) {
                return Resolved::Unplanned(extra);
            }
        }
        steps.push(step);
    }
    Resolved::Steps(steps)
}

/// Whether something that is asked for needs that package and the system lacks it.
fn is_needed(system: &System, plan: &[PlanLine], name: &str) -> bool {
    let asked = plan.iter().filter(|line| !line.word.is_empty());
    let mut offers = asked.filter_map(|line| {
        system
            .package(&line.name)?
            .offers
            .iter()
            .find(|offer| offer.version == line.to)
    });
    offers.any(|offer| offer.needs.iter().any(|need| need == name))
}

fn unplanned(system: &System, plan: &[PlanLine], need: &str) -> Option<Step> {
    let package = system.package(need).filter(|package| package.installed.is_empty())?;
    let offer = package.offers.last()?;
    let planned = plan.iter().any(|line| line.name == need && line.to == offer.version);
    (!planned).then(|| step(&package.name, &package.arch, None, offer))
}

fn step(name: &str, arch: &str, from: Option<&str>, offer: &Offer) -> Step {
    Step {
        name: name.to_owned(),
        arch: arch.to_owned(),
        from: from.map(str::to_owned),
        to: offer.version.clone(),
        repository: offer.repository.clone(),
        size: offer.size,
        fails: offer.effects.contains(&Effect::ScriptFails),
    }
}

/// The message of patchwave's own guard about something that is not planned.
pub(super) fn drift(step: &Step) -> String {
    format!(
        "patchwave: E_DRIFT: the transaction would also change {} from {} to {}\n",
        step.name,
        step.from.as_deref().unwrap_or("nothing"),
        step.to
    )
}

/// A transaction as it will have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transaction {
    /// What the manager prints.
    pub log: String,
    /// The manager's exit code.
    pub exit_code: i32,
    /// What will be installed.
    pub installed: Vec<Step>,
    /// Units that will be restarted.
    pub restarted: Vec<String>,
    /// Whether packages whose script failed are left half-way, as dpkg leaves them.
    pub leaves_broken: bool,
    /// Versions that will be kept on the system: name, architecture, version.
    pub kept: Vec<(String, String, String)>,
}

impl Transaction {
    /// One that changes nothing.
    pub(super) fn refused(log: String, exit_code: i32) -> Self {
        Self {
            log,
            exit_code,
            installed: Vec::new(),
            restarted: Vec::new(),
            leaves_broken: false,
            kept: Vec::new(),
        }
    }

    /// Changes the system.
    pub(super) fn take_effect(&self, system: &mut System) {
        system
            .replaced_files
            .retain(|(unit, _)| !self.restarted.iter().any(|name| name == unit));
        for (name, arch, version) in &self.kept {
            let mut packages = system.packages.iter_mut();
            if let Some(package) = packages.find(|package| package.name == *name && package.arch == *arch) {
                package.keep(version);
            }
        }
        for step in &self.installed {
            system.install(&step.name, &step.arch, &step.to);
            if let Some(package) = system.package_mut(&step.name) {
                package.broken = step.fails && self.leaves_broken;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::system::Package;
    use super::*;
    use crate::model::manager::Manager;

    fn line(name: &str, from: &str, to: &str) -> PlanLine {
        PlanLine {
            word: format!("{name}={to}"),
            name: name.to_owned(),
            arch: "all".to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    fn system() -> System {
        System::new("a", Manager::Apt, "", "6").with_packages([
            Package::installed("a", "all", "1").offer(Offer::new("2", "r", 1).needing("new")),
            Package::available("new", "all", Offer::new("1", "r", 1)),
        ])
    }

    #[test]
    fn a_plan_is_done_exactly_or_refused() {
        let resolved = |plan: &[PlanLine]| resolve(&system(), plan);
        let whole = [line("a", "1", "2"), line("new", "", "1")];
        assert!(matches!(resolved(&whole), Resolved::Steps(steps) if steps.len() == 2));
        assert!(matches!(resolved(&[line("a", "1", "2")]), Resolved::Unplanned(step) if step.name == "new"));
        assert!(matches!(resolved(&[line("a", "1", "3")]), Resolved::Gone(_)));
        assert!(matches!(resolved(&[line("b", "1", "2")]), Resolved::Gone(_)));
        assert!(
            matches!(resolved(&[line("a", "0", "2")]), Resolved::Unplanned(step) if step.from.as_deref() == Some("1"))
        );
        assert_eq!(resolved(&[line("a", "0", "1")]), Resolved::Steps(Vec::new()));
    }

    #[test]
    fn a_plan_without_its_last_line_is_no_plan() {
        let lines = ["a:all=2|a|all|1|2|".to_owned()];
        assert_eq!(PlanLine::parse_all(&lines), None);
        let lines = [lines[0].clone(), "end".to_owned()];
        assert_eq!(
            PlanLine::parse_all(&lines).unwrap(),
            [PlanLine {
                word: "a:all=2".to_owned(),
                ..line("a", "1", "2")
            }]
        );
    }
}
