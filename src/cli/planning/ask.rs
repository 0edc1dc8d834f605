//! The second step of planning: every host that has changes says what exactly these versions come to.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::first_seen::SeenVersion;
use crate::model::name::HostName;
use crate::plan::{HostAnswer, HostQuestion, Planned, complete_plan};
use crate::report::progress::Progress;
use crate::rollout;
use crate::ssh::SshTransport;

/// Asks the hosts of a draft and completes it. What they are offered counts as seen from now on.
///
/// # Errors
/// When the ledger cannot be written.
pub(super) async fn ask_hosts(
    session: &Session<'_>,
    draft: Planned,
    questions: Vec<HostQuestion>,
    transport: &SshTransport,
    ledger: &mut SqliteLedger,
) -> Result<Planned, Failure> {
    if questions.is_empty() || session.control.is_draining() {
        return Ok(draft);
    }
    let printer = session.printer;
    let mut progress = printer.draws_bars().then(|| {
        let mut progress = Progress::new(printer.bars(), printer.notice_look());
        progress.begin_counting("plan", questions.len());
        progress
    });
    let told = |answer: &HostAnswer| {
        if let Some(progress) = &mut progress {
            progress.count(answer.transaction.is_err());
        }
    };
    let (hosts, limits) = (session.hosts_by_name(), session.limits());
    let answers = rollout::ask_hosts(questions, &hosts, transport, &limits, &session.control, told).await;
    if let Some(progress) = &mut progress {
        progress.end();
    }
    ledger.keep_seen(&seen(&answers), draft.plan.made)?;
    Ok(complete_plan(draft, answers))
}

/// The versions that hosts were offered beside those of the scan, each once with the first host that was.
fn seen(answers: &BTreeMap<HostName, HostAnswer>) -> Vec<(SeenVersion<'_>, &HostName)> {
    let mut known = BTreeSet::new();
    let mut seen = Vec::new();
    for answer in answers.values() {
        for change in &answer.seen {
            let version = SeenVersion {
                os: &answer.os,
                package: &change.package,
                arch: &change.arch,
                version: &change.to,
            };
            if known.insert(version) {
                seen.push((version, &answer.host));
            }
        }
    }
    seen
}
