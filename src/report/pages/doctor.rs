//! What `doctor` says: failures first, then what is worth a look, each with its remedy and equal hosts in one entry,
//! then the hosts on which all is well.
//!
//! What must stay true: an entry stands for every host that it names, be they five or five hundred.

use super::experimental;
use super::failures::without_numbers;
use crate::model::checkup::{Check, CheckupState, CheckupSummary, HostCheckup, Outcome};
use crate::model::experimental::Experimental;
use crate::model::text::count;
use crate::report::fold::{fold_line, fold_within};
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many names as one entry shows.
const NAMES: usize = 6;

/// As many characters of names as one cell shows.
const CELL: usize = 32;

/// What is wrong or worth a look, folded.
#[must_use]
pub fn doctor_page(hosts: &[HostCheckup], untried: &[Experimental]) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, untried);
    for outcome in [Outcome::Failed, Outcome::Warning, Outcome::Unknown] {
        let entries = entries(hosts, |check| check.outcome == outcome);
        page.lines(entries.iter().flat_map(entry_lines).collect());
    }
    let well: Vec<&str> = hosts
        .iter()
        .filter(|host| host.state == CheckupState::Well)
        .map(|host| host.name.as_str())
        .collect();
    if !well.is_empty() && well.len() < hosts.len() {
        let who = fold_line(well.iter().copied(), NAMES);
        page.lines(vec![Line::new(0, who, Tone::Strong).and(": all is well", Tone::Good)]);
    }
    page.lines(vec![summary_line(hosts)]);
    page
}

/// Every check, folded: in one table, what is worst first.
#[must_use]
pub fn every_check_page(hosts: &[HostCheckup], untried: &[Experimental]) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, untried);
    let mut rows: Vec<Vec<Text>> = Vec::new();
    for entry in entries(hosts, |_| true) {
        let names = fold_within(entry.names.iter().copied(), CELL);
        let names = match entry.names.len() {
            1 => names,
            number => format!("{names} ({number})"),
        };
        let seen = match &entry.check.remedy {
            Some(remedy) => format!("{} → {remedy}", entry.seen()),
            None => entry.seen(),
        };
        rows.push(vec![
            Text::new(names, Tone::Strong),
            Text::plain(entry.check.check.as_str()),
            Text::new(entry.check.outcome.as_str(), tone(entry.check.outcome)),
            Text::plain(seen),
        ]);
    }
    page.grid(Grid {
        columns: vec!["HOSTS", "CHECK", "OUTCOME", "SEEN"],
        rows,
    });
    page.lines(vec![summary_line(hosts)]);
    page
}

/// A record for each check of each host, for programs that read tables.
#[must_use]
pub fn record_page(hosts: &[HostCheckup]) -> Page {
    let mut page = Page::new();
    let rows = hosts.iter().flat_map(|host| {
        host.checks.iter().map(|check| {
            vec![
                Text::plain(host.name.as_str()),
                Text::plain(check.check.as_str()),
                Text::plain(check.outcome.as_str()),
                Text::plain(check.code.map_or("", |code| code.as_str())),
                Text::plain(&check.seen),
                Text::plain(check.remedy.as_deref().unwrap_or_default()),
            ]
        })
    });
    page.grid(Grid {
        columns: vec!["HOST", "CHECK", "OUTCOME", "CODE", "SEEN", "REMEDY"],
        rows: rows.collect(),
    });
    page
}

/// A check that several hosts share.
struct Entry<'a> {
    names: Vec<&'a str>,
    check: &'a Check,
    alike: String,
    /// Whether every host said the very same.
    is_same: bool,
}

impl Entry<'_> {
    fn seen(&self) -> String {
        let such_as = if self.is_same { "" } else { "such as " };
        format!("{such_as}{}", self.check.seen)
    }
}

/// What two hosts must share to stand in one entry: all but their names, numbers and fingerprints.
fn alike(host: &HostCheckup, check: &Check) -> String {
    let remedy = check.remedy.as_deref().unwrap_or_default();
    let text = format!("{}\n{remedy}", check.seen);
    let text: Vec<&str> = text.split(' ').map(without_fingerprint).collect();
    let text = text.join(" ");
    without_numbers(&text.replace(host.name.as_str(), "").replace(&host.address, ""))
}

fn without_fingerprint(word: &str) -> &str {
    if word.starts_with("SHA256:") { "SHA256" } else { word }
}

fn entries<'a>(hosts: &'a [HostCheckup], wanted: impl Fn(&Check) -> bool) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for host in hosts {
        for check in host.checks.iter().filter(|check| wanted(check)) {
            let alike = alike(host, check);
            let same = |entry: &&mut Entry<'_>| {
                entry.check.check == check.check && entry.check.outcome == check.outcome && entry.alike == alike
            };
            match entries.iter_mut().find(same) {
                Some(entry) => {
                    entry.names.push(host.name.as_str());
                    entry.is_same &= entry.check.seen == check.seen;
                }
                None => entries.push(Entry {
                    is_same: true,
                    names: vec![host.name.as_str()],
                    check,
                    alike,
                }),
            }
        }
    }
    entries.sort_by_key(|entry| (std::cmp::Reverse(entry.check.outcome), entry.check.check));
    entries
}

fn entry_lines(entry: &Entry<'_>) -> Vec<Line> {
    let who = fold_line(entry.names.iter().copied(), NAMES);
    let number = match entry.names.len() {
        1 => String::new(),
        number => format!(" ({number} hosts)"),
    };
    let check = entry.check;
    let code = check
        .code
        .map_or_else(String::new, |code| format!(" {}", code.as_str()));
    let mut lines = vec![
        Line::new(0, who, Tone::Strong)
            .and(number, Tone::Plain)
            .and(
                format!("  {} {}{code}", check.check.as_str(), check.outcome.as_str()),
                tone(check.outcome),
            )
            .and(format!(": {}", entry.seen()), Tone::Plain),
    ];
    if let Some(remedy) = &check.remedy {
        lines.push(Line::new(4, format!("→ {remedy}"), Tone::Quiet));
    }
    lines
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Ok => Tone::Good,
        Outcome::NotReached | Outcome::Unknown => Tone::Quiet,
        Outcome::Warning => Tone::Warning,
        Outcome::Failed => Tone::Bad,
    }
}

fn summary_line(hosts: &[HostCheckup]) -> Line {
    let summary = CheckupSummary::of(hosts);
    let line = Line::new(0, count(summary.hosts, "host"), Tone::Strong);
    if summary.well == summary.hosts {
        return line.and(": all is well", Tone::Good);
    }
    let mut line = line.and(format!(": {} well", summary.well), Tone::Plain);
    for (number, words, tone) in [
        (summary.warning, "worth a look", Tone::Warning),
        (summary.unreachable, "unreachable", Tone::Bad),
        (summary.failed, "failed", Tone::Bad),
    ] {
        if number > 0 {
            line = line.and(format!(", {number} {words}"), tone);
        }
    }
    line
}
