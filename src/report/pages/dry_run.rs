//! What `apply --dry-run` says: the transaction of each host in its manager's own steps, compared with the plan.
//! Hosts with equal steps share one part.

use crate::model::download::size_in_words;
use crate::model::name::HostName;
use crate::model::plan::{Plan, PlannedChange, PlannedHost};
use crate::model::rollback::Consent;
use crate::model::step::{HostSteps, Step, StepAction};
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// The steps of every host that would not fail.
#[must_use]
pub fn dry_run_page(plan: &Plan, answers: &[HostSteps]) -> Page {
    let mut groups: Vec<(&PlannedHost, &HostSteps, Vec<&str>)> = Vec::new();
    for answer in answers.iter().filter(|answer| answer.error.is_none()) {
        let Some(planned) = planned_host(plan, &answer.name) else {
            continue;
        };
        let same = groups.iter_mut().find(|(host, first, _)| {
            first.steps == answer.steps && first.unparsed == answer.unparsed && host.changes == planned.changes
        });
        match same {
            Some((_, _, names)) => names.push(answer.name.as_str()),
            None => groups.push((planned, answer, vec![answer.name.as_str()])),
        }
    }
    let mut page = Page::new();
    for (planned, answer, names) in &groups {
        page.lines(heading(planned, answer, names));
        page.grid(Grid {
            columns: vec!["ACTION", "PACKAGE", "FROM", "TO", "PLAN"],
            rows: rows(planned, answer),
        });
    }
    page
}

fn planned_host<'a>(plan: &'a Plan, name: &HostName) -> Option<&'a PlannedHost> {
    plan.hosts().find(|host| host.name == *name)
}

fn heading(planned: &PlannedHost, answer: &HostSteps, names: &[&str]) -> Vec<Line> {
    let who = fold_line(names.iter().copied(), NAMES);
    let each = if names.len() > 1 { " each" } else { "" };
    let what = match answer.steps.len() {
        0 => ": nothing to do".to_owned(),
        number => format!(": {}{each}{}", count(number, "step"), download(planned, answer)),
    };
    let mut lines = vec![Line::new(0, who, Tone::Strong).and(what, Tone::Plain)];
    if answer.unparsed > 0 {
        let words = format!(
            "{} of the manager not understood; please report it",
            count(answer.unparsed, "line")
        );
        lines.push(Line::new(2, words, Tone::Warning));
    }
    lines
}

fn download(planned: &PlannedHost, answer: &HostSteps) -> String {
    let changes = planned.changes.iter().chain(planned.may_bring.iter());
    let bytes: u64 = changes
        .filter(|change| answer.steps.iter().any(|step| step.brings(change)))
        .filter_map(|change| change.size)
        .sum();
    if bytes == 0 {
        return String::new();
    }
    format!(", about {} to download", size_in_words(bytes))
}

fn rows(planned: &PlannedHost, answer: &HostSteps) -> Vec<Vec<Text>> {
    let steps = answer.steps.iter().map(|step| {
        vec![
            action(step.action),
            Text::new(&step.package, Tone::Strong),
            Text::plain(step.from.as_deref().unwrap_or("-")),
            Text::plain(step.to.as_deref().unwrap_or("-")),
            verdict(planned, step),
        ]
    });
    let missing = answer.missing(planned).into_iter().map(|change| {
        vec![
            Text::plain("-"),
            Text::new(change.package.as_str(), Tone::Strong),
            Text::plain(change.from.as_ref().map_or("-", |version| version.as_str())),
            Text::plain(change.to.as_str()),
            Text::new("planned, would not be done", Tone::Warning),
        ]
    });
    steps.chain(missing).collect()
}

fn action(action: StepAction) -> Text {
    let tone = match action {
        StepAction::Remove | StepAction::Downgrade => Tone::Bad,
        StepAction::Install | StepAction::Upgrade | StepAction::Reinstall => Tone::Plain,
    };
    Text::new(action.as_str(), tone)
}

fn verdict(planned: &PlannedHost, step: &Step) -> Text {
    let brings = |change: &PlannedChange| step.brings(change);
    if planned.changes.iter().any(brings) {
        Text::new("as planned", Tone::Quiet)
    } else if planned.may_bring.iter().any(brings) {
        Text::new("new, needed by another", Tone::Quiet)
    } else if Consent::to_remove(&planned.removes).allows_removal(step) {
        Text::new("as planned", Tone::Quiet)
    } else if step.action == StepAction::Remove {
        // dnf takes old kernels away beyond the number that the host keeps; anything else is refused.
        Text::new("the host's own limit", Tone::Warning)
    } else {
        Text::new("not planned", Tone::Bad)
    }
}
