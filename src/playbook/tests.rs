//! What playbooks mean, and what is said about those that mean nothing.

mod gates;

use std::time::Duration;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::model::drift::{DriftAction, DriftPolicy};
use crate::model::gate::{Gate, GateCheck, GatePlace, HttpCheck};
use crate::model::name::GroupName;
use crate::model::pattern::PackagePattern;
use crate::model::restart::RestartPolicy;
use crate::model::update_rule::{AgeException, Exclusion, MinimumAge, UpdateScope};

fn parse(text: &str) -> Playbook {
    parse_playbook("p.yml", text.as_bytes(), "p").unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn problems(text: &str) -> Vec<String> {
    let found = parse_playbook("p.yml", text.as_bytes(), "p").expect_err(text);
    found.iter().map(ToString::to_string).collect()
}

/// The example of the design without what later versions bring.
const DESIGN: &str = r#"
name: monthly
select: "all & !group:legacy"
updates:
  only: all
  exclude:
    - {package: "postgresql-*", reason: "DBA upgrades these", until: 2027-01-31}
    - kernel*
waves:
  - name: canary
    select: "group:test"
    soak: 30m
    gates:
      - {name: web answers, http: "http://{{ host.address }}/health", status: 200, count: 3, interval: 5s}
      - {name: units, command: [systemctl, is-system-running], on: host, failures_allowed: 1}
      - {name: ssh, tcp: "{{ host.address }}:{{ host.port }}", timeout: 3s}
  - name: fleet
    rest: true
    batch: [10%, 50%, 100%]
    parallel: 20
    max_failures: 2%
reboot: if-needed
restart: list
drift: {superseded: pinned, vanished: fail, extra_dependency: skip-host, host_changed: replan}
valid_for: 2d
"#;

#[test]
fn the_example_of_the_design_means_what_it_says() {
    let playbook = parse(DESIGN);
    assert_eq!(
        (playbook.name.as_str(), playbook.select.as_str()),
        ("monthly", "all & !group:legacy")
    );
    assert_eq!(
        (playbook.reboot, playbook.restart.policy),
        (RebootPolicy::IfNeeded, RestartPolicy::List)
    );
    assert_eq!(playbook.updates.only, UpdateScope::All);
    assert_eq!(playbook.valid_for, Some(Duration::from_secs(2 * 24 * 3600)));
    assert_eq!(
        playbook.drift,
        DriftPolicy {
            superseded: DriftAction::Pinned,
            vanished: DriftAction::Fail,
            extra_dependency: DriftAction::SkipHost,
            host_changed: DriftAction::Replan,
        }
    );
    let [postgres, kernel] = playbook.updates.exclude.as_slice() else {
        panic!("two exclusions")
    };
    assert_eq!(postgres.until, Some(date(2027, 1, 31)));
    assert_eq!(postgres.reason.as_deref(), Some("DBA upgrades these"));
    assert!(kernel.package.matches("kernel-core") && kernel.until.is_none());
    let [canary, fleet] = playbook.waves.as_slice() else {
        panic!("two waves")
    };
    assert_eq!(
        canary.selection,
        WaveSelection::Expression(Expression::parse("group:test").unwrap())
    );
    assert_eq!(
        (canary.soak, canary.parallel, canary.max_failures),
        (Duration::from_secs(1800), None, None)
    );
    assert_eq!(canary.batches, [Share::Percent(100)]);
    assert_eq!(fleet.selection, WaveSelection::Rest);
    assert_eq!(
        fleet.batches,
        [Share::Percent(10), Share::Percent(50), Share::Percent(100)]
    );
    assert_eq!(
        (fleet.parallel, fleet.max_failures),
        (Some(20), Some(Share::Percent(2)))
    );
    let [http, units, ssh] = canary.gates.as_slice() else {
        panic!("three gates")
    };
    let url = "http://{{ host.address }}/health".to_owned();
    assert_eq!(http.check, GateCheck::Http(HttpCheck::new(url)));
    assert_eq!(
        (http.count, http.interval, http.failures_allowed),
        (3, Duration::from_secs(5), 0)
    );
    let run = ["systemctl", "is-system-running"].map(str::to_owned).to_vec();
    assert_eq!(
        units.check,
        GateCheck::Command {
            run,
            on: GatePlace::Host
        }
    );
    assert_eq!((units.failures_allowed, units.timeout), (1, Duration::from_secs(30)));
    assert!(matches!(ssh.check, GateCheck::Tcp { .. }) && ssh.timeout == Duration::from_secs(3));
}

#[test]
fn what_is_left_out_has_the_careful_default() {
    let playbook = parse("waves: [{name: all, rest: true}]");
    assert_eq!((playbook.name.as_str(), playbook.select.as_str()), ("p", "all"));
    assert_eq!(
        (playbook.reboot, playbook.restart.policy),
        (RebootPolicy::Never, RestartPolicy::List)
    );
    assert_eq!(playbook.updates, UpdateRule::default());
    assert_eq!(playbook.waves[0].max_failures, None);
}

#[test]
fn what_may_go_is_read_strictly_and_written_again() {
    let playbook = parse("updates: {allow_removals: [\"old-*\", mailx]}\nwaves: [{name: a, rest: true}]\n");
    let patterns: Vec<&str> = playbook.updates.allow_removals.iter().map(|one| one.as_str()).collect();
    assert_eq!(patterns, ["old-*", "mailx"]);
    assert_eq!(parse(&playbook_yaml(&playbook).unwrap()), playbook);
    let text = "updates: {allow_removals: [\"[a\"]}\nwaves: [{name: a, rest: true}]\n";
    assert_eq!(
        problems(text),
        ["p.yml:1:28: `[a` is not a valid pattern: unclosed character class; missing ']'"]
    );
    let text = "updates: {allow_removal: []}\nwaves: [{name: a, rest: true}]\n";
    assert_eq!(
        problems(text),
        ["p.yml:1:11: `allow_removal` is not a key of `updates` (did you mean `allow_removals`?)"]
    );
    let text = "updates: {allow_removals: []}\nwaves: [{name: a, rest: true}]\n";
    assert_eq!(problems(text), ["p.yml:1:27: the list of packages is empty"]);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let text = r#"nmae: x
select: "all & "
updates: {only: securty, min_age: 3, exclude: [{pakage: a}, {package: "[a"}]}
waves:
  - {name: a, select: "x", rest: true}
  - {name: a, rest: true, batch: 0, parallel: 0, max_failures: 101%}
  - {nam: b, soak: 30, gates: [{name: g}, {name: h, http: "ftp://x", tcp: "y"}]}
reboot: maybe
restart: {polcy: auto, never: ["[x"]}
hooks: [{at: pre-pach, run: [x]}]
drift: {superceded: fail, vanished: skiphost, host_changed: pinned}
"#;
    assert_eq!(
        problems(text),
        [
            "p.yml:1:1: `nmae` is not a key of a playbook (did you mean `name`?)",
            "p.yml:2:16: the expression ends where a host is expected (write a host, a glob such as `web*`, `group:NAME` or `label:KEY=VALUE`)",
            "p.yml:3:17: expected one of `all` and `security`, found `securty` (did you mean `security`?)",
            "p.yml:3:35: `3` is not a duration: a unit is missing after the number",
            "p.yml:3:48: `package` is missing",
            "p.yml:3:49: `pakage` is not a key of an exclusion (did you mean `package`?)",
            "p.yml:3:71: `[a` is not a valid pattern: unclosed character class; missing ']'",
            "p.yml:5:28: the wave says twice which hosts it has (write `select: EXPRESSION`, or `rest: true` for the hosts of no other wave)",
            "p.yml:6:34: at least `1` is needed",
            "p.yml:6:47: expected a whole number from 1 to 100000 for `parallel`, found `0`",
            "p.yml:6:64: a percentage goes up to `100%`",
            "p.yml:7:5: the wave does not say which hosts it has (write `select: EXPRESSION`, or `rest: true` for the hosts of no other wave)",
            "p.yml:7:5: the wave has no `name`",
            "p.yml:7:6: `nam` is not a key of a wave (did you mean `name`?)",
            "p.yml:7:20: `30` is not a duration: a unit is missing after the number",
            "p.yml:7:32: the gate does not say what is measured (write one of `http: URL`, `tcp: HOST:PORT`, `command: [PROGRAM, …]`, `unit: NAME` and `prometheus: {url: URL, query: QUERY, is: \"< 0.05\"}`)",
            "p.yml:7:70: a gate measures one thing (write one of `http: URL`, `tcp: HOST:PORT`, `command: [PROGRAM, …]`, `unit: NAME` and `prometheus: {url: URL, query: QUERY, is: \"< 0.05\"}`)",
            "p.yml:8:9: expected one of `never`, `if-needed` and `always`, found `maybe`",
            "p.yml:9:10: `policy` is missing (write `policy: auto`, `list` or `none`)",
            "p.yml:9:11: `polcy` is not a key of `restart` (did you mean `policy`?)",
            "p.yml:9:32: `[x` is not a valid pattern: unclosed character class; missing ']'",
            "p.yml:10:14: expected one of `pre-run`, `pre-wave`, `pre-patch`, `post-patch`, `pre-reboot`, `post-reboot`, `post-wave` and `post-run`, found `pre-pach` (did you mean `pre-patch`?)",
            "p.yml:11:9: `superceded` is not a key of `drift` (did you mean `superseded`?)",
            "p.yml:11:37: expected one of `fail`, `skip-host` and `replan`, found `skiphost` (did you mean `skip-host`?)",
            "p.yml:11:61: expected one of `fail`, `skip-host` and `replan`, found `pinned`",
        ]
    );
}

#[test]
fn what_later_versions_bring_is_refused_by_name() {
    for (key, value) in [
        ("notify", "[]"),
        ("domains", "{}"),
        ("updates", "{only: {severity: important}}"),
        ("updates", "{only: {cves: [CVE-2026-1]}}"),
    ] {
        let found = problems(&format!("waves: [{{name: a, rest: true}}]\n{key}: {value}\n"));
        assert!(
            found.len() == 1 && found[0].contains("not supported by this version yet"),
            "{key}: {found:?}"
        );
    }
}

#[test]
fn waves_that_would_share_hosts_are_refused() {
    let twice = problems("waves:\n  - {name: a, rest: true}\n  - {name: b, rest: true}\n  - {name: a, select: x}\n");
    assert_eq!(
        twice,
        [
            "p.yml:3:5: only one wave can have the rest; this one has it already: p.yml:2:5",
            "p.yml:4:5: there are two waves `a`; the first one: p.yml:2:5",
        ]
    );
    assert!(problems("waves: []")[0].contains("at least one wave"));
    assert!(problems("name: x")[0].contains("`waves` is missing"));
    assert!(problems("waves: [{name: a, rest: false}]")[0].contains("can only be `true`"));
    assert!(problems("waves: [{name: a, rest: 1}]")[0].contains("expected `true` or `false`"));
}

#[test]
fn a_plan_holds_longer_than_nothing() {
    let found = problems("waves: [{name: a, rest: true}]\nvalid_for: 0s\n");
    assert!(found[0].contains("longer than nothing"), "{found:?}");
}

#[test]
fn days_are_days() {
    for until in ["2027-02-30", "tomorrow", "2027-01-31T10:00", "31.01.2027", "20270131"] {
        let text =
            format!("waves: [{{name: a, rest: true}}]\nupdates: {{exclude: [{{package: a, until: '{until}'}}]}}\n");
        assert!(problems(&text)[0].contains("is not a day"), "{until}");
    }
    let until = |day| Exclusion {
        package: PackagePattern::new("a").unwrap(),
        reason: None,
        owner: None,
        until: day,
    };
    assert!(
        !until(Some(date(2027, 1, 31))).is_expired(date(2027, 1, 31)),
        "the last day counts"
    );
    assert!(until(Some(date(2027, 1, 31))).is_expired(date(2027, 2, 1)));
    assert!(!until(None).is_expired(date(9999, 1, 1)));
}

#[test]
fn an_empty_file_says_what_a_playbook_is() {
    assert!(problems("")[0].contains("the file is empty"));
    assert!(problems("- a\n")[0].contains("expected a mapping for a playbook, found a list"));
    let unquoted = problems("select: !group:x\nwaves: [{name: a, rest: true}]\n");
    assert!(
        unquoted.len() == 1 && unquoted[0].contains("needs quotes"),
        "{unquoted:?}"
    );
    let glob = problems("select: *web\nwaves: [{name: a, rest: true}]\n");
    assert!(glob[0].contains("needs quotes"), "{glob:?}");
}

#[test]
fn the_built_in_playbook_begins_with_the_test_group_or_one_host_of_each_release() {
    let groups = |names: &[&str]| {
        names
            .iter()
            .map(|name| GroupName::new(*name).unwrap())
            .collect::<Vec<_>>()
    };
    let first = |names: &[&str]| Playbook::built_in(&groups(names)).unwrap().waves[0].selection.clone();
    let group = |name: &str| WaveSelection::Expression(Expression::parse(name).unwrap());
    assert_eq!(first(&["web", "test", "canary"]), group("group:canary"));
    assert_eq!(first(&["test", "web"]), group("group:test"));
    assert_eq!(first(&["web"]), WaveSelection::OneOfEachRelease);
    let last = &Playbook::built_in(&[]).unwrap().waves[1];
    assert_eq!(
        (last.batches.as_slice(), &last.selection),
        (
            [Share::Percent(10), Share::Percent(50), Share::Percent(100)].as_slice(),
            &WaveSelection::Rest
        )
    );
}

#[test]
fn what_is_shown_is_a_playbook_that_means_the_same() {
    for playbook in [
        parse(DESIGN),
        parse("waves: [{name: all, rest: true}]"),
        Playbook::built_in(&[]).unwrap(),
    ] {
        let shown = playbook_yaml(&playbook).unwrap();
        assert_eq!(parse(&shown), playbook, "{shown}");
    }
}

#[test]
fn a_playbook_without_a_name_has_that_of_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("weekly.yml");
    std::fs::write(&path, "waves: [{name: a, rest: true}]").unwrap();
    assert_eq!(load::load_playbook(&path).unwrap().name, "weekly");
    assert!(
        load::load_playbook(&directory.path().join("x.yml"))
            .unwrap_err()
            .to_string()
            .contains("x.yml: cannot be read")
    );
}

