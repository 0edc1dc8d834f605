//! Reads how much may go wrong in a whole run, and what counts: `max_failures` and `counted_failures` of a playbook.

use super::Share;
use super::wave_reader::read_share;
use crate::model::document::{Fields, Node, Reader};
use crate::model::run_rules::{FailureKind, RunBudget};

const KINDS: [(&str, FailureKind); 2] = [
    ("failed", FailureKind::Failed),
    ("unreachable", FailureKind::Unreachable),
];

/// How many hosts of the run may fail, when the playbook says it.
pub(super) fn read_max_failures(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<Option<Share>> {
    match fields.get("max_failures") {
        Some(node) => read_share(reader, node, 0).map(Some),
        None => Some(None),
    }
}

/// What counts as a failure. How many may fail is a number only in a plan.
pub(super) fn read_counted(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<RunBudget> {
    let mut budget = RunBudget::default();
    if let Some(node) = fields.get("counted_failures") {
        budget.counts = read_kinds(reader, node)?;
    }
    Some(budget)
}

fn read_kinds(reader: &mut Reader, node: &Node) -> Option<Vec<FailureKind>> {
    let items = reader.one_or_many(node, "a list of `failed` and `unreachable`")?;
    if items.is_empty() {
        let hint = "leave the key out: then both `failed` and `unreachable` hosts count";
        reader.problem(node.span, "something must count as a failure", Some(hint.to_owned()));
        return None;
    }
    let mut kinds: Vec<FailureKind> = Vec::new();
    let mut is_good = true;
    for item in items {
        match reader.choice(item, &KINDS).map(|kind| kind.value) {
            Some(kind) if kinds.contains(&kind) => {
                reader.problem(item.span, "this kind of failure is there twice", None);
                is_good = false;
            }
            Some(kind) => kinds.push(kind),
            None => is_good = false,
        }
    }
    kinds.sort_unstable();
    is_good.then_some(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{Playbook, parse_playbook, playbook_yaml};

    fn parse(rules: &str) -> Result<Playbook, Vec<String>> {
        let text = format!("waves: [{{name: all, rest: true}}]\n{rules}\n");
        parse_playbook("p.yml", text.as_bytes(), "p")
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_budget_of_a_run_means_what_it_says_and_is_shown_the_same() {
        for (text, share, counts) in [
            ("max_failures: 3", Some(Share::Count(3)), RunBudget::default().counts),
            (
                "{max_failures: 2%, counted_failures: [failed]}",
                Some(Share::Percent(2)),
                vec![FailureKind::Failed],
            ),
            ("counted_failures: unreachable", None, vec![FailureKind::Unreachable]),
            (
                "counted_failures: [unreachable, failed]",
                None,
                RunBudget::default().counts,
            ),
        ] {
            let text = text.trim_matches(['{', '}']).replace(", counted", "\ncounted");
            let playbook = parse(&text).unwrap();
            assert_eq!(playbook.max_failures, share, "{text}");
            assert_eq!(playbook.run.budget.counts, counts, "{text}");
            let shown = playbook_yaml(&playbook).unwrap();
            let again = parse_playbook("p.yml", shown.as_bytes(), "p").unwrap();
            assert_eq!(again, playbook, "{shown}");
        }
    }

    #[test]
    fn every_mistake_of_a_budget_has_its_place() {
        assert_eq!(
            parse("max_failures: 101%\ncounted_failures: [failed, skiped, failed]").unwrap_err(),
            [
                "p.yml:2:15: a percentage goes up to `100%`",
                "p.yml:3:28: expected one of `failed` and `unreachable`, found `skiped`",
                "p.yml:3:36: this kind of failure is there twice",
            ]
        );
        assert_eq!(
            parse("counted_failures: []").unwrap_err(),
            [
                "p.yml:2:19: something must count as a failure (leave the key out: then both `failed` and \
                 `unreachable` hosts count)"
            ]
        );
    }
}
