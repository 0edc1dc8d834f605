//! The immutable result of playbook and scan: hosts, waves, batches, exact versions.
//!
//! A plan leaves no choice to the execution: what is not in it is not done. [`folded`] says how it is written.

mod folded;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::approval::ApprovalRule;
use super::download::Download;
use super::drift::DriftPolicy;
use super::error::HostError;
use super::finding::LintRule;
use super::foresight::Foresight;
use super::host::RebootPolicy;
use super::manager::Manager;
use super::name::DomainName;
use super::name::{Architecture, HostName, PackageName, RunId, Version, WaveName};
use super::quorum::QuorumRule;
use super::restart::RestartRule;
use super::rollback::{Consent, Rollback};
use super::run_rules::RunRules;
use super::update::{PackageKey, Update, UpdateStatus};
use super::update_rule::UpdateRule;
use super::window::{Blackout, Calendar, Window, windows};

pub use super::gate::{Gate, GateCheck, GatePlace};

/// What will be done, where, in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The scan that it was made from.
    pub scan: RunId,
    /// When it was made.
    pub made: Timestamp,
    /// The playbook's name.
    pub playbook: String,
    /// The rules that decide while it runs.
    pub rules: PlanRules,
    /// The domains that have hosts in it.
    pub domains: Vec<PlannedDomain>,
    /// In the order in which they run.
    pub waves: Vec<PlannedWave>,
}

/// The rules of the playbook that decide while a plan runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanRules {
    /// What is updated: a host that is planned anew is planned by this.
    pub updates: UpdateRule,
    /// What is done with a host that is no longer as planned.
    pub drift: DriftPolicy,
    /// What is done about services that still run replaced files.
    pub restart: RestartRule,
    /// Who must have approved the plan.
    pub approvals: ApprovalRule,
    /// The windows in which hosts may be changed; none for always.
    #[serde(rename = "window", default, with = "windows")]
    pub windows: Vec<Window>,
    /// When nothing is begun, windows or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blackouts: Vec<Blackout>,
    /// What is said about findings.
    pub lint: LintRule,
    /// Whether the package files of installed versions are put aside on every host before anything is changed on any.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secure_old: bool,
    /// Hooks, budgets of the whole run, the condition of hosts, reboots, snapshots.
    #[serde(default, skip_serializing_if = "is_default")]
    pub run: RunRules,
    /// The run that it takes back, when that is what it does; nothing else may lead to older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
}

impl PlanRules {
    /// What a transaction on that host may do beyond installing what is newer: what a rollback may, or exactly the
    /// planned removals.
    #[must_use]
    pub fn consent(&self, host: &HostName, removes: &[PlannedRemoval]) -> Consent {
        match &self.rollback {
            Some(rollback) => rollback.consent(host),
            None => Consent::to_remove(removes),
        }
    }
}

impl PlanRules {
    /// When hosts may be changed.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        Calendar {
            windows: self.windows.clone(),
            blackouts: self.blackouts.clone(),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Hosts of which only so many may be down together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDomain {
    /// The name in the inventory.
    pub name: DomainName,
    /// How many may be down together; at least 1.
    pub limit: usize,
    /// Its hosts in the inventory, in the plan or not, in the natural order of their names.
    pub members: Vec<HostName>,
    /// Members that the plan left out again although they did not answer when it was made: they count as down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub down: Vec<HostName>,
    /// What must agree before one of its hosts is taken down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<QuorumRule>,
}

impl Plan {
    /// Every host of every wave, in the order in which they start.
    pub fn hosts(&self) -> impl Iterator<Item = &PlannedHost> {
        self.waves.iter().flat_map(PlannedWave::hosts)
    }

    /// How many hosts of all waves together may fail; `None` where only the waves' own budgets count.
    #[must_use]
    pub fn run_budget(&self) -> Option<Budget> {
        let tolerated = self.rules.run.budget.tolerated?;
        let hosts = self.hosts().count();
        Some(Budget { tolerated, hosts })
    }

    /// What all hosts together have to download.
    #[must_use]
    pub fn download(&self) -> Download {
        self.hosts().flat_map(|host| host.changes.iter()).sum()
    }

    /// The number of package changes over all hosts.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.hosts().map(|host| host.changes.len()).sum()
    }
}

/// One wave: its batches, and the rules under which it passes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedWave {
    /// The name in the playbook.
    pub name: WaveName,
    /// Each batch ends before the next begins.
    pub batches: Vec<Vec<PlannedHost>>,
    /// How many hosts change at once; at least 1.
    pub parallel: usize,
    /// How many hosts may fail.
    pub budget: Budget,
    /// Waiting time after the last batch, before the gates.
    pub soak: Duration,
    /// Checks that must pass before the next wave.
    pub gates: Vec<Gate>,
}

impl PlannedWave {
    /// Its hosts, in the order in which they start.
    pub fn hosts(&self) -> impl Iterator<Item = &PlannedHost> {
        self.batches.iter().flatten()
    }

    /// The number of its hosts.
    #[must_use]
    pub fn size(&self) -> usize {
        self.batches.iter().map(Vec::len).sum()
    }
}

