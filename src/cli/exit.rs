//! The one table of exit codes.

use crate::model::error::ErrorCode;
use crate::model::plan::Plan;
use crate::model::run::{HostReport, HostRunState, RunOutcome, RunReport, WaveOutcome};

/// How a command ends. The numbers are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; nothing wrong.
    Done = 0,
    /// A fault of patchwave.
    Internal = 1,
    /// The command line, the inventory, the playbook or the plan file is wrong; nothing was contacted.
    Usage = 2,
    /// Updates are pending; only with `--detailed-exitcode`.
    Pending = 10,
    /// Some hosts failed.
    HostsFailed = 20,
    /// A gate, a budget or an operator stopped the run.
    Stopped = 21,
    /// Some hosts could not be reached, or refused the login or the host key; nothing else went wrong.
    Unreachable = 22,
    /// The maintenance window is closed, too short, or left no time for some hosts.
    OutsideWindow = 23,
    /// The plan no longer holds: it has expired, or what it was made for is no longer so.
    Outdated = 24,
    /// An approval is missing or invalid; nothing was contacted.
    NotApproved = 25,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table as `--help` shows it.
pub const TABLE: &str = "\
Exit codes:
  0    done; nothing wrong
  1    internal error
  2    usage, inventory, playbook or plan file is wrong (nothing was contacted), or the checks of a plan found an error
       (nothing was changed)
  10   updates are pending (scan, diff, plan with --detailed-exitcode)
  20   some hosts failed
  21   the run was stopped by a gate, a budget or an operator
  22   some hosts were unreachable, or refused the login or the host key
  23   the maintenance window is closed, too short, or left no time for some hosts
       (20 where hosts failed too)
  24   the plan no longer holds: it expired, or hosts or repositories are no longer as planned; not everything could
       go back (rollback)
  25   an approval is missing or invalid
  130  interrupted";

/// The exit code of an ended run. Drift has its own where it stopped the run, or is all that went wrong.
pub(in crate::cli) fn run_exit(plan: &Plan, report: &RunReport) -> Exit {
    let any = |state| report.hosts.iter().any(|host| host.state == state);
    match report.outcome {
        RunOutcome::Interrupted => Exit::Interrupted,
        RunOutcome::Failed => Exit::Internal,
        RunOutcome::Stopped if drift_stopped(plan, report) => Exit::Outdated,
        RunOutcome::Stopped => Exit::Stopped,
        // What failed is not hidden by what was left for the next opening.
        RunOutcome::OutOfTime if any(HostRunState::Failed) => Exit::HostsFailed,
        RunOutcome::OutOfTime => Exit::OutsideWindow,
        RunOutcome::Completed if report.hosts.iter().any(|host| host.state.is_failure()) && failed_by_drift(report) => {
            Exit::Outdated
        }
        RunOutcome::Completed if any(HostRunState::Failed) => Exit::HostsFailed,
        RunOutcome::Completed if report.hosts.iter().any(left_out_by_domain) => Exit::HostsFailed,
        RunOutcome::Completed if any(HostRunState::Unreachable) => Exit::Unreachable,
        // What stayed is not hidden by what went back.
        RunOutcome::Completed if report.rollback.as_ref().is_some_and(|way| !way.stays.is_empty()) => Exit::Outdated,
        RunOutcome::Completed => Exit::Done,
    }
}

fn failed_by_drift(report: &RunReport) -> bool {
    let mut failed = report.hosts.iter().filter(|host| host.state.is_failure());
    failed.all(|host| host.failed_by_drift())
}

/// Whether a host is as it was because its domain could not spare it, or nobody agreed that it could.
fn left_out_by_domain(host: &HostReport) -> bool {
    let error = host.error.as_ref();
    host.state == HostRunState::Skipped && error.is_some_and(|error| error.code == ErrorCode::Domain)
}

/// Whether drift alone used up the budget of the wave that failed or of the run, or left nothing to test in the wave.
fn drift_stopped(plan: &Plan, report: &RunReport) -> bool {
    let Some(wave) = report.waves.iter().find(|wave| wave.outcome == WaveOutcome::Failed) else {
        return false;
    };
    let of_wave = || report.hosts.iter().filter(|host| host.wave == wave.name);
    let failures = of_wave().filter(|host| host.state.is_failure()).count();
    let budget = plan.waves.iter().find(|planned| planned.name == wave.name);
    let is_exceeded = budget.is_some_and(|planned| planned.budget.is_exceeded(failures));
    let all_failures = report.hosts.iter().filter(|host| host.state.is_failure()).count();
    let is_exceeded = is_exceeded || plan.run_budget().is_some_and(|budget| budget.is_exceeded(all_failures));
    let is_untested = of_wave().all(|host| host.state == HostRunState::Skipped && host.error.is_none());
    failed_by_drift(report) && (is_exceeded || is_untested)
}

#[cfg(test)]
mod tests;
