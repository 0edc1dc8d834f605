//! What is shown of `condition` and `reboot`: the form in which they are read.

use serde::Serialize;

use crate::model::condition::ConditionRule;
use crate::model::duration::format_duration;
use crate::model::host::RebootPolicy;
use crate::model::reboot_rule::{Blocker, RebootRule, WhenBlocked};

#[derive(Serialize)]
pub(super) struct ConditionForm<'a> {
    compare: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allow: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    settle: Option<String>,
}

/// `None` where everything is as usual.
pub(super) fn condition_form(rule: &ConditionRule) -> Option<ConditionForm<'_>> {
    (*rule != ConditionRule::default()).then(|| ConditionForm {
        compare: !rule.ignored,
        allow: &rule.allow,
        settle: rule.settle.map(format_duration),
    })
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum RebootForm<'a> {
    Word(RebootPolicy),
    Mapping(RebootMapping<'a>),
}

#[derive(Serialize)]
pub(super) struct RebootMapping<'a> {
    policy: RebootPolicy,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blockers: Vec<BlockerForm<'a>>,
    blocked: WhenBlocked,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recover: &'a [String],
}

#[derive(Serialize)]
#[serde(untagged)]
enum BlockerForm<'a> {
    Word(&'static str),
    Unit { unit: &'a str },
    File { file: &'a str },
    Command { command: &'a [String] },
}

/// A word where nothing more was said.
pub(super) fn reboot_form(policy: RebootPolicy, rule: &RebootRule) -> RebootForm<'_> {
    if *rule == RebootRule::default() {
        return RebootForm::Word(policy);
    }
    RebootForm::Mapping(RebootMapping {
        policy,
        blockers: rule.blockers.iter().map(blocker_form).collect(),
        blocked: rule.blocked,
        wait: rule.wait.map(format_duration),
        timeout: rule.timeout.map(format_duration),
        recover: &rule.recover,
    })
}

fn blocker_form(blocker: &Blocker) -> BlockerForm<'_> {
    match blocker {
        Blocker::Users => BlockerForm::Word("users"),
        Blocker::Inhibitors => BlockerForm::Word("inhibitors"),
        Blocker::Unit(unit) => BlockerForm::Unit { unit },
        Blocker::File(file) => BlockerForm::File { file },
        Blocker::Command(command) => BlockerForm::Command { command },
    }
}
