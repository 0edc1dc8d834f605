//! What `fetch` says beside the page of its run: what is to be downloaded from where, and which hosts have it then.

use std::collections::{BTreeMap, BTreeSet};

use super::experimental;
use super::plan::downloads_page;
use crate::model::download::size_in_words;
use crate::model::experimental::Experimental;
use crate::model::name::{HostName, PackageName};
use crate::model::plan::Plan;
use crate::model::run::{HostReport, RunReport};
use crate::model::saved_plan::PlanReference;
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// As many packages as are named that cannot be put aside.
const PACKAGES: usize = 20;

/// What hosts are about to download.
#[must_use]
pub fn to_fetch_page(plan: &Plan, of: Option<&PlanReference>) -> Page {
    let mut page = Page::new();
    experimental::warn(&mut page, &Experimental::planned(plan));
    let what = match of {
        Some(of) => format!("Plan {}", of.id),
        None => format!("Plan `{}`", plan.playbook),
    };
    let hosts = plan.hosts().filter(|host| !host.changes.is_empty()).count();
    let download = plan.download().in_words();
    let words = match download {
        Some(words) => format!(": {}, {words}; no package is changed", count(hosts, "host")),
        None => ": nothing to download".to_owned(),
    };
    page.heading(Line::new(0, what, Tone::Strong).and(words, Tone::Plain));
    page.blocks.extend(downloads_page(plan).blocks);
    page
}

/// What they downloaded, and who has everything now.
#[must_use]
pub fn fetched_page(plan: &Plan, report: &RunReport, path: Option<&str>) -> Page {
    let mut page = Page::new();
    let ended: BTreeSet<&HostName> = report
        .hosts
        .iter()
        .filter(|host| host.is_downloaded())
        .map(|host| &host.name)
        .collect();
    let wanted = plan.hosts().filter(|host| !host.changes.is_empty());
    let (ready, missing): (Vec<_>, Vec<_>) = wanted.partition(|host| ended.contains(&host.name));
    if ready.is_empty() && missing.is_empty() {
        return page;
    }
    let bytes = report.hosts.iter().filter_map(|host| host.downloaded_bytes).sum();
    let mut lines = vec![
        Line::new(
            0,
            format!(
                "{} now {} what the plan installs",
                count(ready.len(), "host"),
                have(ready.len())
            ),
            if missing.is_empty() { Tone::Good } else { Tone::Warning },
        )
        .and(
            format!("; {} downloaded, the rest was there before", size_in_words(bytes)),
            Tone::Plain,
        ),
    ];
    if !missing.is_empty() {
        let names = fold_line(missing.iter().map(|host| host.name.as_str()), NAMES);
        lines.push(Line::new(2, format!("without it: {names}"), Tone::Bad));
    }
    lines.extend(path.map(|path| Line::new(2, format!("install it: patchwave apply {path}"), Tone::Quiet)));
    page.lines(lines);
    page
}

/// Which installed versions were put aside, and which are nowhere any more.
#[must_use]
pub fn secured_page(report: &RunReport) -> Page {
    let secured = |host: &HostReport| host.secured.clone().unwrap_or_default();
    let kept: usize = report.hosts.iter().map(|host| secured(host).kept.len()).sum();
    let mut lines = vec![Line::new(
        0,
        format!("{} put aside on the hosts", count(kept, "installed version")),
        Tone::Good,
    )];
    let mut missing: BTreeMap<PackageName, Vec<&str>> = BTreeMap::new();
    for host in &report.hosts {
        for package in secured(host).missing {
            missing.entry(package).or_default().push(host.name.as_str());
        }
    }
    lines.extend(missing.iter().take(PACKAGES).map(|(package, hosts)| {
        let who = fold_line(hosts.iter().copied(), NAMES);
        let words = format!("no way back: the installed version of {package} is nowhere any more: {who}");
        Line::new(2, words, Tone::Warning)
    }));
    let hidden = missing.len().saturating_sub(PACKAGES);
    if hidden > 0 {
        lines.push(Line::new(
            2,
            format!("and {}", count(hidden, "more package")),
            Tone::Warning,
        ));
    }
    let mut page = Page::new();
    page.lines(lines);
    page
}

fn have(number: usize) -> &'static str {
    if number == 1 { "has" } else { "have" }
}
