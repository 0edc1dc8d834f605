//! The demo's steps: each runs a real command, and says how it has to end.

use std::time::Duration;

use super::fleet::{BAD_PACKAGE, BAD_VERSION, DemoFleet, GOOD_VERSION, VICTIM};
use super::folder::Folder;
use super::screen;
use super::verdicts::{Snapshot, check_completed, check_final_state, check_stopped, check_untouched, snapshot};
use crate::cli::arguments::{
    ApplyArguments, ApprovalOptions, DiffArguments, DiffBy, ExitOption, GlobalOptions, HistoryArguments,
    InventoryCommand, PlanArguments, PlanOptions, RefreshChoice, RefreshOption, ScanArguments,
};
use crate::cli::commands::{apply, diff, history, inventory, plan, scan};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::run::RunReport;
use crate::report::page::Tone;
use crate::rollout::Control;

/// Time to read a step on a terminal before the next one begins.
const PAUSE: Duration = Duration::from_millis(400);

/// As `scan` has it by default.
const REFRESH: RefreshOption = RefreshOption {
    refresh: RefreshChoice::OlderThan(Duration::from_secs(3600)),
};
const PLAIN_EXIT: ExitOption = ExitOption {
    detailed_exitcode: false,
};

const MONTHLY: &str = "playbooks/monthly.yml";
const WITHOUT_WEBSHOP: &str = "playbooks/monthly-without-webshop.yml";

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

/// Tells the story from its first step to its last.
pub(super) async fn tell(stage: &Stage<'_>) -> Result<(), Ending> {
    screen::introduction(stage.printer, stage.fleet.systems.len(), stage.folder.path())?;
    look(stage).await?;
    let before = snapshot(&stage.fleet);
    let title = "5. The rollout: the canary wave meets a bad update";
    stage.begin(title, Some("apply playbooks/monthly.yml --yes")).await?;
    let exit = stage.apply(MONTHLY).await;
    stage.expect(exit, Exit::Stopped, "a gate stopped the run, as it should")?;
    check_stopped(&stage.newest_report()?)?;

    let title = "6. What the stop was worth: the simulated hosts themselves are asked";
    stage.begin(title, None).await?;
    stage.tell_what_was_saved(&before)?;

    let title = "7. The rollout again, without that package";
    let command = "apply playbooks/monthly-without-webshop.yml --yes";
    stage.begin(title, Some(command)).await?;
    let exit = stage.apply(WITHOUT_WEBSHOP).await;
    stage.expect(exit, Exit::Done, "every wave passed")?;
    check_completed(&stage.newest_report()?)?;
    check_final_state(&stage.fleet)?;

    stage
        .begin("8. What was done, from the ledger", Some("history"))
        .await?;
    let exit = history::run(&HistoryArguments { number: 20 }, &stage.options, stage.printer);
    stage.expect(exit, Exit::Done, "every event of both runs is kept")
}

/// The steps that change nothing.
async fn look(stage: &Stage<'_>) -> Result<(), Ending> {
    let (options, printer) = (&stage.options, stage.printer);
    stage.begin("1. Who belongs where", Some("inventory graph")).await?;
    let exit = inventory::run(&InventoryCommand::Graph, options, printer);
    stage.expect(exit, Exit::Done, "the inventory has no mistakes; nothing was contacted")?;

    stage.begin("2. What every host would update", Some("scan")).await?;
    let arguments = ScanArguments {
        expression: None,
        refresh: REFRESH,
        security: false,
        exit: PLAIN_EXIT,
    };
    let exit = scan::run(&arguments, options, printer).await;
    stage.expect(exit, Exit::Done, "every host answered; the scan is in the ledger")?;

    stage.begin("3. The same, folded by package", Some("diff")).await?;
    let arguments = DiffArguments {
        by: DiffBy::Package,
        security: false,
        exit: PLAIN_EXIT,
    };
    let exit = diff::run(&arguments, options, printer);
    stage.expect(exit, Exit::Done, "from the ledger; nothing was contacted")?;

    let title = "4. The plan: waves and exact versions";
    stage.begin(title, Some("plan playbooks/monthly.yml")).await?;
    let arguments = PlanArguments {
        options: stage.plan_options(MONTHLY),
        out: None,
        valid: None,
        exit: PLAIN_EXIT,
    };
    let exit = plan::run(&arguments, options, printer).await;
    stage.expect(exit, Exit::Done, "a plan changes nothing")
}

impl Stage<'_> {
    /// Announces a step and what a user would type, after a pause to read the last one.
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
            download_only: false,
            approvals: ApprovalOptions::default(),
            ignore_window: None,
            no_wait: false,
        };
        apply::run(&arguments, &self.options, self.printer).await
    }

    fn plan_options(&self, playbook: &str) -> PlanOptions {
        PlanOptions {
            playbook: Some(self.folder.file(playbook)),
            refresh: REFRESH.refresh,
            security: false,
            package: Vec::new(),
            secure_old: false,
        }
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

    /// Says what the stop was worth, and has the victim repaired.
    fn tell_what_was_saved(&self, before: &Snapshot) -> Result<(), Ending> {
        let untouched = check_untouched(&self.fleet, before)?;
        let remarks = [
            (
                format!("{VICTIM}: {BAD_PACKAGE} {BAD_VERSION}; its service has failed. No other host got it."),
                Tone::Warning,
            ),
            (
                format!("{untouched} other hosts: every package as before, no transaction was started."),
                Tone::Good,
            ),
            (
                format!("Somebody repairs {VICTIM} by hand (the demo does): {BAD_PACKAGE} {GOOD_VERSION} again."),
                Tone::Plain,
            ),
        ];
        screen::remarks(self.printer, &remarks)?;
        if let Some(victim) = self.fleet.systems.get(VICTIM) {
            victim.change(|system| system.repair(BAD_PACKAGE, GOOD_VERSION));
        }
        Ok(())
    }
}
