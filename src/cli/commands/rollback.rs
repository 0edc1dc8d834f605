//! `rollback`: takes back what a run changed. Every host is asked first; what cannot go back is named, and stays.

use std::collections::BTreeSet;

use jiff::{Timestamp, Unit};

use self::gather::Gathered;
use super::apply::{RunOrder, execute, freshness, ignored_window, not_approved};
use super::show::choose;
use crate::cli::arguments::{Format, GlobalOptions, RollbackArguments};
use crate::cli::exit::{Exit, run_exit};
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::planning::permission::{ask_window, closing_time};
use crate::cli::printer::Printer;
use crate::cli::prompt::{confirm, somebody_is_there};
use crate::cli::session::{Session, refresh_policy};
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::host::Host;
use crate::model::name::{HostName, RunId};
use crate::model::pattern::Pattern;
use crate::model::plan::Plan;
use crate::model::rollback::Rollback;
use crate::model::text::count;
use crate::plan::rollback::{HostChanged, RollbackParts, changed_by, rollback_plan};
use crate::remote::job::JobStep;
use crate::report::document::Document;
use crate::report::pages::rollback::rollback_page;
use crate::report::rollback_body::RollbackBody;
use crate::report::terminal::render;
use crate::rollout::{Freshness, Waits, ask_way_back, has_work};

mod gather;

/// Asks the hosts, shows what can go back, asks once and takes it back.
///
/// # Errors
/// When there is no such run, it has not ended, the inventory or the selection is wrong, nobody is there to say yes, or
/// the ledger cannot be used.
pub async fn run(arguments: &RollbackArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let mut ledger = session.ledger()?;
    let past = Past::read(arguments, &ledger)?;
    if past.changed.is_empty() {
        printer.complaint(&format!("Run {} changed nothing that could be taken back.\n", past.run));
        return Ok(Exit::Done);
    }
    let names: BTreeSet<&HostName> = past.changed.iter().map(|host| &host.host).collect();
    let selected = session.select_planned(&names)?;
    session.require_root(&selected, "rollback")?;
    if !arguments.dry_run {
        refuse_without_answer(options)?;
        ask_window(
            &past.plan.rules.calendar(),
            arguments.ignore_window.is_some(),
            &session,
            Timestamp::now(),
        )?;
    }
    let gathered = gather(&past, &selected, arguments, &session).await;
    if session.control.is_draining() {
        return Ok(Exit::Interrupted);
    }
    let plan = plan_back(&past, &gathered);
    let stays = &gathered.stays;
    let page = rollback_page(&plan, &gathered.sources);
    if arguments.dry_run || !has_work(&plan) {
        show(&plan, &gathered, printer)?;
        return Ok(if stays.is_empty() { Exit::Done } else { Exit::Outdated });
    }
    printer.complaint(&render(&page, printer.notice_look()));
    if !approved(&plan, &session).await {
        return Ok(not_approved(&session, printer));
    }
    let order = RunOrder {
        run: None,
        next: None,
        of: None,
        command: "rollback",
        step: JobStep::Everything,
        freshness: freshness(arguments.refresh, Freshness::JustPlanned),
        closing: closing_time(
            &plan,
            ignored_window(arguments.ignore_window.as_deref(), options),
            &ledger,
        )?,
        waits: Waits::Here,
        ignores_window: arguments.ignore_window.is_some(),
        expires: None,
        securing: None,
    };
    let report = execute(&session, &plan, order, session.transport(), &mut ledger).await?;
    Ok(run_exit(&plan, &report))
}

/// The run that is taken back.
struct Past {
    run: RunId,
    plan: Plan,
    changed: Vec<HostChanged>,
}

impl Past {
    fn read(arguments: &RollbackArguments, ledger: &SqliteLedger) -> Result<Self, Failure> {
        let run = choose(Some(&arguments.run), ledger)?;
        let (Some(report), Some(begun)) = (ledger.report(&run)?, ledger.begun_run(&run)?) else {
            return Err(Failure::usage(
                format!("run {run} has not ended, so not all that it changed is known; nothing was contacted"),
                format!("let it end with `patchwave resume {run}`, or end it with `patchwave abort {run}`"),
            ));
        };
        let mut changed = changed_by(&report, &ledger.events(&run)?);
        let patterns = arguments
            .package
            .iter()
            .map(Pattern::new)
            .collect::<Result<Vec<_>, _>>();
        let patterns = patterns.map_err(|error| Failure::usage(error, "example: `--package 'openssl*'`"))?;
        if !patterns.is_empty() {
            for host in &mut changed {
                host.changed.retain(|change| {
                    let name = change.package.as_str();
                    patterns.iter().any(|pattern| pattern.matches(name))
                });
            }
            changed.retain(|host| !host.changed.is_empty());
        }
        Ok(Self {
            run,
            plan: begun.plan,
            changed,
        })
    }
}

async fn gather(past: &Past, selected: &[&Host], arguments: &RollbackArguments, session: &Session<'_>) -> Gathered {
    interrupt::watch(&session.control);
    let mut gathered = Gathered::default();
    let refresh = refresh_policy(arguments.refresh);
    let is_limited = !session.options.limit.is_empty();
    let questions = gathered.questions(&past.changed, &past.plan, selected, is_limited, |question| {
        question.partial = arguments.partial;
        question.refresh = refresh;
    });
    let transport = session.transport();
    let answers = ask_way_back(questions, &transport, &session.limits(), &session.control, |_| {}).await;
    for answer in answers {
        gathered.take(answer);
    }
    gathered
}

fn plan_back(past: &Past, gathered: &Gathered) -> Plan {
    let now = Timestamp::now();
    let parts = RollbackParts {
        hosts: gathered.hosts.clone(),
        silent: gathered.silent.clone(),
        rollback: Rollback {
            of: past.run.clone(),
            stays: gathered.stays.iter().cloned().collect(),
            removes: gathered.removes.clone(),
            remains: gathered.remains.clone(),
        },
        made: now.round(Unit::Second).unwrap_or(now),
    };
    rollback_plan(&past.plan, parts)
}

fn show(plan: &Plan, gathered: &Gathered, printer: &Printer) -> Result<(), Failure> {
    match printer.format {
        Format::Json | Format::Jsonl => {
            let body = RollbackBody::new(plan, &gathered.sources);
            printer.document(&Document::new("rollback", body))?;
        }
        _ => printer.page(&rollback_page(plan, &gathered.sources))?,
    }
    Ok(())
}

fn refuse_without_answer(options: &GlobalOptions) -> Result<(), Failure> {
    if options.yes || somebody_is_there() {
        return Ok(());
    }
    Err(Failure::usage(
        "`rollback` changes hosts, and nobody is there to be asked; nothing was contacted",
        "say so beforehand with `--yes`, or look first with `--dry-run`",
    ))
}

async fn approved(plan: &Plan, session: &Session<'_>) -> bool {
    if session.options.yes {
        return true;
    }
    let question = format!(
        "\nTake {} back on {}?",
        count(plan.change_count(), "package"),
        count(plan.hosts().count(), "host")
    );
    confirm(&question, &session.control).await
}
