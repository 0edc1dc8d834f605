//! What must agree before a host of a domain is taken down, as it is written.

use std::time::Duration;

use super::{parse, parse_files};
use crate::model::quorum::QuorumPlace;

fn with(quorum: &str) -> String {
    format!("hosts: [a, b]\ndomains:\n  pair: {{select: all, max_down: 1, quorum: {quorum}}}\n")
}

#[test]
fn a_quorum_command_has_its_defaults() {
    let inventory = parse(&with("{command: [synced, \"{{ host.name }}\"]}"));
    let rule = inventory.domains()[0].quorum.clone().unwrap();
    assert_eq!(rule.command, ["synced", "{{ host.name }}"]);
    assert_eq!(rule.on, QuorumPlace::Host);
    assert_eq!(
        (rule.timeout, rule.wait),
        (Duration::from_secs(30), Duration::from_secs(600))
    );
    assert_eq!(
        rule.in_words(),
        "`synced {{ host.name }}` on another of its hosts must agree first"
    );
    let asked = parse(&with(
        "{command: [./ask], on: controller, timeout: 5s, interval: 1s, wait: 1h}",
    ));
    assert_eq!(asked.domains()[0].quorum.as_ref().unwrap().on, QuorumPlace::Controller);
}

#[test]
fn every_mistake_of_a_quorum_command_has_its_place() {
    let mistakes = |quorum: &str| parse_files(&[("f.yml", &with(quorum))]).expect_err(quorum).join("\n");
    let text = mistakes("{command: synced now, wait: 0s, on: hots}");
    for expected in [
        "f.yml:3:54: expected a program and its arguments as a list, found text (no shell is involved; write it as a \
         list: `[synced, now]`)",
        "`wait` must be longer than nothing",
        "found `hots` (did you mean `host`?)",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(mistakes("{on: host}").contains("`quorum` has no `command`"));
    assert!(mistakes("{command: [ask, \"{{ host.nme }}\"]}").contains("did you mean `host.name`?"));
}