/// What one host gets.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedHost {
    /// The host's name in the inventory.
    pub name: HostName,
    /// The address that it was scanned at; another one in the inventory is another host.
    pub address: String,
    /// The port.
    pub port: u16,
    /// What was known of it when the plan was made.
    pub basis: Basis,
    /// The packages to change; empty when nothing is to be done or nothing is known.
    pub changes: Arc<[PlannedChange]>,
    /// New dependencies that the changes may bring with them, each at exactly this version. Which of them are
    /// needed only the host's manager knows when the plan leaves updates out; any other stops the transaction.
    /// Empty where the host was asked, because then those that are needed are among the changes.
    pub may_bring: Arc<[PlannedChange]>,
    /// Installed packages whose place the changes take, in the order of their names: these go, and no others.
    pub removes: Vec<PlannedRemoval>,
    /// Pending updates that the playbook or the inventory leaves out, each with the reason.
    pub left_out: Vec<LeftOut>,
    /// When the host is rebooted: the stricter of the playbook's word and the host's own.
    pub reboot: RebootPolicy,
    /// What the changes will entail; `None` where the host was not asked.
    pub foresight: Option<Arc<Foresight>>,
}

impl PlannedHost {
    /// Whether anything is to be done on it: a package change, or a reboot that is due.
    #[must_use]
    pub fn has_work(&self) -> bool {
        match &self.basis {
            Basis::Unknown { .. } => false,
            Basis::Scanned { reboot_required, .. } => {
                !self.changes.is_empty() || (*reboot_required && self.reboot != RebootPolicy::Never)
            }
        }
    }

    /// What it has to download.
    #[must_use]
    pub fn download(&self) -> Download {
        self.changes.iter().sum()
    }
}

/// What was known of a host when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Basis {
    /// It was scanned.
    Scanned {
        /// Its package manager.
        manager: Manager,
        /// True when nobody has run patchwave on that manager, else left out of JSON: see [`Manager::is_experimental`].
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        experimental: bool,
        /// Its distribution's id.
        os: String,
        /// Its distribution's version.
        version: String,
        /// Its architecture.
        arch: String,
        /// Whether it needed a reboot already.
        reboot_required: bool,
    },
    /// It could not be scanned; in its turn it counts as a failed or unreachable host.
    Unknown {
        /// Why.
        error: HostError,
    },
}

/// One package, from the version that must be found to the version that must be there afterwards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlannedChange {
    /// The package's name.
    pub package: PackageName,
    /// Its architecture.
    pub arch: Architecture,
    /// The installed version; `None` for a new dependency.
    pub from: Option<Version>,
    /// The exact version to install.
    pub to: Version,
    /// The repository that offered it.
    pub repo: String,
    /// Whether it fixes a security problem; `None` when the manager cannot know.
    pub security: Option<bool>,
    /// Download size in bytes.
    pub size: Option<u64>,
}

impl PlannedChange {
    /// Name and architecture.
    #[must_use]
    pub fn key(&self) -> PackageKey {
        PackageKey {
            package: self.package.clone(),
            arch: self.arch.clone(),
        }
    }
}

/// An installed package that goes because planned changes take its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRemoval {
    /// The package's name.
    pub package: PackageName,
    /// Exactly the installed version: at any other one it is not removed.
    pub version: Version,
}

impl From<&Update> for PlannedChange {
    fn from(update: &Update) -> Self {
        Self {
            package: update.package.clone(),
            arch: update.arch.clone(),
            from: update.from.clone(),
            to: update.to.clone(),
            repo: update.repo.clone(),
            security: update.security,
            size: update.size,
        }
    }
}

/// An update that is pending, or a package that must be present, and that is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The package's name.
    pub package: PackageName,
    /// [`UpdateStatus::Excluded`], [`UpdateStatus::TooYoung`], or [`UpdateStatus::KeptBack`] for what cannot be
    /// installed without something that is left out.
    pub status: UpdateStatus,
    /// Why, in words.
    pub reason: String,
}

/// How many hosts of a wave may fail. The run stops at the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Failures that are tolerated.
    pub tolerated: usize,
    /// Hosts in the wave.
    pub hosts: usize,
}

impl Budget {
    /// Whether that many failures end the run. A wave in which every host failed never passes.
    #[must_use]
    pub fn is_exceeded(self, failures: usize) -> bool {
        failures > self.tolerated || (failures > 0 && failures >= self.hosts)
    }

    /// The number of failures that ends the run; `None` when the wave has no hosts.
    #[must_use]
    pub fn stops_at(self) -> Option<usize> {
        (1..=self.hosts).find(|failures| self.is_exceeded(*failures))
    }

    /// The budget in words: `stops at the 2nd failure of 40`.
    #[must_use]
    pub fn in_words(self) -> String {
        match self.stops_at() {
            None => "has no hosts".to_owned(),
            Some(number) => format!("stops at the {} failure of {}", ordinal(number), self.hosts),
        }
    }
}

fn ordinal(number: usize) -> String {
    let suffix = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_budget_are_its_behaviour() {
        let words = |tolerated, hosts| Budget { tolerated, hosts }.in_words();
        assert_eq!(words(1, 40), "stops at the 2nd failure of 40");
        assert_eq!(words(0, 3), "stops at the 1st failure of 3");
        assert_eq!(words(10, 200), "stops at the 11th failure of 200");
        assert_eq!(words(5, 3), "stops at the 3rd failure of 3");
        assert_eq!(words(0, 0), "has no hosts");
    }

    #[test]
    fn a_wave_in_which_every_host_failed_never_passes() {
        assert!(
            Budget {
                tolerated: 10,
                hosts: 2
            }
            .is_exceeded(2)
        );
        assert!(
            !Budget {
                tolerated: 10,
                hosts: 2
            }
            .is_exceeded(1)
        );
        assert!(!Budget { tolerated: 0, hosts: 2 }.is_exceeded(0));
    }
}
