//! The page of a plan at several widths, for a small and for a large fleet.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::model::coverage::Coverage;
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::RebootPolicy;
use crate::model::manager::Manager;
use crate::model::name::{Architecture, HostName, PackageName, RunId, Version, WaveName};
use crate::model::plan::{Basis, Budget, LeftOut, Plan, PlanRules, PlannedChange, PlannedHost, PlannedWave};
use crate::model::update::UpdateStatus;
use crate::model::saved_plan::{FORMAT_VERSION, SavedPlan};
use crate::report::markdown;
use crate::report::pages::saved_plan::{PlanView, saved_plan_page};
use crate::report::terminal::{Look, render};

fn change(package: &str, number: usize) -> PlannedChange {
    PlannedChange {
        package: PackageName::new(format!("{package}{number}")).unwrap(),
        arch: Architecture::new("amd64").unwrap(),
        from: Some(Version::new("2.36-9+deb12u10").unwrap()),
        to: Version::new("2.36-9+deb12u13~really2.36-9+deb12u12").unwrap(),
        repo: "Debian-Security:12/stable-security".to_owned(),
        security: Some(number.is_multiple_of(2)),
        size: Some(3_000_000),
    }
}

/// Every tenth host is a Rocky Linux; the 7th was not reached.
fn host(number: usize) -> PlannedHost {
    let is_rocky = number.is_multiple_of(10);
    let basis = Basis::Scanned {
        manager: if is_rocky { Manager::Dnf4 } else { Manager::Apt },
        experimental: false,
        os: if is_rocky { "rocky" } else { "debian" }.to_owned(),
        version: if is_rocky { "9.6" } else { "12" }.to_owned(),
        arch: "x86_64".to_owned(),
        reboot_required: false,
    };
    let unknown = Basis::Unknown {
        error: HostError::new(
            ErrorCode::Connect,
            format!("10.0.{}.{}: connection refused", number / 256, number % 256),
            "start sshd on the host, or look at its port and at the firewalls on the way",
        ),
    };
    let package = if is_rocky { "glibc-langpack" } else { "libc6-dev" };
    PlannedHost {
        name: HostName::new(format!("web{number:03}.production.example.org")).unwrap(),
        address: "10.0.0.1".to_owned(),
        port: 22,
        changes: if number == 7 {
            Arc::default()
        } else {
            (0..30).map(|index| change(package, index)).collect()
        },
        basis: if number == 7 { unknown } else { basis },
        may_bring: Arc::default(),
        removes: Vec::new(),
        left_out: Vec::new(),
        reboot: RebootPolicy::IfNeeded,
        foresight: None,
    }
}

fn wave(name: &str, hosts: Vec<PlannedHost>) -> PlannedWave {
    PlannedWave {
        name: WaveName::new(name).unwrap(),
        budget: Budget {
            tolerated: 0,
            hosts: hosts.len(),
        },
        batches: hosts.chunks(10).map(<[PlannedHost]>::to_vec).collect(),
        parallel: 5,
        soak: Duration::from_secs(1800),
        gates: Vec::new(),
    }
}

fn saved(hosts: usize) -> SavedPlan {
    let made: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
    let mut hosts: Vec<PlannedHost> = (1..=hosts).map(host).collect();
    let rest = hosts.split_off(2);
    SavedPlan {
        format_version: FORMAT_VERSION.to_owned(),
        id: RunId::new("20261122T030000Z-abcd").unwrap(),
        made,
        expires: made + Duration::from_secs(3600),
        author: "ana@ci.example.org".to_owned(),
        author_keys: Vec::new(),
        tool: "patchwave 0.1.0".to_owned(),
        playbook: serde_json::Value::Null,
        findings: Vec::new(),
        coverage: Coverage::default(),
        plan: Plan {
            scan: RunId::new("scan").unwrap(),
            made,
            playbook: "monthly".to_owned(),
            rules: PlanRules::default(),
            domains: Vec::new(),
            waves: vec![wave("test", hosts), wave("production", rest)],
        },
    }
}

