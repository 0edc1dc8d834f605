//! How much of what later waves get the first wave tries out, what it does not, and which hosts are missing there.

use crate::model::coverage::{Coverage, SystemCoverage, UncoveredChange};
use crate::model::name::HostName;
use crate::model::text::count;
use crate::report::fold::fold_within;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many changes that nobody tries out as are shown unless all are asked for.
const UNCOVERED: usize = 10;

/// As many characters as the names of hosts take in a line.
const NAMES_WIDTH: usize = 60;

/// The page of the coverage; nothing where no later wave gets anything.
#[must_use]
pub fn coverage_page(coverage: &Coverage, all: bool) -> Page {
    let mut page = Page::new();
    if coverage.changes == 0 {
        return page;
    }
    page.lines(vec![headline(coverage)]);
    if coverage.covered == coverage.changes {
        return page;
    }
    page.grid(Grid {
        columns: vec!["SYSTEM", "TEST HOSTS", "LATER HOSTS", "TRIED OUT"],
        rows: coverage
            .systems
            .iter()
            .filter(|row| row.changes > 0)
            .map(system_row)
            .collect(),
    });
    let limit = if all { usize::MAX } else { UNCOVERED };
    page.grid(Grid {
        columns: vec!["NOT TRIED OUT", "VERSION", "SYSTEM", "HOSTS"],
        rows: coverage.uncovered.iter().take(limit).map(uncovered_row).collect(),
    });
    let mut lines = Vec::new();
    let hidden = coverage.uncovered.len().saturating_sub(limit);
    if hidden > 0 {
        let words = format!("and {} (all with -v)", count(hidden, "more change"));
        lines.push(Line::new(0, words, Tone::Quiet));
    }
    if !coverage.suggested.is_empty() {
        let names = fold_within(coverage.suggested.iter().map(HostName::as_str), NAMES_WIDTH);
        let hosts = count(coverage.suggested.len(), "host");
        let words = format!("{hosts} more in the first wave would try out everything: {names}");
        lines.push(Line::new(0, words, Tone::Plain));
    }
    page.lines(lines);
    page
}

fn headline(coverage: &Coverage) -> Line {
    let (percent, tone) = percent(coverage.covered, coverage.changes);
    Line::new(0, "Coverage", Tone::Strong)
        .and(": the first wave tries out ", Tone::Plain)
        .and(format!("{percent} % of the later changes",), tone)
        .and(format!(" ({} of {})", coverage.covered, coverage.changes), Tone::Plain)
}

/// Rounded down: only everything is 100 %.
fn percent(covered: usize, changes: usize) -> (usize, Tone) {
    let percent = (covered * 100).checked_div(changes).unwrap_or(100);
    let tone = match percent {
        100 => Tone::Good,
        _ => Tone::Warning,
    };
    (percent, tone)
}

fn system_row(row: &SystemCoverage) -> Vec<Text> {
    let (percent, tone) = percent(row.covered, row.changes);
    vec![
        Text::plain(system(&row.os, &row.release, &row.arch)),
        Text::plain(row.first_wave.to_string()),
        Text::plain(row.later.to_string()),
        Text::new(format!("{percent} % ({} of {})", row.covered, row.changes), tone),
    ]
}

fn uncovered_row(row: &UncoveredChange) -> Vec<Text> {
    vec![
        Text::plain(row.package.as_str()),
        Text::plain(row.to.as_str()),
        Text::new(system(&row.os, &row.release, &row.machine), Tone::Quiet),
        Text::plain(fold_within(row.hosts.iter().map(HostName::as_str), 24)),
    ]
}

fn system(os: &str, release: &str, arch: &str) -> String {
    [os, release, arch]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::{Architecture, PackageName, Version};
    use crate::report::terminal::{Look, render};

    fn coverage(hosts: usize, packages: usize) -> Coverage {
        let hosts: Vec<HostName> = (0..hosts)
            .map(|number| HostName::new(format!("web{number:03}")).unwrap())
            .collect();
        Coverage {
            changes: 1000,
            covered: 999,
            systems: vec![SystemCoverage {
                os: "debian".to_owned(),
                release: "12".to_owned(),
                arch: "x86_64".to_owned(),
                first_wave: 2,
                later: hosts.len(),
                changes: 1000,
                covered: 999,
            }],
            uncovered: (0..packages)
                .map(|number| UncoveredChange {
                    os: "debian".to_owned(),
                    release: "12".to_owned(),
                    machine: "x86_64".to_owned(),
                    package: PackageName::new(format!("package-{number}")).unwrap(),
                    arch: Architecture::new("amd64").unwrap(),
                    to: Version::new("2.0-1").unwrap(),
                    hosts: hosts.clone(),
                })
                .collect(),
            suggested: hosts,
        }
    }

    #[test]
    fn what_is_missing_is_named_and_fits() {
        for (hosts, packages) in [(3, 1), (500, 40)] {
            let page = coverage_page(&coverage(hosts, packages), false);
            let look = Look {
                width: Some(80),
                colour: false,
            };
            let text = render(&page, look);
            assert!(text.contains("99 % of the later changes (999 of 1000)"), "{text}");
            assert!(
                text.contains("more in the first wave would try out everything: web[000:"),
                "{text}"
            );
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert!(text.lines().count() < 30, "{text}");
        }
    }

    #[test]
    fn everything_is_one_line_and_nothing_is_none() {
        let full = Coverage {
            changes: 3,
            covered: 3,
            ..Coverage::default()
        };
        assert_eq!(coverage_page(&full, false).blocks.len(), 1);
        assert_eq!(coverage_page(&Coverage::default(), false), Page::new());
    }
}
