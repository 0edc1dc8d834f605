//! What `doctor` says: failures first, then what is worth a look, each with its remedy and equal hosts in one entry,
//! then the hosts on which all is well.
//!
//! What must stay true: an entry stands for every host that it names, be they five or five hundred.

use super::experimental;
use super::failures::without_numbers;
use crate::model::checkup::{Check, CheckupState, CheckupSummary, HostCheckup, Outcome, Topic};
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
        let entries = entries(hosts, |host, check| check.outcome == outcome && !follows(host, check));
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
    for entry in entries(hosts, |_, _| true) {
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
        let such_as = if self.is_same { "" } else { "such as: " };
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

/// Whether a check only says once more what the check of `privilege` says with its remedy.
fn follows(host: &HostCheckup, check: &Check) -> bool {
    let root = host.checks.iter().find(|other| other.check == Topic::Privilege);
    check.outcome == Outcome::Unknown && root.is_some_and(|root| root.outcome >= Outcome::Warning)
}

fn without_fingerprint(word: &str) -> &str {
    if word.starts_with("SHA256:") { "SHA256" } else { word }
}

fn entries<'a>(hosts: &'a [HostCheckup], wanted: impl Fn(&HostCheckup, &Check) -> bool) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for host in hosts {
        for check in host.checks.iter().filter(|check| wanted(host, check)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::ErrorCode;
    use crate::model::name::HostName;
    use crate::report::terminal::{Look, render};

    fn fleet(number: usize) -> Vec<HostCheckup> {
        let host = |index: usize| {
            let name = HostName::new(format!("web{index:03}")).unwrap();
            let address = format!("10.0.{}.{}", index / 250, index % 250);
            let mut checks = Topic::ALL
                .map(|topic| Check::ok(topic, format!("{address} is well")))
                .to_vec();
            let space = format!("/var has {index} MB free of 12 GB");
            if index % 3 == 0 {
                checks[9] = Check::failed(Topic::Space, space, "make room").with_code(ErrorCode::Disk);
            } else if index % 3 == 1 {
                let words = format!("the key of {name} at {address} is SHA256:{index}x{index}");
                checks[1] = Check::warning(Topic::HostKey, words, "look at it");
            }
            HostCheckup::new(name, address, 22, checks)
        };
        (0..number).map(host).collect()
    }

    #[test]
    fn five_hundred_hosts_with_two_troubles_are_a_few_lines() {
        let hosts = fleet(500);
        for width in [80, 200] {
            let look = Look {
                width: Some(width),
                colour: false,
            };
            let text = render(&doctor_page(&hosts, &[]), look);
            assert!(text.lines().count() <= 16, "{text}");
            assert!(
                text.lines().all(|line| line.chars().count() <= usize::from(width)),
                "{text}"
            );
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                words.contains("(167 hosts) space failed E_DISK: such as: /var has 0 MB"),
                "{text}"
            );
            let failed = text.find("E_DISK").unwrap();
            assert!(failed < text.find("SHA256:").unwrap(), "{text}");
            assert!(
                text.ends_with("500 hosts: 166 well, 167 worth a look, 167 failed\n"),
                "{text}"
            );
            let all = render(&every_check_page(&hosts, &[]), look);
            assert!(all.lines().count() < 60, "{all}");
        }
    }

    #[test]
    fn what_differs_is_told_as_an_example_and_what_is_the_same_is_not() {
        let look = Look {
            width: None,
            colour: false,
        };
        let text = render(&doctor_page(&fleet(7), &[]), look);
        assert!(
            text.contains("space failed E_DISK: such as: /var has 0 MB free"),
            "{text}"
        );
        let one = render(&doctor_page(&fleet(1), &[]), look);
        assert!(
            one.starts_with("web000  space failed E_DISK: /var has 0 MB free of 12 GB\n    → make room\n"),
            "{one}"
        );
        let well = [fleet(3).remove(2)];
        assert_eq!(render(&doctor_page(&well, &[]), look), "1 host: all is well\n");
    }

    #[test]
    fn a_record_names_every_check_of_every_host() {
        let page = record_page(&fleet(2));
        let text = crate::report::csv::render(&page);
        assert_eq!(text.lines().count(), 1 + 2 * Topic::ALL.len());
        assert!(text.contains("web000,space,failed,E_DISK,/var has 0 MB free of 12 GB,make room"));
    }
}
