//! Tests of plan files: what is written is read again, and nothing else is read.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{SavedPlanError, hash, read_saved_plan, write_saved_plan};
use crate::model::coverage::Coverage;
use crate::model::error::{ErrorCode, HostError};
use crate::model::finding::{Finding, Severity};
use crate::model::foresight::Foresight;
use crate::model::host::RebootPolicy;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, DomainName, HostName, PackageName, RunId, Version, WaveName};
use crate::model::plan::{
    Basis, Budget, Gate, GateCheck, GatePlace, LeftOut, Plan, PlanRules, PlannedChange, PlannedDomain, PlannedHost,
    PlannedRemoval, PlannedWave,
};
use crate::model::quorum::{QuorumPlace, QuorumRule};
use crate::model::saved_plan::{FORMAT_VERSION, SavedPlan};
use crate::model::update::UpdateStatus;
use crate::model::window::{Blackout, Window};

fn change(number: usize, size: Option<u64>, repo: &str) -> PlannedChange {
    PlannedChange {
        package: PackageName::new(format!("package{number}")).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: (!number.is_multiple_of(3)).then(|| Version::new("1.0").unwrap()),
        to: Version::new("2:1.1~rc1").unwrap(),
        repo: repo.to_owned(),
        security: [None, Some(true), Some(false)][number % 3],
        size,
    }
}

fn host(number: usize, text: &str, packages: &[usize]) -> PlannedHost {
    PlannedHost {
        name: HostName::new(format!("web{number}")).unwrap(),
        address: format!("10.0.0.{number}"),
        port: 22,
        basis: if number.is_multiple_of(4) {
            Basis::Unknown {
                error: HostError::new(ErrorCode::Connect, text, "start sshd"),
            }
        } else {
            Basis::Scanned {
                manager: Manager::Apt,
                experimental: number.is_multiple_of(5),
                os: "debian".to_owned(),
                version: "12".to_owned(),
                arch: "x86_64".to_owned(),
                reboot_required: false,
            }
        },
        changes: packages
            .iter()
            .map(|package| change(*package, Some(4096), text))
            .collect(),
        may_bring: packages
            .iter()
            .take(1)
            .map(|package| change(package + 100, None, ""))
            .collect(),
        removes: packages
            .iter()
            .filter(|package| package.is_multiple_of(2))
            .map(|package| PlannedRemoval {
                package: PackageName::new(format!("old{package}")).unwrap(),
                version: Version::new("0.9-1").unwrap(),
            })
            .collect(),
        left_out: vec![LeftOut {
            package: PackageName::new("held").unwrap(),
            reason: text.to_owned(),
            status: UpdateStatus::Held,
        }],
        reboot: RebootPolicy::Never,
        foresight: (!packages.is_empty()).then(|| {
            Arc::new(Foresight {
                restarts: vec![format!("unit{}.service", packages.len())],
                ..Foresight::default()
            })
        }),
    }
}

fn saved(hosts: Vec<PlannedHost>, text: &str) -> SavedPlan {
    let made: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
    let wave = PlannedWave {
        name: WaveName::new("test").unwrap(),
        budget: Budget {
            tolerated: 1,
            hosts: hosts.len(),
        },
        batches: hosts.chunks(3).map(<[PlannedHost]>::to_vec).collect(),
        parallel: 2,
        soak: Duration::from_millis(90_500),
        gates: vec![Gate {
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            ..Gate::new(
                "up",
                GateCheck::Command {
                    run: vec!["true".to_owned(), text.to_owned()],
                    on: GatePlace::Host,
                },
            )
        }],
    };
    SavedPlan {
        format_version: FORMAT_VERSION.to_owned(),
        id: RunId::new("20261122T030000Z-abcd").unwrap(),
        made,
        expires: made + Duration::from_secs(3600),
        author: "ana@ci".to_owned(),
        author_keys: vec!["SHA256:abc".to_owned()],
        tool: "patchwave 0.1.0".to_owned(),
        playbook: serde_json::json!({"name": text, "waves": [{"name": "test", "numbers": [1, null, true]}]}),
        findings: vec![Finding {
            severity: Severity::Warning,
            code: "wave-without-gate".to_owned(),
            message: text.to_owned(),
            hint: "add one".to_owned(),
            hosts: Vec::new(),
        }],
        coverage: Coverage::default(),
        plan: Plan {
            scan: RunId::new("scan").unwrap(),
            made,
            playbook: "monthly".to_owned(),
            rules: PlanRules::default(),
            domains: vec![PlannedDomain {
                name: DomainName::new("db").unwrap(),
                limit: 1,
                members: vec![HostName::new("web1").unwrap()],
                down: Vec::new(),
                quorum: None,
            }],
            waves: vec![wave],
        },
    }
}

