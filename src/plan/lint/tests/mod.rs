//! A test for every check: it fails when the check is taken out, and when it finds what is not there.
//!
//! A family of checks a file, as the checks themselves; what the tests begin with is here.

mod changes;
mod hosts;
mod rules;
mod structure;
mod time;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{LintInputs, lint};
use crate::model::finding::Finding;
use crate::model::lint_code::LintCode;
use crate::model::name::HostName;
use crate::model::plan::{Plan, PlannedHost};
use crate::model::resolution::Resolution;
use crate::model::step::{Step, StepAction};
use crate::plan::test_plans::{host, plan, wave};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn one_wave(hosts: Vec<PlannedHost>) -> Plan {
    plan(vec![wave("only", vec![hosts])])
}

/// What one check finds.
fn found(code: LintCode, plan: &Plan, inputs: &LintInputs<'_>) -> Vec<Finding> {
    lint(plan, inputs)
        .into_iter()
        .filter(|finding| finding.code == code.as_str())
        .collect()
}

fn messages(code: LintCode, plan: &Plan) -> Vec<String> {
    found(code, plan, &LintInputs::at(now()))
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

fn names(finding: &Finding) -> Vec<&str> {
    finding.hosts.iter().map(HostName::as_str).collect()
}

fn name(text: &str) -> HostName {
    HostName::new(text).unwrap()
}

fn resolved(hosts: &[(&str, Resolution)]) -> BTreeMap<HostName, Arc<Resolution>> {
    hosts
        .iter()
        .map(|(host, answer)| (name(host), Arc::new(answer.clone())))
        .collect()
}

fn step(action: StepAction, package: &str, from: &str, to: Option<&str>) -> Step {
    Step {
        action,
        package: package.to_owned(),
        arch: None,
        from: Some(from.to_owned()),
        to: to.map(str::to_owned),
    }
}

#[test]
fn a_plan_without_peculiarities_has_no_findings() {
    let findings = lint(&one_wave(vec![host("a", &["bash"])]), &LintInputs::at(now()));
    assert_eq!(findings, []);
}

#[test]
fn every_code_is_told_apart() {
    let words: BTreeSet<&str> = LintCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), LintCode::ALL.len());
}