fn shown(hosts: usize, width: u16) -> String {
    page(&saved(hosts), width, false)
}

fn page(saved: &SavedPlan, width: u16, all: bool) -> String {
    let sha256 = "0123456789abcdef".repeat(4);
    let page = saved_plan_page(PlanView::new(saved, Some(&sha256), all));
    let look = Look {
        width: Some(width),
        colour: false,
    };
    render(&page, look)
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for hosts in [3, 500] {
        for width in [80, 200] {
            let text = shown(hosts, width);
            let wide: Vec<&str> = text.lines().filter(|line| line.width() > usize::from(width)).collect();
            assert!(wide.is_empty(), "{hosts} hosts at {width}: {wide:#?}");
        }
    }
}

#[test]
fn five_hundred_hosts_fit_on_a_few_screens_and_equal_transactions_stand_once() {
    let text = shown(500, 120);
    assert!(text.lines().count() < 200, "{} lines:\n{text}", text.lines().count());
    assert_eq!(text.matches("libc6-dev0 ").count(), 1, "{text}");
    assert!(
        text.contains("and 42 more batches of 418 hosts (all with -v)"),
        "{text}"
    );
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains("waves test, production"), "{text}");
    assert!(text.contains("Debian-Security:12/stable-security"), "{text}");
}

#[test]
fn failures_stand_before_the_waves() {
    let text = shown(500, 80);
    let failure = text.find("1 host could not be scanned").unwrap();
    assert!(failure < text.find("Wave 1 of 2").unwrap(), "{text}");
    assert!(text.contains("E_CONNECT"), "{text}");
}

#[test]
fn markdown_folds_the_packages_away() {
    let saved = saved(30);
    let text = markdown::render(&saved_plan_page(PlanView::new(&saved, None, false)));
    assert!(text.starts_with("## Plan \\`monthly\\`"), "{text}");
    assert_eq!(text.matches("<details>").count(), 2, "{text}");
    assert_eq!(text.matches("</details>").count(), 2, "{text}");
    assert!(text.contains("### Wave 1 of 2: test"), "{text}");
    assert!(text.contains("| PACKAGE | FROM | TO | REPOSITORY |  |"), "{text}");
}

/// Twenty kinds of hosts, each with 80 updates that are too young, some that conflict, and many possible dependencies.
fn with_much_left_out() -> SavedPlan {
    let mut saved = saved(500);
    let hosts = saved.plan.waves.iter_mut().flat_map(|wave| wave.batches.iter_mut().flatten());
    for (number, host) in hosts.enumerate() {
        let left = |at: usize| LeftOut {
            package: PackageName::new(format!("library-{}-{at}", number % 20)).unwrap(),
            status: if at < 80 { UpdateStatus::TooYoung } else { UpdateStatus::KeptBack },
            reason: if at < 80 {
                format!(
                    "version {at}.0-1+deb12u{at} was first seen on 2026-11-21 03:00 UTC by web1 and is old enough \
                     (3d) on 2026-11-24 03:00 UTC"
                )
            } else {
                format!("conflicts with other-{at}")
            },
        };
        host.left_out = (0..120).map(left).collect();
        host.may_bring = (0..60).map(|at| change("dependency", at)).collect();
    }
    saved
}

#[test]
fn what_is_left_out_is_folded_by_its_reason() {
    let saved = with_much_left_out();
    let text = page(&saved, 80, false);
    assert!(text.lines().count() < 1100, "{} lines", text.lines().count());
    let wide: Vec<&str> = text.lines().filter(|line| line.width() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(
            "library-0-4, library-0-5 and 74 more (was first seen on 2026-11-21 03:00 UTC by web1 and is old enough"
        ),
        "{text}"
    );
    assert!(words.contains("left out too: 36 more packages (all with -v)"), "{text}");
    assert!(words.contains("dependency5 and 54 more"), "{text}");
    // Each of them with its own words where all is asked for.
    let everything = page(&saved, 80, true);
    assert!(everything.contains("library-0-119"), "{everything}");
    assert!(everything.contains("79.0-1+deb12u79"), "{everything}");
}