fn small() -> SavedPlan {
    saved(vec![host(1, "main", &[1, 2]), host(2, "main", &[1, 2])], "words")
}

/// The same members with a right checksum.
fn resealed(text: &str) -> String {
    let (body, _) = text.rsplit_once("  \"sha256\"").unwrap();
    format!("{body}  \"sha256\": \"{}\"\n}}\n", hash(body.as_bytes()))
}

fn edited(from: &str, to: &str) -> Result<(SavedPlan, String), SavedPlanError> {
    let text = write_saved_plan(&small()).unwrap().text;
    assert!(text.contains(from), "{from} is not in\n{text}");
    read_saved_plan(resealed(&text.replacen(from, to, 1)).as_bytes())
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        hosts in proptest::collection::vec((any::<String>(), proptest::collection::vec(0_usize..5, 0..4)), 0..12),
        text in any::<String>(),
    ) {
        let hosts = hosts.iter().enumerate().map(|(number, (text, packages))| host(number, text, packages)).collect();
        let plan = saved(hosts, &text);
        let written = write_saved_plan(&plan).unwrap();
        let (read, sha256) = read_saved_plan(written.text.as_bytes()).unwrap();
        prop_assert_eq!(&read, &plan);
        prop_assert_eq!(&sha256, &written.sha256);
        prop_assert_eq!(write_saved_plan(&read).unwrap(), written);
    }

    #[test]
    fn bytes_that_are_no_plan_are_refused_calmly(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_saved_plan(&bytes).is_err());
    }
}

#[test]
fn a_file_in_the_place_of_a_package_is_refused() {
    let mut host = host(1, "main", &[1]);
    let mut file = change(1, None, "main");
    file.package = PackageName::new("https://elsewhere/package").unwrap();
    host.changes = [file].into();
    let written = write_saved_plan(&saved(vec![host], "words")).unwrap();
    let error = read_saved_plan(written.text.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("https://elsewhere/package"), "{error}");
}

