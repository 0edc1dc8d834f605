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
                let outcome = match (&run.by, run.outcome.as_deref()) {
                    (Some(by), _) => format!("running: {}@{} (pid {})", by.user, by.machine, by.process),
                    (None, Some(outcome)) => outcome.to_owned(),
                    (None, None) if run.resumable => "broken off".to_owned(),
                    (None, None) => "running".to_owned(),
                };
                vec![
                    Text::new(run.run.as_str(), Tone::Strong),
                    Text::plain(run.started.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
                    Text::plain(took.unwrap_or_default()),
                    match outcome.as_str() {
                        "completed" => Text::new(outcome, Tone::Good),
                        _ => Text::new(outcome, Tone::Warning),
                    },
                    Text::new(of_in_words(run), Tone::Quiet),
                    Text::new(further_in_words(run), Tone::Warning),
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

fn further_in_words(run: &RunLine) -> String {
    let mut further = Vec::new();
    if run.resumable {
        further.push(format!("`patchwave resume {}`", run.run));
    }
    if !run.experimental.is_empty() {
        let names: Vec<&str> = run.experimental.iter().map(|one| one.manager.as_str()).collect();
        further.push(format!("experimental: {}", names.join(", ")));
    }
    further.join("; ")
}
