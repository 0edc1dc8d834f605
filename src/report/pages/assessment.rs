//! What is said about a plan: how long it takes, what it entails, what the first wave tries out, what the checks found.

use super::coverage::coverage_page;
use super::findings::findings_page;
use super::risk::risk_page;
use crate::model::coverage::Coverage;
use crate::model::estimate::Estimate;
use crate::model::finding::Finding;
use crate::model::plan::Plan;
use crate::model::risk::Risk;
use crate::report::page::{Line, Page, Tone};

/// The page; what stops the plan stands at its end, next to the prompt. `all` shows every row of every table.
#[must_use]
pub fn assessment_page(
    plan: &Plan,
    coverage: &Coverage,
    findings: &[Finding],
    estimate: Option<Estimate>,
    all: bool,
) -> Page {
    let mut page = risk_page(&Risk::of(plan), all);
    if let Some(estimate) = estimate {
        let line = Line::new(0, "Duration", Tone::Strong).and(format!(": {}", estimate.in_words()), Tone::Plain);
        page.lines(vec![line]);
    }
    page.blocks.extend(coverage_page(coverage, all).blocks);
    page.blocks.extend(findings_page(findings, all).blocks);
    page
}
