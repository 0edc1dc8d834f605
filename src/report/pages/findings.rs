//! What the checks found, errors first, findings of one check together.

use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::text::count;
use crate::report::fold::fold_within;
use crate::report::page::{Line, Page, Tone};

/// As many findings of one check as are shown unless all are asked for.
const OF_ONE_CHECK: usize = 5;

/// As many characters as the names of hosts take in a line.
const NAMES_WIDTH: usize = 60;

/// The page of findings; nothing when there are none. `all` shows every one.
#[must_use]
pub fn findings_page(findings: &[Finding], all: bool) -> Page {
    let mut page = Page::new();
    let mut groups: Vec<(Severity, &str, Vec<&Finding>)> = Vec::new();
    for finding in sorted(findings) {
        match groups.last_mut() {
            Some((severity, code, group)) if *severity == finding.severity && *code == finding.code => {
                group.push(finding);
            }
            _ => groups.push((finding.severity, &finding.code, vec![finding])),
        }
    }
    let mut lines = Vec::new();
    for (severity, code, group) in &groups {
        lines.extend(group_lines(*severity, code, group, all));
    }
    page.lines(lines);
    page
}

/// The number of findings in words: `1 error and 3 warnings`; `None` when there are none.
#[must_use]
pub fn findings_in_words(findings: &[Finding]) -> Option<String> {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    match (of(Severity::Error), of(Severity::Warning)) {
        (0, 0) => None,
        (0, warnings) => Some(count(warnings, "warning")),
        (errors, 0) => Some(count(errors, "error")),
        (errors, warnings) => Some(format!("{} and {}", count(errors, "error"), count(warnings, "warning"))),
    }
}

fn sorted(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|one, other| (one.severity, &one.code).cmp(&(other.severity, &other.code)));
    sorted
}

fn group_lines(severity: Severity, code: &str, group: &[&Finding], all: bool) -> Vec<Line> {
    let tone = match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warning,
    };
    let mut lines = Vec::new();
    let limit = if all { usize::MAX } else { OF_ONE_CHECK };
    for finding in group.iter().take(limit) {
        let words = format!("{severity}: ");
        lines.push(
            Line::new(0, words, tone)
                .and(&finding.message, Tone::Plain)
                .and(format!(" [{code}]"), Tone::Quiet),
        );
        lines.extend(hosts_line(finding));
    }
    let hidden = group.len().saturating_sub(limit);
    if hidden > 0 {
        lines.push(Line::new(
            2,
            format!("and {} of [{code}] (all with -v)", count(hidden, "more finding")),
            Tone::Quiet,
        ));
    }
    let mut hints: Vec<&str> = group.iter().map(|finding| finding.hint.as_str()).collect();
    hints.dedup();
    // Findings of one check have one hint, but for what hosts say themselves.
    lines.extend(
        hints
            .into_iter()
            .take(limit)
            .map(|hint| Line::new(2, format!("help: {hint}"), Tone::Quiet)),
    );
    lines
}

/// The hosts, where the sentence does not name them already.
fn hosts_line(finding: &Finding) -> Option<Line> {
    let is_named = finding
        .hosts
        .iter()
        .all(|host| finding.message.split([' ', ',']).any(|word| word == host.as_str()));
    if is_named {
        return None;
    }
    let names = fold_within(finding.hosts.iter().map(HostName::as_str), NAMES_WIDTH);
    Some(Line::new(2, format!("on {names}"), Tone::Quiet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Block;

    fn finding(severity: Severity, code: &str, message: &str, hosts: &[&str]) -> Finding {
        Finding {
            severity,
            code: code.to_owned(),
            message: message.to_owned(),
            hint: format!("do something about {code}"),
            hosts: hosts.iter().map(|name| HostName::new(*name).unwrap()).collect(),
        }
    }

    fn text(page: &Page) -> String {
        let mut text = String::new();
        for block in &page.blocks {
            if let Block::Lines(lines) = block {
                for line in lines {
                    text.push_str(&" ".repeat(line.indent));
                    line.texts.iter().for_each(|part| text.push_str(&part.words));
                    text.push('\n');
                }
            }
        }
        text
    }

    #[test]
    fn errors_come_first_and_a_check_gives_its_hint_once() {
        let findings = [
            finding(
                Severity::Warning,
                "removal",
                "exim4 is removed from 2 hosts",
                &["web1", "web2"],
            ),
            finding(Severity::Warning, "removal", "mta is removed from 1 host", &["db1"]),
            finding(Severity::Error, "disk-space", "/boot is full", &["db1"]),
        ];
        assert_eq!(
            text(&findings_page(&findings, false)),
            "error: /boot is full [disk-space]\n  on db1\n  help: do something about disk-space\n\
             warning: exim4 is removed from 2 hosts [removal]\n  on web[1:2]\n\
             warning: mta is removed from 1 host [removal]\n  on db1\n  help: do something about removal\n"
        );
        assert_eq!(findings_in_words(&findings).unwrap(), "1 error and 2 warnings");
        assert_eq!(findings_in_words(&[]), None);
        assert_eq!(findings_page(&[], false), Page::new());
    }

    #[test]
    fn many_findings_of_one_check_are_folded_and_many_hosts_too() {
        let hosts: Vec<String> = (0..500).map(|number| format!("h{}", number * 2)).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let findings: Vec<Finding> = (0..40)
            .map(|number| finding(Severity::Warning, "downgrade", &format!("p{number} goes back"), &hosts))
            .collect();
        let folded = text(&findings_page(&findings, false));
        assert_eq!(folded.lines().count(), 5 * 2 + 1 + 1, "{folded}");
        assert!(folded.lines().all(|line| line.chars().count() <= 80), "{folded}");
        assert!(folded.contains("and 35 more findings of [downgrade] (all with -v)"));
        assert_eq!(text(&findings_page(&findings, true)).lines().count(), 40 * 2 + 1);
    }
}