proptest! {
    #[test]
    fn texts_of_any_kind_survive_being_shown(
        name in "[!-~é][ -~é]{0,20}[!-~é]",
        reason in "[ -~é]{1,30}",
        package in "[a-z][a-z0-9+.*?-]{0,12}",
        word in "[ -z|~é]{1,20}",
        soak in 0u64..100_000,
    ) {
        let mut playbook = parse("waves: [{name: all, rest: true}]");
        playbook.name = name;
        playbook.updates.only = UpdateScope::Packages(vec![PackagePattern::new(package.clone()).unwrap()]);
        playbook.updates.exclude =
            vec![Exclusion { package: PackagePattern::new(package).unwrap(), reason: Some(reason), owner: Some("team db".to_owned()), until: None }];
        let except = vec![AgeException::Critical];
        playbook.updates.min_age =
            Some(MinimumAge { except, known_exploited: Some(word.trim().to_owned() + "x"), ..MinimumAge::of(Duration::from_secs(soak)) });
        playbook.updates.install = vec![crate::model::name::PackageName::new("g++").unwrap()];
        playbook.waves[0].soak = Duration::from_secs(soak);
        playbook.waves[0].max_failures = Some(Share::Count(0));
        let check = GateCheck::Command { run: vec![word], on: GatePlace::Controller };
        let timeout = Duration::from_millis(1);
        playbook.waves[0].gates = vec![Gate { interval: timeout, timeout, ..Gate::new("g", check) }];
        let shown = playbook_yaml(&playbook).unwrap();
        prop_assert_eq!(parse(&shown), playbook, "{}", shown);
    }
}

