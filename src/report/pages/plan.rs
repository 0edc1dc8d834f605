//! What `plan` says: failures first, waves with their rules in words, what is to be downloaded from where, then each
//! transaction once with the hosts that get it.

mod downloads;
mod rows;
mod transactions;
mod waves;

use super::experimental;
use super::failures::{Failure, failure_lines};
use crate::model::download::Download;
use crate::model::experimental::Experimental;
use crate::model::plan::{Basis, Plan};
use crate::model::text::count;
use crate::report::page::{Line, Page, Tone};

pub use downloads::downloads_page;
pub use rows::plan_rows;

/// As many names as one line shows.
const NAMES: usize = 6;

/// The page of a plan without what the checks say of it; `all` shows every package of every transaction.
#[must_use]
pub fn plan_page(plan: &Plan, all: bool) -> Page {
    let mut page = opening(plan);
    waves::add_waves(&mut page, plan, all);
    page.blocks.extend(closing(plan, all).blocks);
    page
}

/// What stands before the waves: the plan in a line, and the hosts that cannot take part.
pub(super) fn opening(plan: &Plan) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, &Experimental::planned(plan));
    page.heading(headline(plan));
    page.lines(unscanned(plan));
    page
}

/// The waves.
pub(super) fn waves(plan: &Plan, all: bool) -> Page {
    let mut page = Page::new();
    waves::add_waves(&mut page, plan, all);
    page
}

/// What stands behind the waves: downloads and transactions.
pub(super) fn closing(plan: &Plan, all: bool) -> Page {
    let mut page = downloads_page(plan);
    transactions::add_transactions(&mut page, plan, all);
    page
}

/// The waves without the packages.
#[must_use]
pub fn plan_waves(plan: &Plan) -> Page {
    let mut page = opening(plan);
    waves::add_waves(&mut page, plan, false);
    page
}

/// The same with a line that says where the packages are: for a run that nobody has to approve any more.
#[must_use]
pub fn plan_outline(plan: &Plan) -> Page {
    let mut page = plan_waves(plan);
    page.lines(vec![
        Line::new(
            0,
            "Every package with its versions: `patchwave plan`, or -v",
            Tone::Quiet,
        ),
        Line::new(0, "", Tone::Plain),
    ]);
    page
}

fn headline(plan: &Plan) -> Line {
    let security = plan
        .hosts()
        .flat_map(|host| host.changes.iter())
        .filter(|change| change.security == Some(true))
        .count();
    let download = in_words(plan.download());
    Line::new(0, format!("Plan `{}`", plan.playbook), Tone::Strong).and(
        format!(
            ": {} in {}, {}, {security} known as security{download}",
            count(plan.hosts().count(), "host"),
            count(plan.waves.len(), "wave"),
            count(plan.change_count(), "package change"),
        ),
        Tone::Plain,
    )
}

fn in_words(download: Download) -> String {
    download
        .in_words()
        .map_or_else(String::new, |words| format!(", {words}"))
}

/// Hosts that nothing is known of. In their turn each counts as a failure.
fn unscanned(plan: &Plan) -> Vec<Line> {
    let failures: Vec<Failure<'_>> = plan
        .hosts()
        .filter_map(|host| match &host.basis {
            Basis::Unknown { error } => Some(Failure {
                host: host.name.as_str(),
                error,
                excerpt: &[],
            }),
            Basis::Scanned { .. } => None,
        })
        .collect();
    if failures.is_empty() {
        return Vec::new();
    }
    let words = format!(
        "{} could not be scanned and will count as failed:",
        count(failures.len(), "host")
    );
    let mut lines = vec![Line::new(0, words, Tone::Bad)];
    lines.extend(failure_lines(&failures).into_iter().map(|line| Line {
        indent: line.indent + 2,
        ..line
    }));
    lines
}
