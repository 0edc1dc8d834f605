//! What a run was begun with, from the command line into the ledger and back.

use crate::cli::arguments::GlobalOptions;
use crate::cli::commands::apply::RunOrder;
use crate::cli::controller::this_process;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::{Claim, Claiming, Ledger, SqliteLedger};
use crate::model::name::RunId;
use crate::model::run_record::{RunRecord, RunStep, RunTrust};
use crate::remote::job::JobStep;
use crate::rollout::Freshness;

/// The record of a run that begins.
///
/// # Errors
/// When a path cannot be made absolute.
pub(super) fn record(order: &RunOrder, session: &Session<'_>) -> Result<RunRecord, Failure> {
    let options = session.options;
    let inventory = session.inventory_paths.iter().map(std::path::absolute);
    Ok(RunRecord {
        command: order.command.to_owned(),
        step: match order.step {
            JobStep::DownloadOnly => RunStep::Download,
            JobStep::Secure => RunStep::Secure,
            JobStep::Everything | JobStep::Repair => RunStep::Everything,
        },
        trust: match order.freshness {
            Freshness::JustPlanned => RunTrust::JustPlanned,
            Freshness::KeptPlan => RunTrust::KeptPlan,
            Freshness::NothingFetched => RunTrust::NothingFetched,
        },
        ignores_window: order.ignores_window,
        plan: order.of.clone(),
        expires: order.expires,
        inventory: inventory.collect::<Result<_, _>>()?,
        ssh_config: options.ssh_config.clone(),
        parallel: options.parallel,
        connect_timeout: options.connect_timeout,
        timeout: options.timeout,
        lock_wait: options.lock_wait,
        next: order.next.clone().map(Box::new),
    })
}

/// The options of a run that is gone on with: those that it was begun with, unless others are said now.
pub(super) fn options_of(record: &RunRecord, said: &GlobalOptions) -> GlobalOptions {
    let mut options = said.clone();
    if options.inventory.is_empty() {
        options.inventory = record.inventory.clone();
    }
    options.ssh_config = options.ssh_config.or_else(|| record.ssh_config.clone());
    options.parallel = options.parallel.or(record.parallel);
    options.connect_timeout = options.connect_timeout.or(record.connect_timeout);
    options.lock_wait = options.lock_wait.or(record.lock_wait);
    options.timeout = record.timeout;
    options
}

/// The command that a run's JSON document names.
pub(super) fn document_of(command: &str) -> &'static str {
    match command {
        "reboot" => "reboot",
        "rollback" => "rollback",
        _ => "apply",
    }
}

/// The command that began a run, as its document names it.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn command_that_began(run: &RunId, ledger: &SqliteLedger) -> Result<&'static str, Failure> {
    let record = ledger.begun_run(run)?.and_then(|begun| begun.record);
    Ok(record.map_or("apply", |record| document_of(&record.command)))
}

/// How far each host's job goes.
pub(super) fn step_of(record: &RunRecord) -> JobStep {
    match record.step {
        RunStep::Download => JobStep::DownloadOnly,
        RunStep::Secure => JobStep::Secure,
        RunStep::Everything => JobStep::Everything,
    }
}

/// How far what hosts knew is trusted. A plan that was just made then is a kept one now.
pub(super) fn freshness_of(record: &RunRecord) -> Freshness {
    match record.trust {
        RunTrust::JustPlanned => Freshness::JustPlanned,
        RunTrust::KeptPlan => Freshness::KeptPlan,
        RunTrust::NothingFetched => Freshness::NothingFetched,
    }
}

/// Takes the right to write the journal of a run.
///
/// # Errors
/// When somebody else has it.
pub(super) fn claim(run: &RunId, session: &Session<'_>, ledger: &SqliteLedger) -> Result<Claim, Failure> {
    match ledger.claim(run, &this_process(session.options.surroundings))? {
        Claiming::Granted(claim) => Ok(claim),
        Claiming::Held(by) => {
            let by = by.map_or_else(|| "another patchwave".to_owned(), |by| by.to_string());
            Err(Failure::usage(
                format!("run {run} is carried out by {by}; nothing was contacted"),
                "a run has one controller at a time: wait for it, or end that process; its hosts lose nothing by it",
            ))
        }
    }
}