#[test]
fn a_minimum_age_is_a_duration_or_says_more() {
    let read = |text: &str| {
        let text = format!("updates: {{min_age: {text}}}\nwaves: [{{name: a, rest: true}}]\n");
        parse_playbook("p.yml", text.as_bytes(), "p").map(|playbook| playbook.updates.min_age.unwrap())
    };
    let days = |days: u64| Duration::from_secs(days * 86_400);
    assert_eq!(read("3d").unwrap(), MinimumAge::of(days(3)));
    assert_eq!(read("3d").unwrap().except, [AgeException::KnownExploited]);
    let more = read("{age: 7d, except: [critical, known-exploited], known_exploited: kev.json}").unwrap();
    assert_eq!(more.age, days(7));
    assert_eq!(more.except, [AgeException::Critical, AgeException::KnownExploited]);
    assert_eq!(more.known_exploited.as_deref(), Some("kev.json"));
    assert_eq!(read("{age: 7d, except: []}").unwrap().except, []);
    for wrong in ["{}", "{age: 3}", "{age: 3d, except: [grave]}", "[3d]"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn packages_to_install_are_names() {
    let read = |text: &str| {
        let text = format!("install: {text}\nwaves: [{{name: a, rest: true}}]\n");
        parse_playbook("p.yml", text.as_bytes(), "p").map(|playbook| playbook.updates.install)
    };
    let names: Vec<String> = read("[vim, g++]").unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["vim", "g++"]);
    for wrong in ["[]", "[vim, vim]", "['vim*']", "[-y]", "{vim: 1}"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_condition_names_parts_and_is_shown_as_it_is_read() {
    let read = |text: &str| {
        let text = format!("condition: {text}\nwaves: [{{name: a, rest: true}}]\n");
        parse_playbook("p.yml", text.as_bytes(), "p")
    };
    let playbook = read("{allow: ['socket:tcp *:8080', '*:x'], settle: 1m}").unwrap();
    let rule = &playbook.run.condition;
    assert_eq!(
        (rule.ignored, rule.allow.len(), rule.settle),
        (false, 2, Some(Duration::from_secs(60)))
    );
    assert_eq!(parse(&playbook_yaml(&playbook).unwrap()), playbook);
    assert!(read("{compare: false}").unwrap().run.condition.ignored);
    let wrong = read("{allow: ['sockets:x', 'tcp *', 'mount:', 'mount:[a'], compare: no way}")
        .unwrap_err()
        .to_string();
    for told in [
        "did you mean `socket`",
        "before a colon",
        "nothing is behind the colon",
        "not a valid pattern",
    ] {
        assert!(wrong.contains(told), "{told}: {wrong}");
    }
}

#[test]
fn a_reboot_is_a_word_or_says_more_and_is_shown_as_it_is_read() {
    use crate::model::reboot_rule::{Blocker, WhenBlocked};
    let read = |text: &str| {
        let text = format!("reboot: {text}\nwaves: [{{name: a, rest: true}}]\n");
        parse_playbook("p.yml", text.as_bytes(), "p")
    };
    let playbook = read(
        "{policy: if-needed, blockers: [users, inhibitors, {unit: 'borg*'}, {file: /run/x}, {command: [a, 'b c']}], \
         blocked: report, wait: 10m, timeout: 15m, recover: [./power, '{{ host.name }}']}",
    )
    .unwrap();
    assert_eq!(playbook.reboot, crate::model::host::RebootPolicy::IfNeeded);
    let rule = &playbook.run.rebooting;
    assert_eq!(rule.blockers.len(), 5);
    assert_eq!(
        rule.blockers[4],
        Blocker::Command(vec!["a".to_owned(), "b c".to_owned()])
    );
    assert_eq!((rule.blocked, rule.recover.len()), (WhenBlocked::Report, 2));
    assert_eq!(parse(&playbook_yaml(&playbook).unwrap()), playbook);
    assert!(
        playbook_yaml(&read("always").unwrap())
            .unwrap()
            .contains("reboot: always")
    );
    for wrong in [
        "{blockers: [users]}",
        "{policy: always, blockers: [user]}",
        "{policy: always, blockers: [{unit: a, file: /b}]}",
        "{policy: always, blockers: [{file: run/x}]}",
        "{policy: always, timeout: 0s}",
        "{policy: always, recover: ./power}",
        "{policy: always, recover: [./power, '{{ hots.name }}']}",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
