//! Every kind of event with what it tells. The names and fields are a format: ledgers of earlier versions are read with
//! them, and programs read them as JSON lines. What is added to a kind has a default; nothing is renamed or taken away.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{HostPhase, milliseconds};
use crate::model::aftermath::{LeftOver, NeedsRestart};
use crate::model::condition::{Condition, ConditionDifference};
use crate::model::controller::Controller;
use crate::model::drift::{HostDrift, Promotion};
use crate::model::error::HostError;
use crate::model::experimental::Experimental;
use crate::model::gate::GateResult;
use crate::model::hook::{HookOutcome, HookPoint};
use crate::model::manager::Manager;
use crate::model::name::{DomainName, HostName, RunId, WaveName};
use crate::model::order::Order;
use crate::model::plan::{Basis, Budget, PlannedChange};
use crate::model::run::{Change, HostRunState, RunOutcome, SecuredPackages, WaveOutcome};
use crate::model::saved_plan::PlanReference;
use crate::model::scan::HostState;

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum EventKind {
    /// A scan begins.
    ScanStarted {
        /// The hosts that will be contacted.
        hosts: usize,
    },
    /// A host is being contacted.
    HostScanStarted {
        /// The host.
        host: HostName,
    },
    /// A host answered or failed.
    HostScanned {
        /// The host.
        host: HostName,
        /// Whether it answered.
        state: HostState,
        /// Updates that would be installed now.
        updates: usize,
        /// Of these, the ones known to fix a security problem.
        security: usize,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// What went wrong.
        error: Option<HostError>,
        /// The host's package manager, as far as it was found.
        #[serde(default)]
        manager: Option<Manager>,
        /// True when nobody has run patchwave on that manager, else left out of JSON.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        experimental: bool,
    },
    /// A scan ended.
    ScanFinished {
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A run begins.
    RunStarted {
        /// The playbook's name.
        playbook: String,
        /// The plan file that it is a run of; absent when it was planned for this run alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<PlanReference>,
        /// The run that it takes back; absent for every other run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rollback: Option<RunId>,
        /// Waves in the plan.
        waves: usize,
        /// Hosts in the plan.
        hosts: usize,
        /// Package changes in the plan.
        changes: usize,
        /// Its hosts with managers that nobody has run patchwave on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        experimental: Vec<Experimental>,
    },
    /// A controller goes on with a run that had not ended.
    RunResumed {
        /// Who.
        by: Controller,
    },
    /// An operator's word, as it was heard.
    Ordered {
        /// The word.
        order: Order,
        /// Who gave it: `user@machine`.
        by: String,
        /// Its number in the ledger; absent when it came from the keys of the run's own terminal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u64>,
        /// Why it changes nothing; absent when it is obeyed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ignored: Option<String>,
    },
    /// The run minds neither its windows nor its blackouts, because somebody said so.
    WindowIgnored {
        /// Who: `user@machine`.
        by: String,
        /// Why, when it was said.
        reason: Option<String>,
    },
    /// Nothing is begun until somebody says `continue` or `promote`.
    RunPaused {
        /// Why.
        reason: String,
    },
    /// A paused run goes on.
    RunContinued,
    /// A wave begins.
    WaveStarted {
        /// The wave.
        wave: WaveName,
        /// Its hosts.
        hosts: usize,
        /// Its batches.
        batches: usize,
        /// How many of its hosts may fail.
        budget: Budget,
    },
    /// A batch begins.
    BatchStarted {
        /// Its wave.
        wave: WaveName,
        /// Its number, from 1.
        batch: usize,
        /// Its hosts.
        hosts: usize,
    },
    /// A host's turn begins. Written before anything is done.
    HostStarted {
        /// The host.
        host: HostName,
        /// Its wave.
        wave: WaveName,
    },
    /// A host's turn that was begun before is taken up again. Written before anything is done.
    HostResumed {
        /// The host.
        host: HostName,
        /// Its wave.
        wave: WaveName,
    },
    /// A domain was asked whether a host may be taken down. Written when it agrees, before the host starts; and when
    /// it does not, once for each reason.
    QuorumAsked {
        /// The host that is to start.
        host: HostName,
        /// The domain.
        domain: DomainName,
        /// Whether it agrees.
        met: bool,
        /// What its command said, safe to show.
        detail: String,
    },
    /// A host of a domain does not answer, which was seen before another host of the domain was to start. It counts as
    /// down for the rest of the run.
    HostDown {
        /// The host that does not answer.
        host: HostName,
        /// Why, safe to show.
        detail: String,
    },
    /// A host is told to do this. Written before it is told; the job of this id is never started twice.
    HostJob {
        /// The host.
        host: HostName,
        /// The job's id on the host.
        job: String,
        /// Exactly what it is told to install.
        changes: Vec<PlannedChange>,
        /// The condition of the host before, as far as it was looked at: whoever goes on after a crash compares with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Condition>,
    },
    /// A job's end was read, with what it left. From now on the job's folder may be removed.
    HostJobEnded {
        /// The host.
        host: HostName,
        /// The job's id on the host.
        job: String,
        /// What is installed now that was not before.
        changed: Vec<Change>,
        /// Why it failed.
        error: Option<HostError>,
        /// What the host downloaded, in bytes, when it said so.
        #[serde(default)]
        downloaded_bytes: Option<u64>,
        /// What became of the installed versions that were to be put aside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secured: Option<SecuredPackages>,
    },
    /// A host is told to reboot. Written before it is told.
    HostReboot {
        /// The host.
        host: HostName,
        /// The boot that is to end.
        boot_id: String,
    },
    /// A reboot was proved.
    HostRebooted {
        /// The host.
        host: HostName,
        /// The boot that runs now.
        boot_id: String,
        /// From the order until the host had started all that it starts, in seconds.
        down_seconds: u64,
    },
    /// Something keeps a host from being rebooted.
    HostBlocked {
        /// The host.
        host: HostName,
        /// What, each in words.
        blockers: Vec<String>,
    },
    /// What a host that is only rebooted was like before: what it is compared with afterwards, also by whoever takes
    /// the run up again. A host that is told to install something has it in its job.
    HostCondition {
        /// The host.
        host: HostName,
        /// What was seen.
        condition: Box<Condition>,
    },
    /// What differs on a host after its update.
    HostDiffers {
        /// The host.
        host: HostName,
        /// Every difference.
        differences: Vec<ConditionDifference>,
    },
    /// A job has printed nothing for a while.
    HostSilent {
        /// The host.
        host: HostName,
        /// For how long, in seconds.
        seconds: u64,
        /// What was found out about the reason, a line each, safe to show.
        diagnosis: Vec<String>,
    },
    /// A host's transaction was broken off, and is mended now.
    HostHalfDone {
        /// The host.
        host: HostName,
        /// How it was broken off, with what is broken.
        error: HostError,
        /// Everything that the host's manager says is broken, safe to show.
        findings: Vec<String>,
    },
    /// A snapshot of the host's file system was made.
    HostSnapshot {
        /// The host.
        host: HostName,
        /// How it is named there, with the tool that knows it: `snapper 42`.
        snapshot: String,
    },
    /// A host is left alone in the middle of its turn; what was started there goes on.
    HostLeft {
        /// The host.
        host: HostName,
    },
    /// A hook, or the undoing of one, is about to run.
    HookStarted {
        /// Its name.
        hook: String,
        /// When it runs. Named apart from the time of the event.
        #[serde(rename = "point")]
        at: HookPoint,
        /// The host that it is for, when it is one.
        host: Option<HostName>,
        /// The wave that it is for, when it is one.
        wave: Option<WaveName>,
        /// Whether it is the undoing.
        undo: bool,
    },
    /// A hook, or the undoing of one, ended.
    HookFinished {
        /// Its name.
        hook: String,
        /// The host that it is for, when it is one.
        host: Option<HostName>,
        /// The wave that it is for, when it is one.
        wave: Option<WaveName>,
        /// Whether it is the undoing.
        undo: bool,
        /// How.
        outcome: HookOutcome,
        /// What it printed last, safe to show.
        detail: String,
    },
    /// A host enters a phase. For `downloading`, which begins a job that goes on by itself, and for `rebooting`
    /// this is written before the thing is done; `patching` is written when the host says that it installs.
    HostPhase {
        /// The host.
        host: HostName,
        /// The phase.
        phase: HostPhase,
    },
    /// A host is no longer as the plan has it. Written before anything is changed there.
    HostDrifted {
        /// The host.
        host: HostName,
        /// How it differs, and what is done about it.
        drift: HostDrift,
        /// What the host is, where it was planned anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basis: Option<Basis>,
    },
    /// A host gets versions that an earlier wave ran, not those of the plan. Written before anything is done.
    HostPromoted {
        /// The host.
        host: HostName,
        /// Each package with both versions.
        promotions: Vec<Promotion>,
    },
    /// Another process on the host holds the package manager's lock, and the job waits for it. Once at the
    /// beginning, and once for each other holder.
    HostWaiting {
        /// The host.
        host: HostName,
        /// The process and its id, safe to show: `apt-get (pid 812)`.
        holder: String,
    },
    /// The lock is free and the job goes on.
    HostContinues {
        /// The host.
        host: HostName,
        /// How long it was waited for, in seconds.
        waited_seconds: u64,
    },
    /// A line that a host's job printed. Not kept in the ledger.
    HostOutput {
        /// The host.
        host: HostName,
        /// The line, safe to show.
        line: String,
    },
    /// The end of the log of a job that failed. Written before the host ends.
    HostLog {
        /// The host.
        host: HostName,
        /// The log's last lines, safe to show.
        lines: Vec<String>,
    },
    /// What is left to do on a host that was patched. Written before the host ends.
    HostPending {
        /// The host.
        host: HostName,
        /// Units that still run replaced files.
        services: Vec<String>,
        /// Why a reboot is needed.
        reboot: Vec<String>,
    },
    /// What became of the units that still ran replaced files, where the playbook restarts them. Written before
    /// the host ends.
    HostRestarted {
        /// The host.
        host: HostName,
        /// Units that were restarted and run.
        restarted: Vec<String>,
        /// What was left as it is, each with the reason.
        left: Vec<NeedsRestart>,
        /// Units that were restarted and do not run, each with its state.
        failed: Vec<NeedsRestart>,
    },
    /// Configuration files that packages left beside the ones in use. Written before the host ends.
    HostLeftOver {
        /// The host.
        host: HostName,
        /// Each file, with how it differs.
        files: Vec<LeftOver>,
    },
    /// A host ended.
    HostFinished {
        /// The host.
        host: HostName,
        /// Its wave.
        wave: WaveName,
        /// How it ended.
        state: HostRunState,
        /// Whether it was rebooted.
        rebooted: bool,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// What went wrong.
        error: Option<HostError>,
        /// The last lines of the job's log that matter; empty unless it failed.
        excerpt: Vec<String>,
        /// What changed.
        changed: Vec<Change>,
        /// What the host downloaded, in bytes; `None` when nothing was to be downloaded or it did not say so.
        #[serde(default)]
        downloaded_bytes: Option<u64>,
    },
    /// The time after a wave begins.
    SoakStarted {
        /// The wave.
        wave: WaveName,
        /// How long.
        #[serde(with = "milliseconds")]
        duration: Duration,
    },
    /// The time after a wave is over.
    SoakFinished {
        /// The wave.
        wave: WaveName,
        /// Whether an operator cut it short.
        promoted: bool,
    },
    /// A gate was measured once.
    GateMeasured {
        /// The wave.
        wave: WaveName,
        /// The gate.
        gate: String,
        /// The host it was measured for, when it is one.
        host: Option<HostName>,
        /// Whether it passed.
        passed: bool,
        /// Whether it could not be measured; then it did not pass. Left out of JSON when it could.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unknown: bool,
        /// What was seen.
        detail: String,
    },
    /// A gate was measured before its wave changed anything.
    GateBaseline {
        /// The wave.
        wave: WaveName,
        /// The gate.
        gate: String,
        /// What it says.
        result: GateResult,
        /// What was seen.
        detail: String,
    },
    /// A gate of a wave that has passed was looked at again: the first time, and whenever it says something else.
    GateLooked {
        /// The wave.
        wave: WaveName,
        /// The gate.
        gate: String,
        /// What it says now.
        result: GateResult,
        /// What was seen.
        detail: String,
    },
    /// A gate passed or failed.
    GateFinished {
        /// The wave.
        wave: WaveName,
        /// The gate.
        gate: String,
        /// Whether it passed.
        passed: bool,
        /// What decided it.
        detail: String,
    },
    /// A wave ended.
    WaveFinished {
        /// The wave.
        wave: WaveName,
        /// How it ended.
        outcome: WaveOutcome,
        /// Why it did not pass.
        reason: Option<String>,
    },
    /// The operator asked to stop: no host starts, running hosts end.
    Draining,
    /// A run ended.
    RunFinished {
        /// How it ended.
        outcome: RunOutcome,
        /// Why it did not complete.
        reason: Option<String>,
    },
}
