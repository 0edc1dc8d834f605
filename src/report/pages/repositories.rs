//! Repositories that could not be fetched: which, why, on which hosts, and what to do; equal ones once.

use crate::model::duration::age_in_words;
use crate::model::facts::RepositoryFailure;
use crate::model::scan::HostScan;
use crate::report::fold::fold_line;
use crate::report::page::{Line, Tone};

/// As many names as are shown of hosts that share a failure.
const NAMES: usize = 6;

struct Group<'a> {
    failure: &'a RepositoryFailure,
    names: Vec<&'a str>,
    /// Of the host whose metadata is the oldest; `None` when it is unknown of one.
    age_seconds: Option<u64>,
}

/// The failures as lines, two for each repository and kind of failure.
pub(super) fn repository_lines(hosts: &[HostScan]) -> Vec<Line> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for host in hosts {
        let Some(facts) = &host.facts else { continue };
        let age_seconds = facts.metadata.age_seconds;
        for failure in &facts.metadata.failures {
            match groups.iter_mut().find(|group| is_same(group.failure, failure)) {
                Some(group) => {
                    group.names.push(host.name.as_str());
                    group.age_seconds = group.age_seconds.zip(age_seconds).map(|(one, other)| one.max(other));
                }
                None => groups.push(Group {
                    failure,
                    names: vec![host.name.as_str()],
                    age_seconds,
                }),
            }
        }
    }
    groups.iter().flat_map(group_lines).collect()
}

/// Messages name addresses and times, which differ between hosts with the same trouble.
fn is_same(one: &RepositoryFailure, other: &RepositoryFailure) -> bool {
    one.repository == other.repository && one.fault == other.fault
}

fn group_lines(group: &Group<'_>) -> [Line; 2] {
    let failure = group.failure;
    let number = if group.names.len() > 1 {
        format!(" ({} hosts)", group.names.len())
    } else {
        String::new()
    };
    let age = group.age_seconds.map_or_else(
        || "of unknown age".to_owned(),
        |seconds| format!("up to {} old", age_in_words(seconds)),
    );
    let first = Line::new(0, fold_line(group.names.iter().copied(), NAMES), Tone::Strong)
        .and(number, Tone::Plain)
        .and(format!("  repository {}", failure.repository), Tone::Plain)
        .and(format!("  {}", failure.fault.as_str()), Tone::Warning)
        .and(format!(": {}", failure.message), Tone::Plain);
    let second = Line::new(
        4,
        format!("→ {}; what is known of it is {age}", failure.fault.remedy()),
        Tone::Quiet,
    );
    [first, second]
}
