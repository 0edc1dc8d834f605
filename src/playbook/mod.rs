//! The rules of a rollout: what is updated, where, in which waves, under which conditions.
//!
//! A playbook is read without a host at hand and knows no clock: which hosts a wave has, and whether an
//! exclusion has run out, the plan decides. Whatever a playbook leaves out has the careful default.

mod approval_reader;
mod blackout_reader;
mod budget_reader;
mod built_in;
mod condition_reader;
mod drift_reader;
mod gate_reader;
mod half_done_reader;
mod host_forms;
pub mod ical;
mod lint_reader;
pub mod load;
mod reboot_reader;
mod restart_reader;
mod run_reader;
mod schema;
mod show;
#[cfg(test)]
mod tests;
mod update_reader;
mod wave_reader;
mod window_reader;

pub use schema::parse_playbook;
pub use show::playbook_yaml;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Zoned;

use crate::model::approval::ApprovalRule;
use crate::model::drift::DriftPolicy;
use crate::model::expression::Expression;
use crate::model::finding::LintRule;
use crate::model::host::RebootPolicy;
use crate::model::name::WaveName;
use crate::model::plan::Gate;
use crate::model::recurrence::CalendarEvent;
use crate::model::restart::RestartRule;
use crate::model::run_rules::RunRules;
use crate::model::update_rule::UpdateRule;
use crate::model::window::Window;

/// The name of the playbook that is used when none is named.
pub const BUILT_IN_NAME: &str = "built-in";

/// The rules of a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playbook {
    /// The name in plans, events and the history.
    pub name: String,
    /// The hosts that the waves share out.
    pub select: Expression,
    /// What is updated.
    pub updates: UpdateRule,
    /// In the order in which they run; at least one.
    pub waves: Vec<WaveRule>,
    /// When hosts are rebooted; the stricter of this and a host's own word wins.
    pub reboot: RebootPolicy,
    /// What is done about services that run replaced files.
    pub restart: RestartRule,
    /// What is done with hosts that are no longer as planned.
    pub drift: DriftPolicy,
    /// Who must have approved a plan.
    pub approvals: ApprovalRule,
    /// The windows in which hosts may be changed; none for always.
    pub windows: Vec<Window>,
    /// When nothing is begun, windows or not.
    pub blackouts: Vec<BlackoutRule>,
    /// What is said about findings of the checks.
    pub lint: LintRule,
    /// Hooks, the condition of hosts, reboots, snapshots; its budget of the whole run is a number only in a plan.
    pub run: RunRules,
    /// How many hosts of the whole run may fail; `None` when only the waves' budgets count.
    pub max_failures: Option<Share>,
    /// How long a saved plan holds; `None` for the default.
    pub valid_for: Option<Duration>,
}

impl Playbook {
    /// The expressions of its waves.
    pub fn wave_expressions(&self) -> impl Iterator<Item = &Expression> {
        self.waves.iter().filter_map(|wave| match &wave.selection {
            WaveSelection::Expression(expression) => Some(expression),
            WaveSelection::Rest | WaveSelection::OneOfEachRelease => None,
        })
    }
}

/// One wave as the playbook describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveRule {
    /// The name, unique in the playbook.
    pub name: WaveName,
    /// Its hosts.
    pub selection: WaveSelection,
    /// The size of each batch in turn, of the planned size of the wave; the last one is repeated until no
    /// host is left. At least one.
    pub batches: Vec<Share>,
    /// How many hosts change at once, at least 1; `None` when that follows from the size of the wave.
    pub parallel: Option<usize>,
    /// How many hosts may fail; `None` for the default of the plan.
    pub max_failures: Option<Share>,
    /// Waiting time after the last batch.
    pub soak: Duration,
    /// Checks that must pass before the next wave.
    pub gates: Vec<Gate>,
}

/// When nothing is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlackoutRule {
    /// Once.
    Times {
        /// Its first moment.
        from: Zoned,
        /// The first moment after it.
        until: Zoned,
        /// Why, when it is said.
        reason: Option<String>,
    },
    /// As a calendar has it.
    Calendar {
        /// Its file, as it is written; from the playbook's folder.
        file: PathBuf,
        /// The clock of its times without a zone.
        zone: String,
        /// What is in the file; nothing until it was read.
        events: Vec<CalendarEvent>,
    },
}

/// The hosts of a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaveSelection {
    /// Those that an expression picks.
    Expression(Expression),
    /// Those that no other wave has.
    Rest,
    /// One host of each distribution and release.
    OneOfEachRelease,
}

/// A number of hosts, or a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// That many hosts.
    Count(usize),
    /// That many in a hundred, from 0 to 100.
    Percent(u8),
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(number) => write!(formatter, "{number}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
        }
    }
}