#[test]
fn every_single_changed_byte_is_refused() {
    let text = write_saved_plan(&small()).unwrap().text;
    for position in 0..text.len() {
        for difference in [0x01, 0x20, 0x80] {
            let mut bytes = text.clone().into_bytes();
            bytes[position] ^= difference;
            assert!(
                read_saved_plan(&bytes).is_err(),
                "byte {position} changed by {difference:#x}"
            );
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    let text = write_saved_plan(&small()).unwrap().text;
    for length in 0..text.len() {
        assert!(
            read_saved_plan(&text.as_bytes()[..length]).is_err(),
            "the first {length} bytes"
        );
        assert!(
            read_saved_plan(&text.as_bytes()[text.len() - length..]).is_err(),
            "the last {length} bytes"
        );
    }
    for added in ["\n", " ", "\u{feff}", "{}"] {
        assert!(read_saved_plan(format!("{text}{added}").as_bytes()).is_err());
        assert!(read_saved_plan(format!("{added}{text}").as_bytes()).is_err());
    }
}

#[test]
fn equal_transactions_are_written_once_and_shared_when_read() {
    let hosts = (1..4).map(|number| host(number, "main", &[1, 2])).collect();
    let text = write_saved_plan(&saved(hosts, "words")).unwrap().text;
    assert_eq!(text.matches("\"package1\"").count(), 1, "{text}");
    assert_eq!(text.matches("unit2.service").count(), 1);
    let (read, _) = read_saved_plan(text.as_bytes()).unwrap();
    let hosts: Vec<&PlannedHost> = read.plan.hosts().collect();
    assert!(Arc::ptr_eq(&hosts[0].changes, &hosts[2].changes));
    let foresight = |host: &PlannedHost| host.foresight.clone().unwrap();
    assert!(Arc::ptr_eq(&foresight(hosts[0]), &foresight(hosts[2])));
}

#[test]
fn a_right_checksum_does_not_hide_what_a_person_would_not_see() {
    assert!(
        edited("\"words\"", "\"words\"").is_ok(),
        "the edit itself is not what is refused"
    );
    for (from, to) in [
        (
            "  \"author\": \"ana@ci\",\n",
            "  \"author\": \"ana@ci\",\n  \"unknown\": 1,\n",
        ),
        (
            "  \"author\": \"ana@ci\",\n",
            "  \"author\": \"eve\",\n  \"author\": \"ana@ci\",\n",
        ),
        ("  \"author\": \"ana@ci\",\n", "  \"author\":  \"ana@ci\",\n"),
        ("  \"author\": \"ana@ci\",\n", "  \"author\": \"ana\\u0040ci\",\n"),
        ("  \"author\": \"ana@ci\",\n", ""),
        ("\"port\": 22", "\"port\": 22, \"user\": \"root\""),
        ("\"transaction\": 0", "\"transaction\": 7"),
        ("\"transaction\": 0", "\"transaction\": 1"),
        ("\"name\": \"web2\"", "\"name\": \"web1\""),
        ("\"to\": \"2:1.1~rc1\"", "\"to\": \"--now; rm\""),
        ("\"parallel\": 2", "\"parallel\": 0"),
        ("\"vanished\": \"fail\"", "\"vanished\": \"pinned\""),
        ("\"extra_dependency\": \"fail\"", "\"extra_dependency\": \"pinned\""),
        ("\"host_changed\": \"fail\"", "\"host_changed\": \"pinned\""),
        ("\"count\": 1", "\"count\": 0"),
        ("\"limit\": 1", "\"limit\": 0"),
        (
            "\"tolerated\": 1,\n          \"hosts\": 2",
            "\"tolerated\": 1,\n          \"hosts\": 9",
        ),
    ] {
        if !matches!(edited(from, to), Err(SavedPlanError::NotOurs(_))) {
            panic!("{from} became {to}: {:?}", edited(from, to).map(|_| ()));
        }
    }
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let found = edited("\"format_version\": \"1\"", "\"format_version\": \"2\"");
    assert_eq!(found.unwrap_err(), SavedPlanError::OtherFormat("2".to_owned()));
    let far = br#"{"format_version": "3", "layout": ["quite", "different"]}"#;
    assert_eq!(
        read_saved_plan(far).unwrap_err(),
        SavedPlanError::OtherFormat("3".to_owned())
    );
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let text = write_saved_plan(&small()).unwrap().text;
    let words = |text: &str| read_saved_plan(text.as_bytes()).unwrap_err().to_string();
    assert!(words(&text.replace("10.0.0.1", "10.0.0.9")).contains("was changed after it was made"));
    assert!(words(&text.replace("  \"sha256\"", "  \"sha255\"")).contains("does not end with its `sha256`"));
    assert!(words("name: monthly\n").contains("damaged or no plan"));
    assert!(words("").contains("damaged or no plan"));
}

#[test]
fn blackouts_several_windows_a_run_budget_and_a_quorum_are_read_again() {
    let mut saved = small();
    let window = |zone: &str| Window {
        days: Vec::new(),
        start: jiff::civil::time(22, 0, 0, 0),
        length: Duration::from_secs(3600),
        zone: zone.to_owned(),
    };
    let rules = &mut saved.plan.rules;
    rules.windows = vec![window("UTC"), window("Europe/Berlin")];
    rules.blackouts = vec![Blackout {
        from: "2026-12-20T23:00:00Z".parse().unwrap(),
        until: "2027-01-03T23:00:00Z".parse().unwrap(),
        reason: Some("freeze".to_owned()),
    }];
    rules.run.budget.tolerated = Some(2);
    saved.plan.domains[0].quorum = Some(QuorumRule {
        command: vec!["synced".to_owned()],
        on: QuorumPlace::Controller,
        timeout: Duration::from_secs(30),
        interval: Duration::from_secs(5),
        wait: Duration::from_secs(600),
    });
    for windows in [2, 1, 0] {
        saved.plan.rules.windows.truncate(windows);
        let written = write_saved_plan(&saved).unwrap();
        assert_eq!(read_saved_plan(written.text.as_bytes()).unwrap().0.plan, saved.plan);
    }
    // Without any of it the file is as it was before there was such a thing.
    let plain = write_saved_plan(&small()).unwrap().text;
    assert!(plain.contains("\"window\": null"), "{plain}");
    assert!(!plain.contains("blackouts") && !plain.contains("quorum"), "{plain}");
}
