//! A plan with everything that is said about it: the one place where its parts are joined.
//!
//! Failures come first, then what the checks found, the waves, how far the first wave tests them, what they entail, and the
//! packages.

use jiff::Timestamp;

use super::coverage::coverage_page;
use super::findings::{findings_in_words, findings_page};
use super::plan::{closing, opening, waves};
use super::risk::risk_page;
use crate::model::estimate::Estimate;
use crate::model::plan::Plan;
use crate::model::risk::Risk;
use crate::model::saved_plan::SavedPlan;
use crate::report::page::{Line, Page, Tone};

/// What is shown of a plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    /// The plan as it was made.
    pub saved: &'a SavedPlan,
    /// What of it will be run: all of it, or what `--limit` leaves.
    pub plan: &'a Plan,
    /// The checksum of its file; `None` for a plan that is in none.
    pub sha256: Option<&'a str>,
    /// Whether every package, batch and host is shown.
    pub all: bool,
    /// How long it is expected to take; `None` where nothing is known.
    pub estimate: Option<Estimate>,
    /// What is said of the time in which it may run, a line each.
    pub outlook: &'a [String],
}

impl<'a> PlanView<'a> {
    /// The whole of a plan.
    #[must_use]
    pub fn new(saved: &'a SavedPlan, sha256: Option<&'a str>, all: bool) -> Self {
        let plan = &saved.plan;
        Self {
            saved,
            plan,
            sha256,
            all,
            estimate: None,
            outlook: &[],
        }
    }
}

/// The page of a plan.
#[must_use]
pub fn saved_plan_page(view: PlanView<'_>) -> Page {
    join(view, closing(view.plan, view.all))
}

/// The same without the packages: for a run that nobody has to approve any more.
#[must_use]
pub fn saved_plan_outline(view: PlanView<'_>) -> Page {
    let mut rest = Page::new();
    let words = match view.sha256 {
        Some(_) => "Every package with its versions: `patchwave plan` and the plan file, or -v",
        None => "Every package with its versions: `patchwave plan`, or -v",
    };
    rest.lines(vec![Line::new(0, words, Tone::Quiet), Line::new(0, "", Tone::Plain)]);
    join(view, rest)
}

fn join(view: PlanView<'_>, rest: Page) -> Page {
    let mut page = opening(view.plan);
    if view.sha256.is_some() {
        page.lines(origin_lines(view.saved, view.sha256));
    }
    if view.plan.rules.secure_old {
        page.line(
            "The installed versions are put aside on every host first, for a way back.",
            Tone::Plain,
        );
    }
    let parts = [
        findings_page(&view.saved.findings, view.all),
        waves(view.plan, view.all),
        outlook(view.outlook),
        coverage_page(&view.saved.coverage, view.all),
        risk_page(&Risk::of(view.plan), view.estimate, view.all),
        rest,
    ];
    page.blocks.extend(parts.into_iter().flat_map(|part| part.blocks));
    // The beginning of a long page is out of sight where the question is asked.
    let again = |words| Line::new(0, words, Tone::Warning).and(": see the beginning of this page", Tone::Plain);
    page.lines(findings_in_words(&view.saved.findings).map(again).into_iter().collect());
    page
}

/// When it may run.
fn outlook(lines: &[String]) -> Page {
    let mut page = Page::new();
    page.lines(lines.iter().map(|line| Line::new(0, line, Tone::Plain)).collect());
    page
}

/// Where a plan was written to, and what comes next.
#[must_use]
pub fn written_page(path: &str, saved: &SavedPlan, sha256: &str) -> Page {
    let mut page = Page::new();
    let mut lines = vec![
        Line::new(0, format!("Written to {path}"), Tone::Good)
            .and(format!("; holds until {}", minute(saved.expires)), Tone::Plain),
        Line::new(2, format!("SHA-256 {sha256}"), Tone::Quiet),
    ];
    let next = [
        ("show it again", "plan"),
        ("download before the window", "fetch"),
        ("install exactly this", "apply"),
    ];
    lines.extend(next.map(|(what, command)| Line::new(2, format!("{what}: patchwave {command} {path}"), Tone::Quiet)));
    page.lines(lines);
    page
}

/// What a plan that is in no file can be used for.
#[must_use]
pub fn unwritten_page(saved: &SavedPlan) -> Page {
    let mut page = Page::new();
    page.line(
        format!(
            "Kept in no file. With `--out FILE` it holds until {} and can be approved, fetched and applied as it is.",
            minute(saved.expires)
        ),
        Tone::Quiet,
    );
    page
}

/// Who made a plan, and until when it holds. The checksum stands on a line of its own, to be compared.
#[must_use]
pub fn origin_lines(saved: &SavedPlan, sha256: Option<&str>) -> Vec<Line> {
    let mut lines = vec![
        Line::new(0, format!("Plan {}", saved.id), Tone::Strong).and(
            format!(
                " made by {} on {} with {}",
                saved.author,
                minute(saved.made),
                saved.tool
            ),
            Tone::Plain,
        ),
        Line::new(2, format!("holds until {}", minute(saved.expires)), Tone::Plain),
    ];
    lines.extend(sha256.map(|sha256| Line::new(2, format!("SHA-256 {sha256}"), Tone::Quiet)));
    lines
}

/// A time to the minute.
#[must_use]
pub fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
