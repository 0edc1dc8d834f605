//! Compares what a host was like before its update with what it is like now. Pure.
//!
//! What must stay true: what was unknown before is no difference, and what cannot be told afterwards is not taken for
//! well; what had failed before is no failure of the update; what is for the better is told and fails nobody.

use std::collections::BTreeSet;

use crate::model::condition::{Condition, ConditionDifference, ConditionPart, ConditionRule};
use crate::model::pattern::Pattern;

/// Every difference, part by part, what went before what came.
pub(in crate::rollout) fn compare(
    before: &Condition,
    after: &Condition,
    rule: &ConditionRule,
) -> Vec<ConditionDifference> {
    let allowed = Allowed::new(rule);
    let mut differences = Vec::new();
    for part in ConditionPart::ALL {
        if rule.ignored && part != ConditionPart::FailedUnit {
            continue;
        }
        let (Some(old), Some(new)) = (set(before, part), set(after, part)) else {
            continue;
        };
        let went = old.difference(new).map(|what| (what, false));
        let came = new.difference(old).map(|what| (what, true));
        for (what, came) in went.chain(came) {
            if is_counted(before, after, part, what, came) {
                continue;
            }
            let source = if came { after } else { before };
            let process = source.processes.get(what).filter(|_| part == ConditionPart::Socket);
            let is_better = is_better(before, after, part, what, came);
            differences.push(ConditionDifference {
                part,
                what: what.clone(),
                process: process.cloned(),
                came,
                allowed: is_better || allowed.has(part, what),
            });
        }
    }
    differences
}

/// The parts that were known before and are not now, apart from those of which the playbook allows everything.
pub(in crate::rollout) fn untold(before: &Condition, after: &Condition, rule: &ConditionRule) -> Vec<ConditionPart> {
    let everything = |part: ConditionPart| {
        let globs = rule.allow.iter().filter_map(|text| text.split_once(':'));
        globs
            .filter(|(word, _)| *word == "*" || *word == part.as_str())
            .any(|(_, glob)| glob.trim() == "*")
    };
    let is_looked_at = |part: &ConditionPart| !rule.ignored || *part == ConditionPart::FailedUnit;
    let parts = ConditionPart::ALL.into_iter().filter(is_looked_at);
    parts
        .filter(|part| set(before, *part).is_some() && set(after, *part).is_none() && !everything(*part))
        .collect()
}

/// Whether something that was there is missing: it may be only late.
pub(in crate::rollout) fn may_be_late(differences: &[ConditionDifference]) -> bool {
    let is_bad = |difference: &&ConditionDifference| !difference.allowed;
    let mut bad = differences.iter().filter(is_bad);
    // A unit that failed does not come back because somebody waits.
    bad.clone()
        .all(|difference| difference.part != ConditionPart::FailedUnit)
        && bad.any(|difference| !difference.came)
}

fn set(condition: &Condition, part: ConditionPart) -> Option<&BTreeSet<String>> {
    match part {
        ConditionPart::FailedUnit => condition.failed_units.as_ref(),
        ConditionPart::ActiveUnit => condition.active_units.as_ref(),
        ConditionPart::Socket => condition.sockets.as_ref(),
        ConditionPart::Mount => condition.mounts.as_ref(),
        ConditionPart::Route => condition.routes.as_ref(),
        ConditionPart::Resolver => condition.resolver.as_ref(),
    }
}

/// Whether another difference says the same, or it is none.
fn is_counted(before: &Condition, after: &Condition, part: ConditionPart, what: &str, came: bool) -> bool {
    match (part, came) {
        // A unit that failed is told as that.
        (ConditionPart::ActiveUnit, false) => {
            has(after.failed_units.as_ref(), what) || after.left_out_units.contains(what)
        }
        (ConditionPart::ActiveUnit, true) => {
            has(before.failed_units.as_ref(), what) || before.left_out_units.contains(what)
        }
        _ => false,
    }
}

fn is_better(before: &Condition, after: &Condition, part: ConditionPart, what: &str, came: bool) -> bool {
    match (part, came) {
        (ConditionPart::FailedUnit, came) => !came,
        // A newer systemd brings sockets and timers of its own.
        (ConditionPart::ActiveUnit, true) => what.starts_with("systemd-"),
        // A service that runs again opens what it had not.
        (ConditionPart::Socket | ConditionPart::Mount, true) => is_healed(before, after),
        _ => false,
    }
}

