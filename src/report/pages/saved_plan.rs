//! What a saved plan says about itself: who made it, when, with what, and until when it holds.

use jiff::Timestamp;

use super::plan::plan_page;
use crate::model::saved_plan::SavedPlan;
use crate::report::page::{Line, Page, Tone};

/// The page of a plan, saved or not; `all` shows every package of every transaction.
#[must_use]
pub fn saved_plan_page(saved: &SavedPlan, sha256: Option<&str>, all: bool) -> Page {
    let mut page = sha256.map_or_else(Page::new, |sha256| origin_page(saved, sha256));
    page.blocks.extend(plan_page(&saved.plan, all).blocks);
    page
}

/// Where a plan was written to, and what comes next.
#[must_use]
pub fn written_page(path: &str, saved: &SavedPlan, sha256: &str) -> Page {
    let mut page = Page::new();
    page.lines(vec![
        Line::new(0, format!("Written to {path}"), Tone::Good)
            .and(format!("; holds until {}", minute(saved.expires)), Tone::Plain),
        Line::new(2, format!("SHA-256 {sha256}"), Tone::Quiet),
        Line::new(2, format!("look at it again: patchwave plan {path}"), Tone::Quiet),
        Line::new(2, format!("install it: patchwave apply {path}"), Tone::Quiet),
    ]);
    page
}

/// Where a plan is from. The checksum stands on a line of its own, to be compared with what others have.
#[must_use]
pub fn origin_page(saved: &SavedPlan, sha256: &str) -> Page {
    let mut page = Page::new();
    page.lines(origin_lines(saved, Some(sha256)));
    page
}

/// The same as lines; a plan that is in no file has no checksum.
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
