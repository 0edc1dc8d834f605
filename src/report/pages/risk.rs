//! What a plan entails, before a single host is touched: time, reboots, restarts, and what has no way back.

use crate::model::estimate::Estimate;
use crate::model::name::HostName;
use crate::model::risk::Risk;
use crate::model::text::count;
use crate::report::fold::fold_within;
use crate::report::page::{Line, Page, Tone};

/// As many units and packages as are shown unless all are asked for.
const ROWS: usize = 10;

/// As many characters as the names of hosts take in a line.
const NAMES_WIDTH: usize = 44;

/// The page of the risks, with what is known of the duration; nothing for a plan that changes nothing.
#[must_use]
pub fn risk_page(risk: &Risk, estimate: Option<Estimate>, all: bool) -> Page {
    let limit = if all { usize::MAX } else { ROWS };
    let mut page = Page::new();
    let mut entailed = Vec::new();
    if let Some(estimate) = estimate {
        let line = Line::new(0, "Duration", Tone::Strong);
        entailed.push(line.and(format!(": {}", estimate.in_words()), Tone::Plain));
    }
    entailed.extend(lines(risk, limit));
    page.lines(entailed);
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
            let text = render(&risk_page(&risk(number), None, false), look);
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
        assert_eq!(risk_page(&Risk::default(), None, false), Page::new());
    }
}
