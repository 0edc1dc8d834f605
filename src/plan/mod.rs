//! From playbook and scan to waves with exact versions. Pure: the same inputs, `now` included, give the same plan.
//!
//! - [`diff`]: the scan folded by package.
//! - [`measure_coverage`]: how much of the fleet's changes the first wave exercises.
//! - [`estimate`]: how long a plan is expected to take.
//! - [`lint`]: the checks of a plan.
//! - [`window`]: when hosts may be changed.
//! - [`download_plan`]: the same hosts and versions, to be downloaded only.
//! - [`drift`]: how a host differs from its plan when its turn comes.
//! - [`choose_again`]: what a host gets that is planned anew then.
//! - [`promotion`]: what earlier waves ran decides for later ones.
//! - [`check_waves`]: what can be wrong with waves before any host is contacted.
//! - [`foresee`]: what changes entail on a host that was asked.
//! - [`keep_hosts`], [`keep_saved_hosts`]: a plan with hosts left out.
//! - [`saved`]: plans as files.
//! - [`make_plan`]: hosts into waves (`waves`) and batches (`batches`), updates into changes (`updates`, `age`).
//! - [`questions`], [`complete_plan`]: what the hosts are asked about a draft, and what follows from it.
//! - [`DomainSchedule`]: which host of a batch may start while others are down.

mod again;
mod age;
pub mod approvals;
mod batches;
mod blackouts;
mod budgets;
mod complete;
pub mod core_packages;
mod coverage;
pub mod diff;
mod domains;
mod download;
pub mod drift;
pub mod estimate;
mod foresight;
mod host;
pub mod lint;
mod make;
mod narrow;
mod present;
pub mod promotion;
mod question;
pub mod saved;
mod schedule;
mod shared;
#[cfg(test)]
mod test_plans;
#[cfg(test)]
mod tests;
mod updates;
mod warnings;
mod waves;
pub mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::inventory::SelectionError;
use crate::model::finding::Finding;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::Plan;
use crate::model::resolution::Resolution;

pub use again::choose_again;
pub use age::AgeKnowledge;
pub use blackouts::calendar;
pub use budgets::Budgets;
pub use complete::complete_plan;
pub use coverage::measure_coverage;
pub use download::download_plan;
pub use foresight::foresee;
pub use make::{PlanInputs, make_plan};
pub use narrow::{keep_hosts, keep_saved_hosts};
pub use present::{ExcludedSince, excluded_since, heed_inventory};
pub use question::{Asked, HostAnswer, HostQuestion, HostTransaction, SharedAnswers, questions};
pub use schedule::{DomainSchedule, Exhausted, Next, Waiting};
pub use updates::Restrictions;
pub use waves::check_waves;

/// A plan and what is worth a warning about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Each in a sentence.
    pub warnings: Vec<String>,
    /// What was found while it was made; an error keeps the plan from being applied.
    pub findings: Vec<Finding>,
    /// What the hosts answered that were asked, for the checks; empty in a draft.
    pub resolutions: BTreeMap<HostName, Arc<Resolution>>,
}

/// Why no plan can be made. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Two waves pick the same host.
    #[error("host `{host}` is in wave `{first}` and in wave `{second}`: every host belongs to exactly one")]
    TwoWaves {
        /// The host.
        host: HostName,
        /// The wave that has it first.
        first: WaveName,
        /// The other one.
        second: WaveName,
    },
    /// No wave picks a host.
    #[error("{} in no wave: {}; add a wave with `rest: true`", are(hosts.len()), names(hosts))]
    NoWave {
        /// The hosts.
        hosts: Vec<HostName>,
    },
    /// A calendar of blackouts cannot be followed.
    #[error("the calendar `{file}` cannot be followed: {why}")]
    Calendar {
        /// Its file.
        file: String,
        /// Why.
        why: String,
    },
    /// A wave's expression is wrong.
    #[error(transparent)]
    Selection(#[from] SelectionError),
}

fn are(number: usize) -> String {
    if number == 1 {
        "1 host is".to_owned()
    } else {
        format!("{number} hosts are")
    }
}

fn names(hosts: &[HostName]) -> String {
    let shown: Vec<&str> = hosts.iter().take(5).map(HostName::as_str).collect();
    let more = if hosts.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
