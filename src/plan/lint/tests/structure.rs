//! Checks of waves, batches and domains: each finds what it is for, and nothing else.

use std::time::Duration;

use super::{found, messages, name, names, now, one_wave};
use crate::model::finding::Severity;
use crate::model::lint_code::LintCode;
use crate::model::name::DomainName;
use crate::model::plan::{Gate, GateCheck, PlannedDomain, PlannedHost};
use crate::plan::lint::LintInputs;
use crate::plan::test_plans::{host, plan, wave};

#[test]
fn a_selected_host_that_no_wave_has_is_an_error() {
    let selected = [name("a"), name("lost")];
    let inputs = LintInputs {
        selected: Some(&selected),
        ..LintInputs::at(now())
    };
    let findings = found(LintCode::HostInNoWave, &one_wave(vec![host("a", &[])]), &inputs);
    assert_eq!(findings[0].message, "1 host is in no wave: lost");
    assert_eq!(findings[0].severity, Severity::Error);
    let both = one_wave(vec![host("a", &[]), host("lost", &[])]);
    assert!(found(LintCode::HostInNoWave, &both, &inputs).is_empty());
}

#[test]
fn a_host_in_two_waves_is_an_error() {
    let doubled = plan(vec![
        wave("one", vec![vec![host("a", &[])]]),
        wave("two", vec![vec![host("a", &[]), host("b", &[])]]),
    ]);
    assert_eq!(
        messages(LintCode::HostInTwoWaves, &doubled),
        ["1 host is in the plan more than once: a"]
    );
}

#[test]
fn a_wave_that_passes_by_itself_before_others_is_a_warning() {
    let waves = |first: &[&str], second: &[&str]| {
        plan(vec![
            wave("test", vec![vec![host("a", first)]]),
            wave("fleet", vec![vec![host("b", second)]]),
        ])
    };
    let open = waves(&["x"], &["x"]);
    assert_eq!(
        messages(LintCode::WaveWithoutGate, &open),
        ["wave `test` passes as soon as its hosts are patched: it has neither a gate nor a soak"]
    );
    let mut soaking = open.clone();
    soaking.waves[0].soak = Duration::from_secs(1);
    let mut gated = open;
    gated.waves[0].gates = vec![Gate {
        interval: Duration::ZERO,
        timeout: Duration::from_secs(1),
        ..Gate::new(
            "up",
            GateCheck::Tcp {
                address: "a:22".to_owned(),
            },
        )
    }];
    for quiet in [soaking, gated, waves(&[], &["x"]), waves(&["x"], &[])] {
        assert!(messages(LintCode::WaveWithoutGate, &quiet).is_empty());
    }
}

#[test]
fn a_domain_of_which_all_hosts_are_in_one_batch_is_a_warning() {
    let hosts = |names: &[&str]| names.iter().map(|name| host(name, &["x"])).collect::<Vec<_>>();
    let with_domain = |batches: Vec<Vec<PlannedHost>>, limit: usize| {
        let mut plan = plan(vec![wave("fleet", batches)]);
        plan.domains = vec![PlannedDomain {
            name: DomainName::new("db").unwrap(),
            limit,
            members: vec![name("a"), name("b")],
            down: Vec::new(),
            quorum: None,
        }];
        plan
    };
    let together = with_domain(vec![hosts(&["a", "b", "c"])], 1);
    let findings = found(LintCode::DomainInOneBatch, &together, &LintInputs::at(now()));
    assert!(
        findings[0]
            .message
            .starts_with("2 hosts of domain `db` are in one batch of wave `fleet`"),
        "{findings:?}"
    );
    assert_eq!(names(&findings[0]), ["a", "b"]);
    let mut one_at_a_time = together.clone();
    one_at_a_time.waves[0].parallel = 1;
    let apart = with_domain(vec![hosts(&["a"]), hosts(&["b", "c"])], 1);
    let enough = with_domain(vec![hosts(&["a", "b"])], 2);
    let one_stays = with_domain(vec![vec![host("a", &["x"]), host("b", &[])]], 1);
    for quiet in [one_at_a_time, apart, enough, one_stays] {
        assert!(messages(LintCode::DomainInOneBatch, &quiet).is_empty());
    }
}
