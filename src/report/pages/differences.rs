//! How hosts differ from before their update: hosts with the same differences in one line each.

use crate::model::condition::ConditionDifference;
use crate::model::run::HostReport;
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};

/// As many names as one line shows.
const NAMES: usize = 6;

/// As many differences as are shown of a host; JSON has all.
const SHOWN: usize = 12;

/// Adds them; nothing where no host differs.
pub(super) fn add(page: &mut Page, hosts: &[HostReport]) {
    let mut groups: Vec<(&[ConditionDifference], Vec<&str>)> = Vec::new();
    for host in hosts.iter().filter(|host| !host.differences.is_empty()) {
        match groups.iter_mut().find(|(other, _)| *other == host.differences) {
            Some((_, names)) => names.push(host.name.as_str()),
            None => groups.push((&host.differences, vec![host.name.as_str()])),
        }
    }
    for (differences, names) in groups {
        let mut lines =
            vec![Line::new(0, fold_line(names, NAMES), Tone::Strong).and(": differs from before", Tone::Plain)];
        lines.extend(differences.iter().take(SHOWN).map(|difference| {
            let (tone, end) = if difference.allowed {
                (Tone::Quiet, " (allowed)")
            } else {
                (Tone::Bad, "")
            };
            Line::new(2, format!("{}{end}", difference.in_words()), tone)
        }));
        if differences.len() > SHOWN {
            lines.push(Line::new(
                2,
                format!("and {} more", differences.len() - SHOWN),
                Tone::Quiet,
            ));
        }
        page.lines(lines);
    }
}
