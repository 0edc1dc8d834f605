//! Which updates are in a plan, and what else a host's row says.

use super::{answered, everything, inventory, plan, playbook};
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::RebootPolicy;
use crate::model::plan::Basis;

fn chosen(rules: &str) -> (Vec<String>, Vec<String>) {
    let inventory = inventory("hosts: {a: {exclude: [bas*]}}\n");
    let playbook = playbook(&format!("name: p\n{rules}\nwaves: [{{name: one, rest: true}}]\n"));
    let hosts = inventory
        .hosts()
        .iter()
        .map(|host| answered(host, "12", everything()))
        .collect();
    let planned = plan(&playbook, &inventory, hosts).unwrap();
    let host = planned.plan.hosts().next().unwrap();
    (
        host.changes.iter().map(|change| change.package.to_string()).collect(),
        host.left_out
            .iter()
            .map(|left| format!("{}: {}", left.package, left.reason))
            .collect(),
    )
}

#[test]
fn only_what_would_install_now_is_planned_and_the_inventory_may_exclude() {
    let (changes, left_out) = chosen("");
    assert_eq!(changes, ["openssl", "postgresql-15"]);
    assert_eq!(left_out, ["bash: the inventory excludes `bas*` on this host"]);
}

#[test]
fn security_only_leaves_out_what_is_not_known_to_be_security() {
    assert_eq!(chosen("updates: {only: security}").0, ["openssl"]);
}

#[test]
fn an_exclusion_gives_its_reason_until_it_ends() {
    let rule = |until: &str| {
        format!("updates:\n  exclude:\n    - {{package: 'postgresql-*', reason: DBA upgrades these, until: {until}}}")
    };
    let (changes, left_out) = chosen(&rule("2027-01-31"));
    assert_eq!(changes, ["openssl"]);
    assert!(
        left_out.contains(&"postgresql-15: DBA upgrades these".to_owned()),
        "{left_out:?}"
    );
    assert!(chosen(&rule("2026-11-20")).0.contains(&"postgresql-15".to_owned()));
}

#[test]
fn the_stricter_word_on_reboots_wins() {
    let inventory = inventory("hosts: {a: {reboot: never}, b: {reboot: always}, c: {}}\n");
    let text = "name: p\nreboot: if-needed\nwaves: [{name: one, rest: true}]\n";
    let planned = plan(&playbook(text), &inventory, Vec::new()).unwrap();
    let policies: Vec<RebootPolicy> = planned.plan.hosts().map(|host| host.reboot).collect();
    assert_eq!(
        policies,
        [RebootPolicy::Never, RebootPolicy::IfNeeded, RebootPolicy::IfNeeded]
    );
}

#[test]
fn a_host_that_could_not_be_scanned_is_in_its_wave_with_the_error() {
    let inventory = inventory("hosts: {a: {}}\n");
    let mut host = answered(&inventory.hosts()[0], "12", everything());
    host.facts = None;
    host.error = Some(HostError::new(ErrorCode::Connect, "refused", "start sshd"));
    let planned = plan(
        &playbook("name: p\nwaves: [{name: one, rest: true}]\n"),
        &inventory,
        vec![host],
    )
    .unwrap();
    assert!(
        matches!(&planned.plan.hosts().next().unwrap().basis, Basis::Unknown { error } if error.code == ErrorCode::Connect)
    );
}
