//! What a plan entails, before a single host is touched: reboots, restarts, downloads, what has no way back.

use crate::model::download::{Download, size_in_words};
use crate::model::name::HostName;
use crate::model::risk::{RepositoryDownload, Risk};
use crate::model::text::count;
use crate::report::fold::fold_within;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many units, repositories and packages as are shown unless all are asked for.
const ROWS: usize = 10;

/// As many characters as the names of hosts take in a line.
const NAMES_WIDTH: usize = 44;

/// The page of the risks; nothing for a plan that changes nothing.
#[must_use]
pub fn risk_page(risk: &Risk, all: bool) -> Page {
    let limit = if all { usize::MAX } else { ROWS };
    let mut page = Page::new();
    page.lines(lines(risk, limit));
    page.grid(Grid {
        columns: vec!["REPOSITORY", "DOWNLOAD", "HOSTS"],
        rows: risk.downloads.iter().take(limit).map(download_row).collect(),
    });
    let hidden = risk.downloads.len().saturating_sub(limit);
    if hidden > 0 {
        page.line(format!("and {} more repositories (all with -v)", hidden), Tone::Quiet);
    }
    page
}

fn lines(risk: &Risk, limit: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if !risk.reboots.is_empty() {
        lines.push(headed("Reboots", Tone::Warning, &risk.reboots, "expected"));
    }
    if !risk.reboots_left_out.is_empty() {
        let words = "expected to need one and not rebooted";
        lines.push(headed("Reboots", Tone::Quiet, &risk.reboots_left_out, words));
    }
    if !risk.restarts.is_empty() {
        let what = if risk.are_restarted {
            "will be restarted"
        } else {
            "will need a restart, which is reported"
        };
        let heading = Line::new(0, "Services", Tone::Strong);
        lines.push(heading.and(format!(": {} {what}", count(risk.restarts.len(), "unit")), Tone::Plain));
        let rows = risk.restarts.iter().map(|row| (row.unit.as_str(), &row.hosts));
        lines.extend(rows_with_hosts(rows, limit));
    }
    if !risk.irreversible.is_empty() {
        let heading = Line::new(0, "No way back", Tone::Warning);
        let words = format!(
            ": no source has the old version of {}",
            count(risk.irreversible.len(), "package")
        );
        lines.push(heading.and(words, Tone::Plain));
        let rows = risk.irreversible.iter().map(|row| (row.package.as_str(), &row.hosts));
        lines.extend(rows_with_hosts(rows, limit));
    }
    if !risk.not_asked.is_empty() {
        lines.push(headed(
            "Unknown",
            Tone::Quiet,
            &risk.not_asked,
            "not asked what their changes entail",
        ));
    }
    lines
}

fn headed(heading: &str, tone: Tone, hosts: &[HostName], words: &str) -> Line {
    let heading = Line::new(0, heading, if tone == Tone::Quiet { tone } else { Tone::Strong });
    let heading = heading.and(format!(": {} {words}: ", count(hosts.len(), "host")), Tone::Plain);
    heading.and(names(hosts), Tone::Plain)
}

fn rows_with_hosts<'a>(rows: impl ExactSizeIterator<Item = (&'a str, &'a Vec<HostName>)>, limit: usize) -> Vec<Line> {
    let hidden = rows.len().saturating_sub(limit);
    let mut lines: Vec<Line> = rows
        .take(limit)
        .map(|(name, hosts)| {
            let on = format!(" on {}: ", count(hosts.len(), "host"));
            Line::new(2, name, Tone::Plain).and(format!("{on}{}", names(hosts)), Tone::Quiet)
        })
        .collect();
    if hidden > 0 {
        lines.push(Line::new(2, format!("and {hidden} more (all with -v)"), Tone::Quiet));
    }
    lines
}

fn names(hosts: &[HostName]) -> String {
    fold_within(hosts.iter().map(HostName::as_str), NAMES_WIDTH)
}

fn download_row(row: &RepositoryDownload) -> Vec<Text> {
    let download = Download {
        bytes: row.bytes,
        unknown: row.unknown_sizes,
    };
    let name = if row.repository.is_empty() {
        "not named"
    } else {
        &row.repository
    };
    let size = match (download.bytes, download.unknown) {
        (0, unknown) if unknown > 0 => "unknown".to_owned(),
        (bytes, 0) => size_in_words(bytes),
        (bytes, unknown) => format!(
            "{} and {} of unknown size",
            size_in_words(bytes),
            count(unknown, "package")
        ),
    };
    vec![
        Text::plain(name),
        Text::plain(size),
        Text::new(row.hosts.to_string(), Tone::Quiet),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::PackageName;
    use crate::model::risk::{IrreversibleUpdate, UnitRestart};
    use crate::report::terminal::{Look, render};

    fn hosts(number: usize) -> Vec<HostName> {
        (0..number)
            .map(|number| HostName::new(format!("web{:03}", number * 2)).unwrap())
            .collect()
    }

    fn risk(number: usize) -> Risk {
        Risk {
            reboots: hosts(number),
            reboots_left_out: hosts(number),
            restarts: (0..number)
                .map(|unit| UnitRestart {
                    unit: format!("service-{unit}.service"),
                    hosts: hosts(number),
                })
                .collect(),
            are_restarted: false,
            downloads: (0..number)
                .map(|repository| RepositoryDownload {
                    repository: format!("repository-{repository}"),
                    bytes: 12_000_000,
                    unknown_sizes: repository % 2,
                    hosts: number,
                })
                .collect(),
            irreversible: vec![IrreversibleUpdate {
                package: PackageName::new("libssl3").unwrap(),
                hosts: hosts(number),
            }],
            not_asked: hosts(1),
        }
    }

    #[test]
    fn few_and_many_hosts_fit() {
        for number in [3, 500] {
            let look = Look {
                width: Some(80),
                colour: false,
            };
            let text = render(&risk_page(&risk(number), false), look);
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert!(text.lines().count() < 50, "{text}");
            assert!(
                text.contains(&format!("Reboots: {number} hosts expected: web000, web002")),
                "{text}"
            );
            assert!(
                text.contains(&format!("{number} units will need a restart, which is reported")),
                "{text}"
            );
            assert!(text.contains(&format!("libssl3 on {number} hosts: web000")), "{text}");
        }
    }

    #[test]
    fn a_plan_that_entails_nothing_says_nothing() {
        assert_eq!(risk_page(&Risk::default(), false), Page::new());
    }
}
