//! From playbook and hosts to a plan with everything that is said about it: the steps that `plan`, `apply` and
//! `fetch` share, one file a step. Nothing on a host is changed here.
//!
//! 1. [`draft`]: hosts are selected and scanned, and waves and wanted updates are made from that.
//! 2. [`ask`]: every host that has changes says what exactly they come to.
//! 3. [`examine`]: the finished plan is read by the checks.
//! 4. [`sign_off`]: author, program, time and playbook are put to it: a [`SavedPlan`], kept in a file or not.
//!
//! [`reboots`] makes the plan of a run that changes no package.
//!
//! [`permission`] is asked for the plan before it is run, one file a condition.

mod ask;
mod draft;
mod examine;
pub mod permission;
pub mod reboots;
mod sign_off;

use std::time::Duration;

use super::arguments::PlanOptions;
use super::failure::Failure;
use super::session::Session;
use crate::ledger::SqliteLedger;
use crate::model::estimate::Estimate;
use crate::model::plan::Plan;
use crate::model::saved_plan::SavedPlan;
use crate::model::scan::Scan;
use crate::plan::window::outlook;
use crate::playbook::Playbook;
use crate::report::pages::saved_plan::PlanView;
use crate::ssh::SshTransport;

use self::draft::Draft;
pub use draft::read_playbook;

/// As many of the newest runs as tell how long things take.
pub const PAST_RUNS: usize = 20;

/// A plan that was made just now.
#[derive(Debug)]
pub struct Prepared {
    /// What it was made from.
    pub scan: Scan,
    /// The plan with everything that is said about it.
    pub saved: SavedPlan,
    /// What is worth a warning beside the findings, each in a sentence.
    pub warnings: Vec<String>,
    /// How long it is expected to take; `None` where nothing is known.
    pub estimate: Option<Estimate>,
    /// What is said of the time in which it may run.
    pub outlook: Vec<String>,
}

impl Prepared {
    /// What is shown of it.
    #[must_use]
    pub fn view(&self, all: bool) -> PlanView<'_> {
        PlanView {
            estimate: self.estimate,
            outlook: &self.outlook,
            ..PlanView::new(&self.saved, None, all)
        }
    }

    /// What is done, where, in which order.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.saved.plan
    }
}

/// Makes a plan, from the selection to the checks. `valid` is how long it holds when the command line says so.
///
/// # Errors
/// When the selection or a wave is wrong, or the ledger cannot be used.
pub async fn prepare(
    session: &Session<'_>,
    playbook: &Playbook,
    options: &PlanOptions,
    valid: Option<Duration>,
    transport: &SshTransport,
    ledger: &mut SqliteLedger,
) -> Result<Prepared, Failure> {
    let Draft {
        scan,
        planned,
        questions,
    } = draft::draft(session, playbook, options, transport, ledger).await?;
    let planned = ask::ask_hosts(session, planned, questions, transport, ledger).await?;
    let expires = sign_off::end_of_validity(&planned.plan, playbook, valid)?;
    let examination = examine::examine(session, playbook, &planned, &scan, expires, ledger)?;
    let estimate = examination.estimate;
    let mut saved = sign_off::sign_off(planned.plan, examination, playbook, expires, session)?;
    saved.plan.rules.secure_old = options.secure_old;
    let outlook = outlook(&saved.plan.rules.calendar(), estimate, saved.made);
    Ok(Prepared {
        scan,
        saved,
        outlook,
        warnings: planned.warnings,
        estimate,
    })
}
