//! `approve`: signs a plan. Contacts no host.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cli::approvals::signing::{ChosenKey, choose, signature_maker, wish};
use crate::cli::approvals::{Examined, examine, remarks, signature_path};
use crate::cli::arguments::{ApproveArguments, Format};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::saved_plan::{PlanFile, keep};
use crate::model::approval::{ApprovalReport, ApprovalState, namespace};
use crate::model::saved_plan::SavedPlan;
use crate::report::document::Document;
use crate::report::page::{Line, Page, Tone};
use crate::report::pages::approvals::verdict;
use crate::report::pages::saved_plan::minute;

/// The body of the document.
#[derive(Debug, Serialize)]
struct ApproveBody<'a> {
    file: &'a str,
    signer: &'a str,
    key: &'a str,
    namespace: &'a str,
    until: Timestamp,
    #[serde(flatten)]
    report: &'a ApprovalReport,
}

/// Signs a plan, and says what that is worth.
///
/// # Errors
/// When the plan is damaged or has expired, no key may sign, or the signature cannot be made or written.
pub async fn run(arguments: &ApproveArguments, printer: &Printer) -> CommandResult {
    let now = Timestamp::now();
    let plan = PlanFile::read(&arguments.plan)?;
    let until = end_of(&plan.saved, arguments, now)?;
    let namespace = namespace(until);
    let before = examine(&plan, &arguments.approvals, now)?;
    if !before.problems.is_empty() {
        crate::cli::show_diagnostics(printer, &before.problems, true);
    }
    let maker = signature_maker(printer);
    let hint = "name a key with `--key FILE`, or give one to the agent with `ssh-add`";
    let choices = maker.choices(&wish(arguments.key.as_deref())).await;
    let choices = choices.map_err(|reason| Failure::usage(reason, hint))?;
    let chosen = choose(choices, &before.signers, arguments.name.as_deref(), &namespace, now)?;
    let file = signature_path(&plan.path, &chosen.name)
        .map_err(|reason| Failure::usage(reason, "name another with `--as NAME`"))?;
    let signed = maker.sign(&chosen.choice, &namespace, &plan.bytes).await;
    let signed = signed.map_err(|reason| {
        Failure::usage(
            format!("{} did not sign: {reason}", chosen.choice.source),
            "nothing was written; try again, or name another key with `--key`",
        )
    })?;
    let text = signed + &remarks(now, arguments.comment.as_deref());
    keep(&file, text.as_bytes()).map_err(|error| {
        Failure::usage(
            format!("`{}` cannot be written: {error}", file.display()),
            "look at the folder's permissions and at its disk",
        )
    })?;
    let after = examine(&plan, &arguments.approvals, now)?;
    show(&plan, &file, &chosen, until, &after, printer)?;
    Ok(Exit::Done)
}

/// When the approval ends before the plan does.
fn end_of(saved: &SavedPlan, arguments: &ApproveArguments, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    if now >= saved.expires {
        return Err(Failure::with_exit(
            Exit::Outdated,
            format!(
                "the plan held until {}, and nothing that expired is approved",
                saved.expires
            ),
            "make a new one with `patchwave plan --out`",
        ));
    }
    let Some(valid) = arguments.valid else { return Ok(None) };
    let end = SignedDuration::try_from(valid)
        .ok()
        .and_then(|valid| now.checked_add(valid).ok());
    // The namespace has whole seconds.
    let end = end.and_then(|end| Timestamp::from_second(end.as_second()).ok());
    Ok(end.filter(|end| *end < saved.expires))
}

fn show(
    plan: &PlanFile,
    file: &Path,
    chosen: &ChosenKey,
    until: Option<Timestamp>,
    after: &Examined,
    printer: &Printer,
) -> Result<(), Failure> {
    let shown = file.display().to_string();
    let namespace = namespace(until);
    let until = until.unwrap_or(plan.saved.expires);
    if matches!(printer.format, Format::Json | Format::Jsonl) {
        let body = ApproveBody {
            file: &shown,
            signer: &chosen.name,
            key: &chosen.choice.identity.key,
            namespace: &namespace,
            until,
            report: &after.report,
        };
        printer.document(&Document::new("approve", body))?;
        return Ok(());
    }
    let mut page = Page::new();
    page.lines(vec![
        Line::new(0, format!("Signed as {}", chosen.name), Tone::Good).and(format!(": {shown}"), Tone::Plain),
        Line::new(
            2,
            format!("plan {} by {}", plan.saved.id, plan.saved.author),
            Tone::Plain,
        ),
        Line::new(
            2,
            format!("key {} {}", chosen.choice.identity.kind, chosen.choice.identity.key),
            Tone::Quiet,
        ),
        Line::new(2, format!("holds until {}", minute(until)), Tone::Quiet),
        Line::new(
            2,
            format!("check it: {}", plain_check(plan, &shown, chosen, &namespace, after)),
            Tone::Quiet,
        ),
    ]);
    let own = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let judged = after
        .report
        .approvals
        .iter()
        .find(|one| Some(&one.file) == own.as_ref());
    let flaw = chosen.flaw.as_ref().or_else(|| {
        let judged = judged.filter(|one| one.state != ApprovalState::Valid)?;
        judged.reason.as_ref()
    });
    if let Some(flaw) = flaw {
        page.line(format!("It does not count: {flaw}"), Tone::Warning);
    }
    page.lines(vec![verdict(&after.report)]);
    printer.page(&page)?;
    Ok(())
}

/// The command that checks the signature without patchwave, ready for a shell.
fn plain_check(plan: &PlanFile, file: &str, chosen: &ChosenKey, namespace: &str, after: &Examined) -> String {
    format!(
        "ssh-keygen -Y verify -f {} -I {} -n {namespace} -s {} < {}",
        quoted(&after.path.display().to_string()),
        quoted(&chosen.name),
        quoted(file),
        quoted(&plan.path.display().to_string())
    )
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%_+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
