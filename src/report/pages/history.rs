//! What `history` says: a row a run.

use crate::model::run::RunLine;
use crate::report::page::{Grid, Page, Text, Tone};

/// The runs, in the order given.
#[must_use]
pub fn history_page(runs: &[RunLine]) -> Page {
    let mut page = Page::new();
    if runs.is_empty() {
        page.line("no runs yet", Tone::Quiet);
    }
    page.grid(Grid {
        columns: vec!["RUN", "STARTED", "TOOK", "OUTCOME", "PLAN", ""],
        rows: runs
            .iter()
            .map(|run| {
                let took = run.finished.map(|finished| {
                    let seconds = finished.duration_since(run.started).as_secs();
                    crate::report::event_text::seconds_in_words(u64::try_from(seconds).unwrap_or(0) * 1_000)
                });
                let outcome = run.outcome.as_deref().unwrap_or("running, or ended without a word");
                vec![
                    Text::new(run.run.as_str(), Tone::Strong),
                    Text::plain(run.started.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
                    Text::plain(took.unwrap_or_default()),
                    Text::new(
                        outcome,
                        if outcome == "completed" {
                            Tone::Good
                        } else {
                            Tone::Warning
                        },
                    ),
                    Text::new(of_in_words(run), Tone::Quiet),
                    Text::new(experimental_in_words(run), Tone::Warning),
                ]
            })
            .collect(),
    });
    page
}

/// The plan file that it was a run of, or the run that it took back.
fn of_in_words(run: &RunLine) -> String {
    match (&run.rollback, &run.plan) {
        (Some(of), _) => format!("rollback of {of}"),
        (None, Some(plan)) => plan.id.to_string(),
        (None, None) => String::new(),
    }
}

fn experimental_in_words(run: &RunLine) -> String {
    if run.experimental.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = run.experimental.iter().map(|one| one.manager.as_str()).collect();
    format!("experimental: {}", names.join(", "))
}
