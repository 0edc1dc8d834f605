//! `diff`: the last scan of the selected hosts, folded.

use jiff::Timestamp;

use crate::cli::age::age_in_words;
use crate::cli::arguments::{DiffArguments, DiffBy, Format, GlobalOptions};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::ledger::{LatestHostScan, Ledger};
use crate::model::scan::HostScan;
use crate::model::text::count;
use crate::plan::diff::fold_by_package;
use crate::report::document::{DiffBody, Document, HostUpdates, ScanAge};
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};
use crate::report::pages::diff::{diff_page_by_host, diff_page_by_package};

/// Shows the last scan.
///
/// # Errors
/// When the inventory or the selection is wrong, or no selected host was ever scanned.
pub fn run(arguments: &DiffArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    let selected = session.select(None, None)?;
    let ledger = session.ledger()?;
    let mut latest = Vec::new();
    let mut unscanned = Vec::new();
    for host in &selected {
        match ledger.latest_host_scan(&host.name, &host.address, host.port)? {
            Some(found) => latest.push(found),
            None => unscanned.push(host.name.as_str()),
        }
    }
    let Some(scanned) = age(&latest) else {
        return Err(Failure::usage(
            "none of the selected hosts was ever scanned",
            "scan them first: `patchwave scan`",
        ));
    };
    let mut hosts: Vec<HostScan> = latest.into_iter().map(|found| found.host).collect();
    if arguments.security {
        super::scan::keep_security(&mut hosts);
    }
    let packages = fold_by_package(&hosts);
    match printer.format {
        Format::Json | Format::Jsonl => {
            let hosts = hosts.iter().map(HostUpdates::from).collect();
            printer.data(
                &Document::new(
                    "diff",
                    DiffBody {
                        scanned,
                        packages: &packages,
                        hosts,
                    },
                )
                .to_text()?,
            )?;
        }
        _ => {
            printer.page(&match arguments.by {
                DiffBy::Package => diff_page_by_package(&packages, &hosts),
                DiffBy::Host => diff_page_by_host(&hosts),
            })?;
            printer.notice(&age_page(scanned, &hosts, &unscanned));
        }
    }
    let pending = packages
        .iter()
        .any(|row| row.status == crate::model::update::UpdateStatus::Upgradable);
    Ok(if arguments.exit.detailed_exitcode && pending {
        Exit::Pending
    } else {
        Exit::Done
    })
}

fn age(latest: &[LatestHostScan]) -> Option<ScanAge> {
    let times = || latest.iter().map(|found| found.finished);
    Some(ScanAge {
        oldest: times().min()?,
        newest: times().max()?,
    })
}

/// How old the figures are, and whom they say nothing about.
fn age_page(scanned: ScanAge, hosts: &[HostScan], unscanned: &[&str]) -> Page {
    let ago = |time: Timestamp| age_in_words(Timestamp::now(), time);
    let mut lines = vec![if ago(scanned.oldest) == ago(scanned.newest) {
        Line::new(0, format!("scanned {} ago", ago(scanned.newest)), Tone::Quiet)
    } else {
        Line::new(
            0,
            format!("scanned {} to {} ago", ago(scanned.newest), ago(scanned.oldest)),
            Tone::Quiet,
        )
    }];
    lines.extend(hosts.iter().flat_map(|host| {
        let words = move |notice| Line::new(0, format!("{}: {notice}", host.name), Tone::Warning);
        host.notices.iter().map(words)
    }));
    let failed: Vec<&str> = hosts
        .iter()
        .filter(|host| host.error.is_some())
        .map(|host| host.name.as_str())
        .collect();
    for (names, what) in [
        (failed.as_slice(), "could not be scanned"),
        (unscanned, "never scanned"),
    ] {
        if !names.is_empty() {
            let who = fold_line(names.iter().copied(), 6);
            lines.push(Line::new(
                0,
                format!("{} {what}: {who}", count(names.len(), "host")),
                Tone::Warning,
            ));
        }
    }
    let mut page = Page::new();
    page.lines(lines);
    page
}
