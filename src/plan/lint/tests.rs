//! A test for every check: it fails when the check is taken out, and when it finds what is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::time;

use super::{LintInputs, Validity, lint, lint_time};
use crate::model::error::{ErrorCode, HostError};
use crate::model::finding::{Finding, Severity};
use crate::model::foresight::Foresight;
use crate::model::host::RebootPolicy;
use crate::model::lint_code::LintCode;
use crate::model::name::{Architecture, DomainName, HostName, PackageName, Version};
use crate::model::past::PastDurations;
use crate::model::pattern::Pattern;
use crate::model::plan::{Basis, Gate, GateCheck, Plan, PlannedDomain, PlannedHost};
use crate::model::resolution::{Offer, OfferSource, Resolution};
use crate::model::step::{Step, StepAction};
use crate::model::update_rule::Exclusion;
use crate::model::window::Window;
use crate::plan::test_plans::{host, of_release, plan, wave};

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
        name: "up".to_owned(),
        check: GateCheck::Tcp {
            address: "a:22".to_owned(),
        },
        count: 1,
        interval: Duration::ZERO,
        failures_allowed: 0,
        timeout: Duration::from_secs(1),
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

#[test]
fn a_host_that_could_not_be_scanned_is_a_warning() {
    let mut silent = host("a", &[]);
    silent.basis = Basis::Unknown {
        error: HostError::new(ErrorCode::Connect, "refused", "start sshd"),
    };
    assert_eq!(
        messages(LintCode::UnknownHost, &one_wave(vec![silent, host("b", &[])])),
        ["1 host is unknown: not scanned, and will count as failed"]
    );
}

