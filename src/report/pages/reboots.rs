//! Which hosts are going to be rebooted, in which order and why. Equal reasons are told once.

use super::plan::waves;
use crate::model::plan::{Basis, Plan, PlannedHost};
use crate::model::scan::Scan;
use crate::model::text::{count, printable};
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};

/// As many names as one line shows.
const NAMES: usize = 8;

/// The page of a plan that only reboots.
#[must_use]
pub fn reboots_page(plan: &Plan, scan: &Scan) -> Page {
    let mut page = Page::new();
    let (due, rest): (Vec<&PlannedHost>, Vec<&PlannedHost>) = plan.hosts().partition(|host| host.has_work());
    if due.is_empty() {
        page.line("No host needs a reboot.", Tone::Good);
    } else {
        page.line(
            format!(
                "{} to be rebooted, by the playbook `{}`; no package is changed",
                count(due.len(), "host"),
                plan.playbook
            ),
            Tone::Strong,
        );
        page.blocks.extend(waves(plan, false).blocks);
    }
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for host in due {
        let why = reasons(host, scan);
        match groups.iter_mut().find(|(other, _)| *other == why) {
            Some((_, names)) => names.push(host.name.as_str()),
            None => groups.push((why, vec![host.name.as_str()])),
        }
    }
    let line = |(why, names): (String, Vec<&str>)| {
        Line::new(0, fold_line(names, NAMES), Tone::Strong).and(format!(": {why}"), Tone::Plain)
    };
    page.lines(groups.into_iter().map(line).collect());
    let unknown = rest.iter().filter_map(|host| match &host.basis {
        Basis::Unknown { error } => Some((host.name.as_str(), error)),
        Basis::Scanned { .. } => None,
    });
    let failed = unknown.map(|(name, error)| {
        Line::new(0, name, Tone::Strong).and(format!(": {}: {}", error.code, error.message), Tone::Bad)
    });
    page.lines(failed.collect());
    page
}

fn reasons(host: &PlannedHost, scan: &Scan) -> String {
    let facts = scan
        .hosts
        .iter()
        .find(|other| other.name == host.name)
        .and_then(|other| other.facts.as_ref());
    let reasons: Vec<String> = facts
        .map(|facts| facts.reboot.reasons.iter().map(|reason| printable(reason)).collect())
        .unwrap_or_default();
    if reasons.is_empty() {
        "it needs none, and gets one because that was asked for".to_owned()
    } else {
        reasons.join(", ")
    }
}