fn is_healed(before: &Condition, after: &Condition) -> bool {
    let healed = |unit: &String| !has(after.failed_units.as_ref(), unit) && has(after.active_units.as_ref(), unit);
    before.failed_units.iter().flatten().any(healed)
}

fn has(set: Option<&BTreeSet<String>>, what: &str) -> bool {
    set.is_some_and(|set| set.contains(what))
}

/// The globs of a playbook, ready to be asked.
struct Allowed<'a>(Vec<(&'a str, Pattern, &'a str)>);

impl<'a> Allowed<'a> {
    fn new(rule: &'a ConditionRule) -> Self {
        let globs = rule.allow.iter().filter_map(|text| {
            let (part, glob) = text.split_once(':')?;
            Some((part, compiled(glob)?, glob))
        });
        Self(globs.collect())
    }

    fn has(&self, part: ConditionPart, what: &str) -> bool {
        self.0.iter().any(|(word, pattern, text)| {
            let is_part = *word == "*" || *word == part.as_str();
            // An address of IPv6 has brackets, which mean something else in a glob.
            is_part && (*text == what || pattern.matches(what))
        })
    }
}

/// The glob behind the colon. Patterns know no blanks; a socket's name has one.
fn compiled(glob: &str) -> Option<Pattern> {
    Pattern::new(glob.trim().replace(' ', "?")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Option<BTreeSet<String>> {
        Some(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn usual() -> Condition {
        Condition {
            failed_units: names(&["old.service"]),
            active_units: names(&["ssh.service", "web.service"]),
            sockets: names(&["tcp 0.0.0.0:22", "tcp 0.0.0.0:80", "tcp [::]:22"]),
            mounts: names(&["/ ext4", "/srv xfs"]),
            routes: names(&["default via 10.0.0.1 dev eth0"]),
            resolver: names(&["nameserver 10.0.0.1"]),
            processes: [("tcp 0.0.0.0:80".to_owned(), "nginx".to_owned())].into(),
            ..Condition::default()
        }
    }

    fn told(before: &Condition, after: &Condition, rule: &ConditionRule) -> Vec<String> {
        let word = |difference: &ConditionDifference| {
            let sign = if difference.came { '+' } else { '-' };
            let end = if difference.allowed { " ok" } else { "" };
            format!("{sign}{}:{}{end}", difference.part.as_str(), difference.what)
        };
        compare(before, after, rule).iter().map(word).collect()
    }

    #[test]
    fn every_part_is_compared_and_equal_looks_differ_in_nothing() {
        let rule = ConditionRule::default();
        assert!(compare(&usual(), &usual(), &rule).is_empty());
        let mut after = usual();
        after.failed_units = names(&["new.service", "old.service"]);
        after.active_units = names(&["ssh.service", "added.timer"]);
        after.sockets = names(&["tcp 0.0.0.0:22", "tcp [::]:22", "tcp 0.0.0.0:631"]);
        after.mounts = names(&["/ ext4"]);
        after.routes = names(&[]);
        after.resolver = names(&["nameserver 10.0.0.2"]);
        assert_eq!(
            told(&usual(), &after, &rule),
            [
                "+failed-unit:new.service",
                "-active-unit:web.service",
                "+active-unit:added.timer",
                "-socket:tcp 0.0.0.0:80",
                "+socket:tcp 0.0.0.0:631",
                "-mount:/srv xfs",
                "-route:default via 10.0.0.1 dev eth0",
                "-resolver:nameserver 10.0.0.1",
                "+resolver:nameserver 10.0.0.2",
            ]
        );
        let gone = compare(&usual(), &after, &rule);
        assert_eq!(gone.iter().find_map(|one| one.process.as_deref()), Some("nginx"));
    }

    #[test]
    fn what_was_unknown_is_no_difference_and_what_is_untold_by_now_is_named() {
        let rule = |ignored, allow: &[&str]| ConditionRule {
            ignored,
            allow: allow.iter().map(|text| (*text).to_owned()).collect(),
            ..ConditionRule::default()
        };
        let nothing = Condition::default();
        assert!(compare(&nothing, &usual(), &rule(false, &[])).is_empty());
        assert!(untold(&nothing, &usual(), &rule(false, &[])).is_empty());
        assert!(compare(&usual(), &nothing, &rule(false, &[])).is_empty());
        assert_eq!(untold(&usual(), &nothing, &rule(false, &[])), ConditionPart::ALL);
        assert_eq!(
            untold(&usual(), &nothing, &rule(true, &[])),
            [ConditionPart::FailedUnit]
        );
        let allowed = rule(false, &["socket:*", "route: *", "mount:/srv*"]);
        let named = untold(&usual(), &nothing, &allowed);
        assert!(!named.contains(&ConditionPart::Socket) && !named.contains(&ConditionPart::Route));
        assert!(named.contains(&ConditionPart::Mount), "one mount is not all of them");
        assert!(untold(&usual(), &nothing, &rule(false, &["*:*"])).is_empty());
    }

    #[test]
    fn what_is_for_the_better_fails_nobody_and_is_told_once() {
        let rule = ConditionRule::default();
        let mut after = usual();
        after.failed_units = names(&[]);
        after.active_units = names(&["ssh.service", "web.service", "old.service", "systemd-new.socket"]);
        after.sockets.as_mut().unwrap().insert("tcp 0.0.0.0:5432".to_owned());
        assert_eq!(
            told(&usual(), &after, &rule),
            [
                "-failed-unit:old.service ok",
                "+active-unit:systemd-new.socket ok",
                "+socket:tcp 0.0.0.0:5432 ok",
            ]
        );
        // A unit that failed is not told a second time as inactive.
        let mut after = usual();
        after.failed_units = names(&["old.service", "web.service"]);
        after.active_units = names(&["ssh.service"]);
        assert_eq!(told(&usual(), &after, &rule), ["+failed-unit:web.service"]);
        // A unit that a condition kept from starting is as systemd wants it.
        let mut after = usual();
        after.active_units = names(&["ssh.service"]);
        after.left_out_units = names(&["web.service"]).unwrap();
        assert!(compare(&usual(), &after, &rule).is_empty());
    }

    #[test]
    fn globs_allow_by_part_and_by_name() {
        let mut after = usual();
        after.sockets = names(&["tcp 0.0.0.0:22", "tcp 0.0.0.0:8080", "tcp [::]:8080"]);
        after.mounts = names(&["/ ext4"]);
        let rule = |allow: &[&str]| ConditionRule {
            allow: allow.iter().map(|text| (*text).to_owned()).collect(),
            ..ConditionRule::default()
        };
        let bad = |allow: &[&str]| {
            let found = compare(&usual(), &after, &rule(allow));
            found.iter().filter(|one| !one.allowed).count()
        };
        assert_eq!(bad(&[]), 5);
        assert_eq!(bad(&["socket:tcp *:8080"]), 3);
        assert_eq!(bad(&["socket:tcp *:8080", "socket:tcp *:80", "socket:tcp [::]:22"]), 1);
        assert_eq!(bad(&["mount:tcp*"]), 5);
        assert_eq!(bad(&["*:*"]), 0);
    }

    #[test]
    fn an_ignored_condition_still_looks_for_failed_units() {
        let rule = ConditionRule {
            ignored: true,
            ..ConditionRule::default()
        };
        let mut after = usual();
        after.mounts = names(&[]);
        after.failed_units = names(&["old.service", "web.service"]);
        assert_eq!(told(&usual(), &after, &rule), ["+failed-unit:web.service"]);
    }

    #[test]
    fn only_what_is_missing_may_be_late() {
        let rule = ConditionRule::default();
        let late = |change: &dyn Fn(&mut Condition)| {
            let mut after = usual();
            change(&mut after);
            may_be_late(&compare(&usual(), &after, &rule))
        };
        assert!(!late(&|_| {}));
        assert!(late(&|after| after.sockets = names(&["tcp [::]:22"])));
        assert!(!late(&|after| {
            after.sockets.as_mut().unwrap().insert("tcp 0.0.0.0:1".to_owned());
        }));
        assert!(!late(&|after| {
            after.sockets = names(&["tcp [::]:22"]);
            after.failed_units.as_mut().unwrap().insert("web.service".to_owned());
        }));
    }
}