#[test]
fn want_of_space_is_a_warning() {
    let answers = resolved(&[(
        "a",
        Resolution {
            space: Some(HostError::new(
                ErrorCode::Disk,
                "/boot has 3 MB too few",
                "remove old kernels",
            )),
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let findings = found(
        LintCode::DiskSpace,
        &one_wave(vec![host("a", &["x"]), host("b", &["x"])]),
        &inputs,
    );
    assert_eq!((findings.len(), findings[0].severity), (1, Severity::Warning));
    assert_eq!(names(&findings[0]), ["a"]);
    assert_eq!(findings[0].message, "/boot has 3 MB too few");
}

#[test]
fn an_exclusion_that_ended_is_a_warning() {
    let mut plan = one_wave(vec![host("a", &[])]);
    let exclusion = |until: &str| Exclusion {
        package: Pattern::new("postgresql*").unwrap(),
        reason: None,
        owner: None,
        until: Some(until.parse().unwrap()),
    };
    plan.rules.updates.exclude = vec![exclusion("2026-11-22")];
    assert!(messages(LintCode::ExpiredExclusion, &plan).is_empty());
    plan.rules.updates.exclude = vec![exclusion("2026-11-21")];
    assert_eq!(
        messages(LintCode::ExpiredExclusion, &plan),
        ["the exclusion of `postgresql*` ended on 2026-11-21 and no longer counts"]
    );
}

#[test]
fn a_removal_is_a_warning_and_an_old_version_that_goes_is_none() {
    use StepAction::{Install, Remove};
    let answers = resolved(&[(
        "a",
        Resolution {
            steps: vec![
                step(Install, "kernel", "1", Some("2")),
                step(Remove, "kernel", "1", None),
                step(Remove, "exim4", "4.96", None),
            ],
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let findings = found(LintCode::Removal, &one_wave(vec![host("a", &["kernel"])]), &inputs);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].message, "exim4 is removed from 1 host");
}

#[test]
fn another_origin_is_a_warning_where_both_are_known() {
    let offer = |package: &str, version: &str, repo: &str| Offer {
        package: PackageName::new(package).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        version: Version::new(version).unwrap(),
        repo: repo.to_owned(),
        size: None,
        source: OfferSource::Repository,
    };
    let answers = resolved(&[(
        "a",
        Resolution {
            offers: vec![
                offer("docker", "1", "Debian:12.9/oldstable"),
                offer("docker", "2", "Docker:bookworm"),
                offer("ssl", "1", "Debian:12.9/oldstable"),
                offer("ssl", "2", "Debian-Security:12/oldstable-security"),
                offer("gone", "2", "Docker:bookworm"),
                offer("taken", "3", "Docker:bookworm"),
                offer("taken", "1.9", "Debian:12.9/oldstable"),
                offer("superseded", "1.9", "Debian:12.9/oldstable"),
                offer("superseded", "2", "Debian-Security:12/oldstable-security"),
                offer("track", "1", "ACME stable:12"),
                offer("track", "2", "ACME testing:12"),
            ],
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let mut rpm = host("a", &["docker"]);
    if let Basis::Scanned { manager, .. } = &mut rpm.basis {
        *manager = crate::model::manager::Manager::Dnf5;
    }
    let findings = found(
        LintCode::OriginChange,
        &one_wave(vec![host(
            "a",
            &["docker", "ssl", "gone", "taken=1=3", "superseded", "track"],
        )]),
        &inputs,
    );
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "docker comes from `Docker` and is installed from `Debian`",
            "taken comes from `Docker`, where only `Debian` has other versions of it; nobody has the installed one any \
             more",
            "track comes from `ACME testing` and is installed from `ACME stable`",
        ]
    );
    assert!(found(LintCode::OriginChange, &one_wave(vec![rpm]), &inputs).is_empty());
}

#[test]
fn updates_without_a_way_back_are_one_warning() {
    let mut one = host("a", &["x"]);
    one.foresight = Some(Arc::new(Foresight {
        irreversible: vec![PackageName::new("x").unwrap()],
        ..Foresight::default()
    }));
    assert_eq!(
        messages(LintCode::NoOldVersion, &one_wave(vec![one, host("b", &["x"])])),
        ["there is no way back on 1 host from 1 update: no source has the old version of x"]
    );
}

#[test]
fn a_downgrade_is_a_warning_by_the_managers_own_order() {
    let plan = one_wave(vec![
        host("a", &["epoch=2=1:1", "tilde=1.0=1.0~rc1"]),
        host("b", &["tilde=1.0=1.0~rc1"]),
    ]);
    assert_eq!(
        messages(LintCode::Downgrade, &plan),
        ["tilde goes back from 1.0 to 1.0~rc1 on 2 hosts"]
    );
    let answers = resolved(&[(
        "a",
        Resolution {
            steps: vec![step(StepAction::Downgrade, "dep", "3", Some("2"))],
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let findings = found(LintCode::Downgrade, &one_wave(vec![host("a", &["x"])]), &inputs);
    assert_eq!(findings[0].message, "dep goes back from 3 to 2 on 1 host");
}

#[test]
fn a_major_version_of_a_listed_package_is_a_warning() {
    let mut plan = one_wave(vec![host(
        "a",
        &[
            "postgresql=1:15.6=1:16.1",
            "nginx=1.2=2.0",
            "postgresql-common=15.1=15.2",
        ],
    )]);
    assert!(messages(LintCode::MajorVersion, &plan).is_empty());
    plan.rules.lint.major_versions = vec![Pattern::new("postgresql*").unwrap()];
    assert_eq!(
        messages(LintCode::MajorVersion, &plan),
        ["postgresql gets another major version on 1 host: 1:15.6 to 1:16.1"]
    );
}

#[test]
fn a_version_that_no_earlier_wave_gets_is_a_warning() {
    let plan = plan(vec![
        wave("test", vec![vec![host("t", &["ssl=1=2", "bash"])]]),
        wave(
            "fleet",
            vec![vec![
                host("a", &["ssl=1=3", "bash", "nginx"]),
                host("b", &["ssl=1=3"]),
                of_release(host("c", &["ssl=1=4"]), "13"),
            ]],
        ),
    ]);
    let findings = found(LintCode::UntestedVersion, &plan, &LintInputs::at(now()));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].message,
        "wave `fleet` would get ssl 3 on debian 12; earlier waves get 2"
    );
    assert_eq!(names(&findings[0]), ["a", "b"]);
}

#[test]
fn a_kernel_on_a_host_that_is_never_rebooted_is_a_warning() {
    let kernel = ["linux-image-6.1.0-31-amd64==6.1.2", "libc6", "bash"];
    let mut never = host("a", &kernel);
    never.reboot = RebootPolicy::Never;
    let plan = one_wave(vec![never, host("b", &kernel)]);
    assert_eq!(
        messages(LintCode::KernelWithoutReboot, &plan),
        [
            "the C library changes on 1 host with `reboot: never`, where the old one goes on running: libc6",
            "the kernel changes on 1 host with `reboot: never`, where the old one goes on running: \
             linux-image-6.1.0-31-amd64",
        ]
    );
}

fn daily(hour: i8, hours: u64) -> Window {
    Window {
        days: Vec::new(),
        start: time(hour, 0, 0, 0),
        length: Duration::from_secs(3600 * hours),
        zone: "UTC".to_owned(),
    }
}

fn past(hours: u64) -> PastDurations {
    PastDurations::from_turns(3, [(name("a"), Duration::from_secs(3600 * hours))])
}

#[test]
fn a_window_that_is_shorter_than_the_plan_is_a_warning() {
    let mut plan = one_wave(vec![host("a", &["x"])]);
    let past = past(3);
    let inputs = LintInputs {
        past: Some(&past),
        ..LintInputs::at(now())
    };
    assert!(found(LintCode::WindowTooShort, &plan, &inputs).is_empty(), "no window");
    plan.rules.windows = vec![daily(22, 2)];
    assert_eq!(
        found(LintCode::WindowTooShort, &plan, &inputs)[0].message,
        "the plan takes about 3 hours, from 3 past runs, and the window is open for about 2 hours"
    );
    // Open since ten and until two: long enough as a whole, not for a run that begins now.
    plan.rules.windows = vec![daily(10, 4)];
    assert!(found(LintCode::WindowTooShort, &plan, &inputs).is_empty());
    let applied = LintInputs {
        is_applied: true,
        ..inputs
    };
    assert_eq!(lint_time(&plan, &applied).len(), 1);
    let unknown = LintInputs { past: None, ..applied };
    assert!(found(LintCode::WindowTooShort, &plan, &unknown).is_empty());
}

#[test]
fn an_approval_that_ends_in_the_middle_is_a_warning() {
    let mut plan = one_wave(vec![host("a", &["x"])]);
    let past = past(3);
    let approval = |until: &str| {
        vec![Validity {
            what: "the approval of anna@example.org".to_owned(),
            until: until.parse().unwrap(),
        }]
    };
    let messages = |plan: &Plan, validities: &[Validity]| -> Vec<String> {
        let inputs = LintInputs {
            past: Some(&past),
            validities,
            ..LintInputs::at(now())
        };
        found(LintCode::ApprovalExpires, plan, &inputs)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    };
    assert!(messages(&plan, &approval("2026-11-22T15:00:00Z")).is_empty());
    assert_eq!(
        messages(&plan, &approval("2026-11-22T14:59:00Z")),
        [
            "the approval of anna@example.org holds until 2026-11-22 14:59 UTC, and the run is expected to go on \
             until 2026-11-22 15:00 UTC"
        ]
    );
    plan.rules.windows = vec![daily(22, 4)];
    assert_eq!(
        messages(&plan, &approval("2026-11-22T21:00:00Z")),
        [
            "the approval of anna@example.org holds until Sun 2026-11-22 21:00 UTC, and the window opens only at \
             Sun 2026-11-22 22:00 UTC"
        ]
    );
}

#[test]
fn soaks_count_although_no_host_was_ever_patched() {
    let mut test = wave("test", vec![vec![host("a", &["x"])]]);
    test.soak = Duration::from_secs(72 * 3600);
    let mut plan = plan(vec![test, wave("fleet", vec![vec![host("b", &["x"])]])]);
    let validities = vec![Validity {
        what: "the plan".to_owned(),
        until: "2026-11-24T12:00:00Z".parse().unwrap(),
    }];
    let inputs = LintInputs {
        validities: &validities,
        ..LintInputs::at(now())
    };
    assert_eq!(found(LintCode::ApprovalExpires, &plan, &inputs).len(), 1);
    plan.rules.windows = vec![daily(22, 4)];
    assert_eq!(
        found(LintCode::WindowTooShort, &plan, &inputs)[0].message,
        "the plan takes about 72 hours or more, from its soaks and gates alone, and the window is open for about 4 \
         hours"
    );
    plan.waves[0].soak = Duration::ZERO;
    assert!(lint_time(&plan, &inputs).is_empty(), "nothing is known");
}

#[test]
fn the_playbook_makes_warnings_errors_and_leaves_findings_out() {
    let mut plan = plan(vec![
        wave("test", vec![vec![host("a", &["x=2=1"])]]),
        wave("fleet", vec![vec![host("b", &["x=2=1"]), host("b", &[])]]),
    ]);
    let severities = |plan: &Plan| -> Vec<(String, Severity)> {
        let findings = lint(plan, &LintInputs::at(now()));
        findings
            .into_iter()
            .map(|finding| (finding.code, finding.severity))
            .collect()
    };
    let code = |code: LintCode, severity| (code.as_str().to_owned(), severity);
    let (doubled, downgrade, gate) = (LintCode::HostInTwoWaves, LintCode::Downgrade, LintCode::WaveWithoutGate);
    assert_eq!(
        severities(&plan),
        [
            code(doubled, Severity::Error),
            code(downgrade, Severity::Warning),
            code(gate, Severity::Warning)
        ]
    );
    plan.rules.lint.errors = vec!["wave-without-gate".to_owned()];
    plan.rules.lint.allow = vec!["downgrade".to_owned(), "host-in-two-waves".to_owned()];
    assert_eq!(
        severities(&plan),
        [code(doubled, Severity::Error), code(gate, Severity::Error)],
        "what is about the order of the plan itself cannot be left out"
    );
    plan.rules.lint.errors = vec!["all".to_owned()];
    plan.rules.lint.allow = Vec::new();
    assert!(
        severities(&plan)
            .iter()
            .all(|(_, severity)| *severity == Severity::Error)
    );
}

#[test]
fn every_code_is_told_apart() {
    let words: BTreeSet<&str> = LintCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), LintCode::ALL.len());
}
