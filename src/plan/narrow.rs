//! A plan with some of its hosts left out. Pure.
//!
//! What must stay true: what is known of hosts that are left out still counts where it keeps others safe. One that did
//! not answer stays down for its domains.

use std::collections::BTreeSet;

use super::coverage::measure_coverage;
use super::lint::{LintInputs, is_of_time, lint};
use super::schedule::is_down;
use crate::model::finding::Finding;
use crate::model::lint_code::LintCode;
use crate::model::name::HostName;
use crate::model::plan::{Budget, Plan, PlannedDomain, PlannedHost, PlannedWave};
use crate::model::saved_plan::SavedPlan;

/// The same plan for those of its hosts alone: batches and waves without a host fall away, and their gates with them.
/// A wave that lost hosts tolerates failures in proportion, rounded down.
#[must_use]
pub fn keep_hosts(plan: &Plan, kept: &BTreeSet<HostName>) -> Plan {
    let waves = plan.waves.iter().map(|wave| narrow(wave, kept));
    let lost: Vec<&HostName> = plan
        .hosts()
        .filter(|host| is_down(host) && !kept.contains(&host.name))
        .map(|host| &host.name)
        .collect();
    let narrowed = Plan {
        waves: waves.filter(|wave| wave.size() > 0).collect(),
        domains: plan.domains.iter().map(|domain| with_down(domain, &lost)).collect(),
        ..plan.clone()
    };
    with_run_budget(narrowed, plan)
}

/// The whole run tolerates failures in proportion too, rounded down.
fn with_run_budget(mut narrowed: Plan, whole: &Plan) -> Plan {
    let hosts = narrowed.hosts().count();
    let budget = &mut narrowed.rules.run.budget;
    if let Some(tolerated) = budget.tolerated {
        budget.tolerated = Some((tolerated * hosts).checked_div(whole.hosts().count()).unwrap_or(0));
    }
    narrowed
}

/// The saved plan for those of its hosts alone, with what the checks found about these, and how far its own first wave
/// tests it. Checks of the time of the run are left to that time.
#[must_use]
pub fn keep_saved_hosts(saved: &SavedPlan, kept: &BTreeSet<HostName>) -> SavedPlan {
    let plan = keep_hosts(&saved.plan, kept);
    let again = lint(&plan, &LintInputs::at(saved.made));
    let findings = saved.findings.iter().filter_map(|finding| {
        if is_of_time(finding) {
            return None;
        }
        // A wave is named in words; what is said of one that fell away is not found again.
        if finding.code == LintCode::WaveWithoutGate.as_str() {
            return again.contains(finding).then(|| finding.clone());
        }
        let hosts: Vec<HostName> = finding
            .hosts
            .iter()
            .filter(|host| kept.contains(*host))
            .cloned()
            .collect();
        let is_left = finding.hosts.is_empty() || !hosts.is_empty();
        is_left.then(|| Finding {
            hosts,
            ..finding.clone()
        })
    });
    SavedPlan {
        findings: findings.collect(),
        coverage: measure_coverage(&plan),
        plan,
        ..saved.clone()
    }
}

fn with_down(domain: &PlannedDomain, lost: &[&HostName]) -> PlannedDomain {
    let mut domain = domain.clone();
    let further = lost.iter().filter(|host| domain.members.contains(**host));
    let further: Vec<HostName> = further.map(|host| (*host).clone()).collect();
    domain.down.extend(further);
    domain
}

