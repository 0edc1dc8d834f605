//! The demo's steps: each runs a real command, and says how it has to end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::fleet::{BAD_PACKAGE, BAD_VERSION, CANARY, DemoFleet, GOOD_VERSION, VICTIM};
use super::folder::Folder;
use super::screen;
use crate::cli::arguments::{
    ApplyArguments, DiffArguments, DiffBy, ExitOption, GlobalOptions, HistoryArguments, InventoryCommand,
    PlanArguments, PlanOptions, RefreshChoice, RefreshOption, ScanArguments,
};
use crate::cli::commands::{apply, diff, history, inventory, plan, scan};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::run::{HostRunState, RunOutcome, RunReport, WaveOutcome};
use crate::report::page::Tone;
use crate::rollout::Control;

/// Time to read a step on a terminal before the next one begins.
const PAUSE: Duration = Duration::from_millis(600);

/// Everything that the steps share.
pub(super) struct Stage<'a> {
    pub fleet: DemoFleet,
    pub folder: Folder,
    pub options: GlobalOptions,
    pub printer: &'a Printer,
    pub control: Control,
}

/// Why the demo ended before its last step.
pub(super) enum Ending {
    /// The operator interrupted it.
    Interrupted,
    /// A step did not end as it should.
    Unexpected(String),
    /// A command could not do its work.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Ending {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What is installed on each host: name, architecture and versions.
type Snapshot = BTreeMap<&'static str, BTreeMap<String, Vec<String>>>;

/// Tells the story from its first step to its last.
pub(super) async fn tell(stage: &Stage<'_>) -> Result<(), Ending> {
    let printer = stage.printer;
    screen::introduction(printer, stage.fleet.systems.len(), stage.folder.path())?;

    stage
        .begin("1. Who belongs where", Some("patchwave inventory graph"))
        .await?;
    let exit = inventory::run(&InventoryCommand::Graph, &stage.options, printer);
    stage.expect(exit, Exit::Done, "the inventory has no mistakes; nothing was contacted")?;

    stage
        .begin("2. What every host would update", Some("patchwave scan"))
        .await?;
    let exit = scan::run(&scan_arguments(), &stage.options, printer).await;
    stage.expect(exit, Exit::Done, "every host answered; the scan is in the ledger")?;

    stage
        .begin("3. The same, folded by package", Some("patchwave diff"))
        .await?;
    let exit = diff::run(&diff_arguments(), &stage.options, printer);
    stage.expect(exit, Exit::Done, "from the ledger; nothing was contacted")?;

    let monthly = "playbooks/monthly.yml";
    stage
        .begin(
            "4. The plan: waves and exact versions",
            Some("patchwave plan playbooks/monthly.yml"),
        )
        .await?;
    let arguments = PlanArguments {
        options: stage.plan_options(monthly),
        exit: ExitOption {
            detailed_exitcode: false,
        },
    };
    let exit = plan::run(&arguments, &stage.options, printer).await;
    stage.expect(exit, Exit::Done, "a plan changes nothing")?;

    let before = stage.snapshot();
    stage
        .begin(
            "5. The rollout: the canary wave meets a bad update",
            Some("patchwave apply playbooks/monthly.yml --yes"),
        )
        .await?;
    let exit = stage.apply(monthly).await;
    stage.expect(exit, Exit::Stopped, "a gate stopped the run, as it should")?;
    check_stopped(&stage.newest_report()?)?;

    stage
        .begin(
            "6. What the stop was worth: the simulated hosts themselves are asked",
            None,
        )
        .await?;
    stage.tell_what_was_saved(&before)?;

    let without = "playbooks/monthly-without-webshop.yml";
    stage
        .begin(
            "7. The rollout again, without that package",
            Some("patchwave apply playbooks/monthly-without-webshop.yml --yes"),
        )
        .await?;
    let exit = stage.apply(without).await;
    stage.expect(exit, Exit::Done, "every wave passed")?;
    check_completed(&stage.newest_report()?)?;
    stage.check_final_state()?;

    stage
        .begin("8. What was done, from the ledger", Some("patchwave history"))
        .await?;
    let exit = history::run(&HistoryArguments { number: 20 }, &stage.options, printer);
    stage.expect(exit, Exit::Done, "every event of both runs is kept")
}

impl Stage<'_> {
    /// Announces a step, after a pause to read the last one.
    async fn begin(&self, title: &str, command: Option<&str>) -> Result<(), Ending> {
        if self.printer.draws_bars() {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.control.drained() => {}
            }
        }
        if self.control.is_draining() {
            return Err(Ending::Interrupted);
        }
        Ok(screen::heading(self.printer, title, command)?)
    }

    fn expect(&self, ended: CommandResult, expected: Exit, words: &str) -> Result<(), Ending> {
        match ended.map_err(Ending::Failed)? {
            exit if exit == expected => Ok(screen::verdict(self.printer, exit, words)?),
            Exit::Interrupted => Err(Ending::Interrupted),
            other => Err(Ending::Unexpected(format!(
                "the exit code is {}, expected was {}",
                other as u8, expected as u8
            ))),
        }
    }

    async fn apply(&self, playbook: &str) -> CommandResult {
        let arguments = ApplyArguments {
            options: self.plan_options(playbook),
            dry_run: false,
        };
        apply::run(&arguments, &self.options, self.printer).await
    }

    fn plan_options(&self, playbook: &str) -> PlanOptions {
        PlanOptions {
            playbook: Some(self.playbook(playbook)),
            refresh: refresh(),
            security: false,
            package: Vec::new(),
        }
    }

    fn playbook(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    fn newest_report(&self) -> Result<RunReport, Ending> {
        let ledger = SqliteLedger::open(&self.folder.file("state"))?;
        let newest = ledger.runs(1)?.into_iter().next();
        let report = match newest {
            Some(line) => ledger.report(&line.run)?,
            None => None,
        };
        report.ok_or_else(|| Ending::Unexpected("the ledger does not know the run".to_owned()))
    }

    fn snapshot(&self) -> Snapshot {
        self.fleet
            .systems
            .iter()
            .map(|(name, system)| (*name, system.system().installed()))
            .collect()
    }

    fn webshop_version(&self, host: &str) -> Option<String> {
        let system = self.fleet.systems.get(host)?.system();
        Some(system.package(BAD_PACKAGE)?.version()?.to_owned())
    }

    /// Compares the hosts with what they were, and has the victim repaired.
    fn tell_what_was_saved(&self, before: &Snapshot) -> Result<(), Ending> {
        let others: Vec<&str> = self
            .fleet
            .systems
            .keys()
            .copied()
            .filter(|name| !CANARY.contains(name))
            .collect();
        for name in &others {
            let system = self.fleet.systems.get(name);
            let untouched = system.is_some_and(|system| {
                system.transactions() == 0 && before.get(name) == Some(&system.system().installed())
            });
            if !untouched {
                return Err(Ending::Unexpected(format!(
                    "{name} was touched, and its wave never began"
                )));
            }
        }
        if self.webshop_version(VICTIM).as_deref() != Some(BAD_VERSION) {
            return Err(Ending::Unexpected(format!("{VICTIM} never got the bad update")));
        }
        let remarks = [
            (
                format!(
                    "{VICTIM}: {BAD_PACKAGE} {BAD_VERSION}, its service has failed: the one host that the bad update reached."
                ),
                Tone::Warning,
            ),
            (
                format!(
                    "{} other hosts: every package as before, no transaction was started.",
                    others.len()
                ),
                Tone::Good,
            ),
            (
                format!(
                    "Now somebody repairs {VICTIM} by hand (the demo plays that): {BAD_PACKAGE} back to {GOOD_VERSION}."
                ),
                Tone::Plain,
            ),
        ];
        screen::remarks(self.printer, &remarks)?;
        if let Some(victim) = self.fleet.systems.get(VICTIM) {
            victim.change(|system| system.repair(BAD_PACKAGE, GOOD_VERSION));
        }
        Ok(())
    }

    /// Asks the hosts: everything is installed but the excluded package, each host was changed once.
    fn check_final_state(&self) -> Result<(), Ending> {
        for (name, host) in &self.fleet.systems {
            let system = host.system();
            let left = system.upgradable_names();
            let is_patched = left.iter().all(|package| package == BAD_PACKAGE);
            let is_running = system.services.iter().all(|service| service.active);
            if !is_patched || !is_running || host.transactions() != 1 || host.jobs_left() != 0 {
                return Err(Ending::Unexpected(format!(
                    "{name} is not as it should be: {} transactions, still to update: {}",
                    host.transactions(),
                    left.join(", ")
                )));
            }
        }
        Ok(())
    }
}

