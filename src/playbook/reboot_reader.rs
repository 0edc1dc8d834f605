//! Reads `reboot`: a word, or a mapping with what keeps hosts from being rebooted and what helps one that stays away.

use std::time::Duration;

use crate::model::document::{Node, NodeValue, Reader};
use crate::model::host::RebootPolicy;
use crate::model::pattern::Pattern;
use crate::model::reboot_rule::{Blocker, RebootRule, WhenBlocked};

use super::gate_reader::read_command;
use super::wave_reader::read_duration;

const POLICIES: [(&str, RebootPolicy); 3] = [
    ("never", RebootPolicy::Never),
    ("if-needed", RebootPolicy::IfNeeded),
    ("always", RebootPolicy::Always),
];

const WORDS: [(&str, Blocker); 2] = [("users", Blocker::Users), ("inhibitors", Blocker::Inhibitors)];

const BLOCKED: [(&str, WhenBlocked); 2] = [("fail", WhenBlocked::Fail), ("report", WhenBlocked::Report)];

/// Reads the value of `reboot`.
pub(super) fn read_reboot(reader: &mut Reader, node: &Node) -> Option<(RebootPolicy, RebootRule)> {
    if !matches!(node.value, NodeValue::Mapping(_)) {
        let policy = reader.choice(node, &POLICIES)?;
        return Some((policy.value, RebootRule::default()));
    }
    let mut fields = reader.fields(node, "`reboot`")?;
    let policy = match fields.get("policy") {
        Some(node) => reader.choice(node, &POLICIES).map(|policy| policy.value),
        None => {
            let hint = "write `policy: never`, `if-needed` or `always`";
            reader.problem(node.span, "`policy` is missing", Some(hint.to_owned()));
            None
        }
    };
    let blockers = match fields.get("blockers") {
        Some(node) => read_blockers(reader, node),
        None => Some(Vec::new()),
    };
    let blocked = match fields.get("blocked") {
        Some(node) => reader.choice(node, &BLOCKED).map(|blocked| blocked.value),
        None => Some(WhenBlocked::default()),
    };
    let wait = match fields.get("wait") {
        Some(node) => read_duration(reader, node).map(Some),
        None => Some(None),
    };
    let timeout = match fields.get("timeout") {
        Some(node) => read_deadline(reader, node).map(Some),
        None => Some(None),
    };
    let recover = match fields.get("recover") {
        Some(node) => read_command(reader, node),
        None => Some(Vec::new()),
    };
    reader.finish(fields);
    let rule = RebootRule {
        blockers: blockers?,
        blocked: blocked?,
        wait: wait?,
        timeout: timeout?,
        recover: recover?,
        asked: false,
    };
    Some((policy?, rule))
}

fn read_deadline(reader: &mut Reader, node: &Node) -> Option<Duration> {
    let deadline = read_duration(reader, node)?;
    if deadline.is_zero() {
        let hint = "example: `timeout: 15m`";
        reader.problem(node.span, "no host reboots in no time", Some(hint.to_owned()));
        return None;
    }
    Some(deadline)
}

fn read_blockers(reader: &mut Reader, node: &Node) -> Option<Vec<Blocker>> {
    let items = reader.one_or_many(node, "a list such as `[users, inhibitors, {file: /run/backup.lock}]`")?;
    let read: Vec<Option<Blocker>> = items.iter().map(|item| read_blocker(reader, item)).collect();
    read.into_iter().collect()
}

fn read_blocker(reader: &mut Reader, node: &Node) -> Option<Blocker> {
    if !matches!(node.value, NodeValue::Mapping(_)) {
        let words = WORDS.each_ref().map(|(word, _)| (*word, *word));
        let word = reader.choice(node, &words)?.value;
        return WORDS
            .into_iter()
            .find(|(other, _)| *other == word)
            .map(|(_, blocker)| blocker);
    }
    let mut fields = reader.fields(node, "a blocker")?;
    let unit = fields.get("unit").map(|node| {
        let glob = reader.parsed(node, "the name of a unit or a glob", |text| Pattern::new(text))?;
        Some(Blocker::Unit(glob.value.as_str().to_owned()))
    });
    let file = fields.get("file").map(|node| {
        let path = reader.parsed(node, "a path on the host", check_path)?;
        Some(Blocker::File(path.value))
    });
    let command = fields
        .get("command")
        .map(|node| Some(Blocker::Command(read_command(reader, node)?)));
    reader.finish(fields);
    let mut given = [unit, file, command].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(blocker), None) => blocker,
        _ => {
            let hint = "write one of `{unit: \"borg*\"}`, `{file: /run/backup.lock}`, `{command: [./may-reboot]}`";
            reader.problem(
                node.span,
                "a blocker is exactly one of `unit`, `file`, `command`",
                Some(hint.to_owned()),
            );
            None
        }
    }
}

fn check_path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && !text.contains(['\n', '\r', '\0']) {
        Ok(text.to_owned())
    } else {
        Err("a path on the host begins with `/`".to_owned())
    }
}