fn narrow(wave: &PlannedWave, kept: &BTreeSet<HostName>) -> PlannedWave {
    let of_batch = |batch: &Vec<PlannedHost>| -> Vec<PlannedHost> {
        let hosts = batch.iter().filter(|host| kept.contains(&host.name));
        hosts.cloned().collect()
    };
    let batches: Vec<Vec<PlannedHost>> = wave
        .batches
        .iter()
        .map(of_batch)
        .filter(|batch| !batch.is_empty())
        .collect();
    let hosts: usize = batches.iter().map(Vec::len).sum();
    let tolerated = (wave.budget.tolerated * hosts).checked_div(wave.size()).unwrap_or(0);
    PlannedWave {
        batches,
        budget: Budget { tolerated, hosts },
        ..wave.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coverage::Coverage;
    use crate::model::error::{ErrorCode, HostError};
    use crate::model::finding::Severity;
    use crate::model::name::{DomainName, RunId};
    use crate::model::plan::Basis;
    use crate::model::saved_plan::FORMAT_VERSION;
    use crate::plan::saved::{read_saved_plan, write_saved_plan};
    use crate::plan::schedule::{DomainSchedule, Next};
    use crate::plan::test_plans::{host, plan, wave};

    fn names(names: &[&str]) -> BTreeSet<HostName> {
        names.iter().map(|name| HostName::new(*name).unwrap()).collect()
    }

    fn saved(plan: Plan, findings: Vec<Finding>) -> SavedPlan {
        SavedPlan {
            format_version: FORMAT_VERSION.to_owned(),
            id: RunId::new("20261122T030000Z-abcd").unwrap(),
            made: plan.made,
            expires: plan.made,
            author: "ana@ci".to_owned(),
            author_keys: Vec::new(),
            tool: "patchwave 0.1.0".to_owned(),
            playbook: serde_json::Value::Null,
            findings,
            coverage: Coverage::default(),
            plan,
        }
    }

    fn finding(code: LintCode, hosts: &[&str]) -> Finding {
        Finding {
            severity: Severity::Error,
            code: code.as_str().to_owned(),
            message: "found".to_owned(),
            hint: "look".to_owned(),
            hosts: names(hosts).into_iter().collect(),
        }
    }

    #[test]
    fn a_silent_member_that_is_left_out_is_still_down() {
        let mut silent = host("db1", &[]);
        silent.basis = Basis::Unknown {
            error: HostError::new(ErrorCode::Connect, "refused", "start sshd"),
        };
        let mut whole = plan(vec![wave("all", vec![vec![silent, host("db2", &["a"])]])]);
        whole.domains = vec![PlannedDomain {
            name: DomainName::new("galera").unwrap(),
            limit: 1,
            members: names(&["db1", "db2"]).into_iter().collect(),
            down: Vec::new(),
            quorum: None,
        }];
        let left = keep_hosts(&whole, &names(&["db2"]));
        let schedule = DomainSchedule::new(&left);
        assert_eq!(schedule.down(), [1]);
        let mut waiting = schedule.waiting(&left.waves[0].batches[0]);
        assert!(matches!(schedule.next(&mut waiting), Next::Never(..)));
        // Narrowed twice it is the same, and a file of it can be read again.
        let twice = keep_hosts(&left, &names(&["db2"]));
        assert_eq!(twice, left);
        let written = write_saved_plan(&saved(left.clone(), Vec::new())).unwrap();
        assert_eq!(read_saved_plan(written.text.as_bytes()).unwrap().0.plan, left);
    }

    #[test]
    fn what_was_found_about_hosts_that_are_left_out_falls_away() {
        let whole = plan(vec![
            wave("test", vec![vec![host("web1", &["a"])]]),
            wave("rest", vec![vec![host("web2", &["a", "b"]), host("web3", &["b"])]]),
        ]);
        let findings = vec![
            finding(LintCode::DiskSpace, &["web1"]),
            finding(LintCode::UnknownHost, &["web1", "web2"]),
            finding(LintCode::ExpiredExclusion, &[]),
            finding(LintCode::WindowTooShort, &[]),
            finding(LintCode::WaveWithoutGate, &[]),
        ];
        let left = keep_saved_hosts(&saved(whole, findings), &names(&["web2", "web3"]));
        let shown: Vec<(&str, usize)> = left
            .findings
            .iter()
            .map(|one| (one.code.as_str(), one.hosts.len()))
            .collect();
        assert_eq!(shown, [("unknown-host", 1), ("expired-exclusion", 0)]);
        assert_eq!(left.coverage, measure_coverage(&left.plan));
        assert_ne!(left.coverage, Coverage::default());
    }
}