fn check_stopped(report: &RunReport) -> Result<(), Ending> {
    let outcomes: Vec<WaveOutcome> = report.waves.iter().map(|wave| wave.outcome).collect();
    let is_caught = report.reason.as_deref().is_some_and(|reason| reason.contains(VICTIM));
    let others_wait = report
        .hosts
        .iter()
        .filter(|host| !CANARY.contains(&host.name.as_str()))
        .all(|host| host.state == HostRunState::NotStarted);
    if outcomes == [WaveOutcome::Failed, WaveOutcome::NotStarted] && is_caught && others_wait {
        return Ok(());
    }
    Err(Ending::Unexpected(format!(
        "the first run ended otherwise: {}",
        report.reason.as_deref().unwrap_or("without a reason")
    )))
}

fn check_completed(report: &RunReport) -> Result<(), Ending> {
    let is_fine = |host: &crate::model::run::HostReport| match host.state {
        HostRunState::Unchanged => CANARY.contains(&host.name.as_str()),
        state => state == HostRunState::Patched,
    };
    if report.outcome == RunOutcome::Completed && report.hosts.iter().all(is_fine) {
        return Ok(());
    }
    Err(Ending::Unexpected("the second run left hosts behind".to_owned()))
}

fn refresh() -> RefreshOption {
    RefreshOption {
        refresh: RefreshChoice::OlderThan(Duration::from_secs(3600)),
    }
}

