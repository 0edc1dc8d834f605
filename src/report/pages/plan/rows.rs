//! A plan as rows for spreadsheets: one a host and package, with nothing folded; what goes leads to `removed`.

use crate::model::experimental::Experimental;
use crate::model::plan::Plan;
use crate::report::page::{Grid, Page, Text};
use crate::report::pages::experimental;

/// Every change of every host, in the order of the plan; a host without changes has a row without a package.
#[must_use]
pub fn plan_rows(plan: &Plan) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, &Experimental::planned(plan));
    let mut rows = Vec::new();
    for wave in &plan.waves {
        for (index, batch) in wave.batches.iter().enumerate() {
            let batch_number = (index + 1).to_string();
            for host in batch {
                let head = || {
                    [wave.name.as_str(), &batch_number, host.name.as_str()]
                        .map(Text::plain)
                        .to_vec()
                };
                if host.changes.is_empty() {
                    let mut row = head();
                    row.resize(COLUMNS.len(), Text::plain(""));
                    rows.push(row);
                }
                rows.extend(host.changes.iter().map(|change| {
                    let mut row = head();
                    let security = match change.security {
                        Some(true) => "yes",
                        Some(false) => "no",
                        None => "unknown",
                    };
                    let size = change.size.map(|size| size.to_string()).unwrap_or_default();
                    let cells = [
                        change.package.as_str(),
                        change.arch.as_str(),
                        change.from.as_ref().map_or("", |version| version.as_str()),
                        change.to.as_str(),
                        &change.repo,
                        security,
                        &size,
                    ];
                    row.extend(cells.map(Text::plain));
                    row
                }));
                rows.extend(host.removes.iter().map(|removal| {
                    let mut row = head();
                    let version = removal.version.as_str();
                    let cells = [removal.package.as_str(), "", version, "removed", "", "", ""];
                    row.extend(cells.map(Text::plain));
                    row
                }));
            }
        }
    }
    page.grid(Grid {
        columns: COLUMNS.to_vec(),
        rows,
    });
    page
}

const COLUMNS: [&str; 10] = [
    "WAVE",
    "BATCH",
    "HOST",
    "PACKAGE",
    "ARCH",
    "FROM",
    "TO",
    "REPOSITORY",
    "SECURITY",
    "BYTES",
];
