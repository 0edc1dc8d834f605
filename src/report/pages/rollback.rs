//! What a rollback says before it begins, and in its report: what goes back from where, in which order, and what stays.

use std::collections::BTreeMap;

use crate::model::name::{Architecture, HostName, PackageName};
use crate::model::plan::Plan;
use crate::model::rollback::{HostPackage, Rollback, Stay};
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// Where the older version of each package comes from, in words.
pub type Sources = BTreeMap<(HostName, PackageName, Architecture), String>;

/// The page before a rollback.
#[must_use]
pub fn rollback_page(plan: &Plan, sources: &Sources) -> Page {
    let mut page = Page::new();
    let Some(rollback) = &plan.rules.rollback else {
        return page;
    };
    if plan.change_count() == 0 {
        page.line(format!("Nothing of run {} goes back", rollback.of), Tone::Bad);
    } else {
        let waves: Vec<&str> = plan.waves.iter().map(|wave| wave.name.as_str()).collect();
        let words = format!(
            ": {} on {}, waves {}",
            count(plan.change_count(), "package change"),
            count(plan.hosts().count(), "host"),
            waves.join(", ")
        );
        page.lines(vec![
            Line::new(0, format!("Back from run {}", rollback.of), Tone::Strong).and(words, Tone::Plain),
        ]);
        page.grid(Grid {
            columns: vec!["PACKAGE", "NOW", "BACK TO", "FROM", "HOSTS"],
            rows: rows(plan, sources),
        });
    }
    add_rest(&mut page, rollback);
    let is_held = |stay: &Stay| stay.package.is_some() && !plan.hosts().any(|host| host.name == stay.host);
    if rollback.stays.iter().any(is_held) {
        let words = "A host goes back as a whole or not at all; `--partial` takes back what can go back";
        page.line(words, Tone::Quiet);
    }
    page
}

/// What did not go back, for the report of the run.
pub fn add_rest(page: &mut Page, rollback: &Rollback) {
    let going = packages_in_words(&rollback.removes);
    page.lines(titled(
        "Goes again, because nothing needs it any more",
        Tone::Plain,
        going,
    ));
    let remaining = packages_in_words(&rollback.remains);
    page.lines(titled("Came with the run and remains", Tone::Quiet, remaining));
    let staying = stays_in_words(&rollback.stays);
    page.lines(titled("Stays as it is", Tone::Warning, staying));
}

fn titled(title: &str, tone: Tone, lines: Vec<String>) -> Vec<Line> {
    if lines.is_empty() {
        return Vec::new();
    }
    let heading = Line::new(0, title, tone).and(":", Tone::Plain);
    let rest = lines.into_iter().map(|line| Line::new(2, line, Tone::Plain));
    std::iter::once(heading).chain(rest).collect()
}

fn rows(plan: &Plan, sources: &Sources) -> Vec<Vec<Text>> {
    let mut groups: BTreeMap<(&str, &str, &str, &str), Vec<&str>> = BTreeMap::new();
    for host in plan.hosts() {
        for change in host.changes.iter() {
            let key = (host.name.clone(), change.package.clone(), change.arch.clone());
            let source = sources.get(&key).map_or("", String::as_str);
            let now = change.from.as_ref().map_or("", |version| version.as_str());
            let row = (change.package.as_str(), now, change.to.as_str(), source);
            groups.entry(row).or_default().push(host.name.as_str());
        }
    }
    groups
        .into_iter()
        .map(|((package, now, back, source), hosts)| {
            vec![
                Text::new(package, Tone::Strong),
                Text::plain(now),
                Text::plain(back),
                Text::new(source, Tone::Quiet),
                Text::plain(fold_line(hosts, NAMES)),
            ]
        })
        .collect()
}

fn packages_in_words(packages: &[HostPackage]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for one in packages {
        let key = (one.package.as_str(), one.version.as_str());
        groups.entry(key).or_default().push(one.host.as_str());
    }
    groups
        .into_iter()
        .map(|((package, version), hosts)| format!("{package} {version} on {}", fold_line(hosts, NAMES)))
        .collect()
}

/// The package, the version that it would go back to, and why it does not.
type Kept<'a> = (Option<&'a str>, Option<&'a str>, &'a str);

/// Each in a line, hosts with the same reason together.
#[must_use]
pub fn stays_in_words(stays: &[Stay]) -> Vec<String> {
    let mut groups: BTreeMap<Kept<'_>, Vec<&str>> = BTreeMap::new();
    for stay in stays {
        let package = stay.package.as_ref().map(PackageName::as_str);
        let version = stay.version.as_ref().map(|version| version.as_str());
        let group = groups.entry((package, version, stay.reason.as_str()));
        group.or_default().push(stay.host.as_str());
    }
    groups
        .into_iter()
        .map(|((package, version, reason), hosts)| {
            let hosts = fold_line(hosts, NAMES);
            match (package, version) {
                (Some(package), Some(version)) => format!("{hosts}: {package}, to {version}: {reason}"),
                (Some(package), None) => format!("{hosts}: {package}: {reason}"),
                _ => format!("{hosts}: {reason}"),
            }
        })
        .collect()
}