fn scan_arguments() -> ScanArguments {
    ScanArguments {
        expression: None,
        refresh: refresh(),
        security: false,
        exit: ExitOption {
            detailed_exitcode: false,
        },
    }
}

fn diff_arguments() -> DiffArguments {
    DiffArguments {
        by: DiffBy::Package,
        security: false,
        exit: ExitOption {
            detailed_exitcode: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::{HostName, RunId, WaveName};
    use crate::model::run::{HostReport, WaveReport};

    fn report(reason: Option<&str>, later: HostRunState) -> RunReport {
        let host = |name: &str, wave: &str, state| HostReport {
            name: HostName::new(name).unwrap(),
            wave: WaveName::new(wave).unwrap(),
            state,
            rebooted: false,
            duration_ms: 1,
            error: None,
            changed: Vec::new(),
        };
        let wave = |name: &str, outcome| WaveReport {
            name: WaveName::new(name).unwrap(),
            outcome,
            hosts: Vec::new(),
        };
        RunReport {
            run: RunId::new("run").unwrap(),
            outcome: RunOutcome::Stopped,
            reason: reason.map(str::to_owned),
            waves: vec![
                wave("canary", WaveOutcome::Failed),
                wave("fleet", WaveOutcome::NotStarted),
            ],
            hosts: vec![
                host(VICTIM, "canary", HostRunState::Patched),
                host("web02", "fleet", later),
            ],
        }
    }

    #[test]
    fn a_demo_that_goes_another_way_is_noticed() {
        let reason = Some("gate `service runs` of wave `canary` failed: web01: exit 3");
        assert!(check_stopped(&report(reason, HostRunState::NotStarted)).is_ok());
        assert!(check_stopped(&report(reason, HostRunState::Patched)).is_err());
        assert!(check_stopped(&report(Some("db01 was unreachable"), HostRunState::NotStarted)).is_err());
        assert!(check_stopped(&report(None, HostRunState::NotStarted)).is_err());
        assert!(check_completed(&report(reason, HostRunState::Patched)).is_err());
    }
}
