//! What inventories mean, and what is said about those that mean nothing.

use std::path::PathBuf;

use super::super::*;
use super::{parse, parse_files};
use crate::model::host::{Connect, Host, PrivilegeMethod};

pub(super) fn problems(text: &str) -> Vec<String> {
    parse_files(&[("f.yml", text)])
        .map(|inventory| format!("{:?}", inventory.hosts()))
        .expect_err("no problems")
}

fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.hosts().iter().map(|host| host.name.as_str()).collect()
}

pub(super) fn host<'a>(inventory: &'a Inventory, name: &str) -> &'a Host {
    inventory.host(name).unwrap_or_else(|| panic!("no {name}"))
}

pub(super) fn words<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The example of the design without what later versions bring.
const DESIGN: &str = r#"
defaults:
  user: deploy
  become: sudo
hosts:
  bastion: {address: 203.0.113.7, port: 2222}
groups:
  test:
    hosts: [web01, db01]
  web:
    labels: {tier: front}
    jump: bastion
    hosts:
      web[01:20]: {}
      web21: {address: 10.0.0.121, user: admin, key: ~/.ssh/web21, host_key: "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDVDfPY2WSFtbHOFCA"}
  db:
    children: [galera]
  galera:
    hosts: {db01: , db02: {jump: [bastion, web01]}}
"#;

#[test]
fn the_example_of_the_design_means_what_it_says() {
    let inventory = parse(DESIGN);
    assert_eq!(inventory.hosts().len(), 24);
    assert_eq!(
        &names(&inventory)[..4],
        ["bastion", "web01", "db01", "web02"],
        "hosts come as they first stand in the file"
    );
    let web21 = host(&inventory, "web21");
    assert_eq!(
        (web21.address.as_str(), web21.port, web21.user.as_str()),
        ("10.0.0.121", 22, "admin")
    );
    assert_eq!(web21.keys, [PathBuf::from("/home/eve/.ssh/web21")]);
    assert_eq!(web21.labels["tier"], "front");
    assert_eq!(words(&web21.jump), "bastion");
    assert_eq!(web21.privilege.method, PrivilegeMethod::Sudo);
    let web01 = host(&inventory, "web01");
    assert_eq!(
        (
            web01.address.as_str(),
            web01.user.as_str(),
            words(&web01.groups).as_str()
        ),
        ("web01", "deploy", "test web")
    );
    assert_eq!(words(&host(&inventory, "db02").groups), "db galera");
    assert_eq!(words(&host(&inventory, "db02").jump), "bastion web01");
    assert_eq!(host(&inventory, "bastion").port, 2222);
    let db = inventory.group("db").unwrap();
    assert_eq!(
        (words(&db.hosts), words(&db.members), words(&db.children)),
        (String::new(), "db01 db02".to_owned(), "galera".to_owned())
    );
    assert_eq!(words(&inventory.group("galera").unwrap().parents), "db");
    assert!(inventory.warnings().is_empty(), "{}", inventory.warnings());
}

#[test]
fn every_mistake_of_a_file_is_reported_at_once() {
    let text = "\
defaults: {usr: x}
hosts:
  web1: {prot: 22, port: 70000, jump: wbe2}
  web2: {labels: [a], key: {}, connect: lokal}
  web2: {}
groups:
  a: {children: [c], hosts: [web1, web1], vars: {x: 1}}
  b: {hosts: web1}
  all: {}
include: {}
";
    assert_eq!(
        problems(text),
        [
            "f.yml:1:12: `usr` is not a key of `defaults` (did you mean `user`?)",
            "f.yml:3:10: `prot` is not a key of a host (did you mean `port`?)",
            "f.yml:3:26: expected a whole number from 1 to 65535 for `port`, found `70000`",
            "f.yml:3:39: jump host `wbe2` is not a host of the inventory (did you mean `web2`?)",
            "f.yml:4:18: expected a mapping for `labels`, found a list",
            "f.yml:4:28: expected the path of a key file or a list of them, found a mapping",
            "f.yml:4:41: expected one of `ssh` and `local`, found `lokal` (did you mean `local`?)",
            "f.yml:5:3: `web2` is defined twice; first defined here: f.yml:4:3",
            "f.yml:7:18: group `c` is not defined (define it under `groups`; an empty group is written `name: {}`)",
            "f.yml:7:36: host `web1` is defined twice; first defined here: f.yml:7:30 (a range and a name of it cannot stand side by side)",
            "f.yml:7:43: `vars` is not a key of a group (the keys of a group are `hosts`, `children`, `address`, `port`, `user`, `key`, `password`, `jump`, `become`, `host_key`, `connect`, `exclude`, `reboot`, `ssh_options`, `ssh_config` and `labels`)",
            "f.yml:9:3: `all` is a word of target expressions and cannot be a group (settings of all hosts stand under `defaults`)",
            "f.yml:10:10: expected a list of files, folders, `command` and `ssh_config`, found a mapping",
        ]
    );
}

#[test]
fn ranges_name_many_hosts_and_never_one_host_twice() {
    let inventory = parse("hosts:\n  r[a:b]n[1:2]: {user: u}\n  'web[08:10]': {}\n");
    assert_eq!(
        names(&inventory),
        ["ran1", "ran2", "rbn1", "rbn2", "web08", "web09", "web10"]
    );
    assert_eq!(host(&inventory, "rbn2").user, "u");
    assert_eq!(
        problems("hosts:\n  web[01:05]: {}\n  web[03:09]: {}\n  web01: {port: 1}\n"),
        [
            "f.yml:3:3: host `web03` and 2 others are defined twice; first defined here: f.yml:2:3 (a range and a name of it cannot stand side by side)",
            "f.yml:4:3: host `web01` is defined twice; first defined here: f.yml:2:3 (a range and a name of it cannot stand side by side)",
        ]
    );
    assert!(problems("hosts: {'web[1:3]': {address: 10.0.0.1}}")[0].contains("3 hosts would have the same address"));
    assert!(problems("hosts: ['w[1:99999]', 'x[1:2]']")[0].contains("more than 100,000 hosts"));
    assert!(problems("hosts: ['w[5:1]']")[0].contains("runs backwards"));
}

#[test]
fn groups_in_a_circle_are_reported_once() {
    assert_eq!(
        problems("groups:\n  a: {children: b}\n  b: {children: [c]}\n  c: {children: [a]}\n  d: {children: [a, d]}\n"),
        [
            "f.yml:2:17: the groups `a`, `b`, `c` are children of each other in a circle (take one of them out of its `children`)",
            "f.yml:5:21: group `d` is a child of itself (take one of them out of its `children`)",
        ]
    );
    assert_eq!(
        problems("hosts: [web1]\ngroups: {g: {children: [web1]}}"),
        ["f.yml:2:25: group `web1` is not defined (this is a host; list it under `hosts`)"]
    );
}

#[test]
fn a_way_is_whole_and_never_leads_in_a_circle() {
    let inventory = parse("hosts:\n  out: {}\n  mid: {jump: out}\n  web1: {jump: mid}\n  web2: {jump: [mid, web1]}\n");
    assert_eq!(words(&host(&inventory, "web1").jump), "out mid");
    assert!(
        inventory
            .origins("web1")
            .iter()
            .any(|origin| origin.setting == "jump" && origin.value == "out, mid")
    );
    assert_eq!(words(&host(&inventory, "web2").jump), "out mid web1");
    assert_eq!(
        problems("defaults: {jump: gate}\nhosts: [gate, 'w[1:500]']\n"),
        ["f.yml:1:18: `gate` would be reached through itself (set `jump: []` on `gate` if it is reached directly)"]
    );
    let fixed = parse("defaults: {jump: gate}\nhosts: {gate: {jump: []}, w1: , here: {connect: local}}\n");
    assert_eq!(
        (words(&host(&fixed, "gate").jump), words(&host(&fixed, "w1").jump)),
        (String::new(), "gate".to_owned())
    );
    assert!(host(&fixed, "here").jump.is_empty());
    assert!(problems("hosts: {here: {connect: local}, w1: {jump: here}}")[0].contains("`here` is this machine"));
    assert!(problems("hosts: {a: {jump: b}, b: {jump: a}}")[0].contains("through itself"));
}

#[test]
fn values_are_checked_where_they_are_written() {
    for (settings, part) in [
        ("address: 10.0.0.1:2222", "write `address: 10.0.0.1` and `port: 2222`"),
        ("address: bob@h", "write `address: h` and `user: bob`"),
        ("address: 'a b'", "neither a name nor an address"),
        ("address: -oProxyCommand=x", "neither a name nor an address"),
        ("user: 'a b'", "not a login name"),
        ("user:", "expected a login name, found nothing"),
        ("host_key: SHA256:abc", "43 characters"),
        ("host_key: MD5:abc", "43 characters"),
        ("exclude: ['[a']", "not a valid pattern"),
        ("reboot: on", "one of `never`, `if-needed` and `always`"),
        ("window: {}", "`window` is not supported by this version yet"),
        ("labels: {'a b': x}", "cannot be a label"),
        ("labels: {a: }", "expected the value of a label, found nothing"),
        ("key: ~bob/x", "another user"),
        ("port: '22x'", "whole number"),
        ("port: 0", "whole number"),
    ] {
        let found = problems(&format!("hosts:\n  w1:\n    {settings}\n"));
        assert!(
            found.len() == 1 && found[0].starts_with("f.yml:3:") && found[0].contains(part),
            "{settings}: {found:?}"
        );
    }
}

#[test]
fn labels_are_text_as_it_is_written() {
    let inventory = parse("hosts: {w1: {labels: {country: NO, version: 1.10, on: yes, rack: 07}}}");
    let labels: Vec<(&str, &str)> = host(&inventory, "w1")
        .labels
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        labels,
        [("country", "NO"), ("on", "yes"), ("rack", "07"), ("version", "1.10")]
    );
}

#[test]
fn what_is_no_native_inventory_says_so() {
    for (text, part) in [
        ("a: 1", "nor the groups of an Ansible inventory"),
        ("plugin: aws_ec2", "which only Ansible can run"),
        ("{}", "neither `hosts` nor `groups`"),
        ("", "the file is empty"),
        ("- w1\n", "expected a mapping for an inventory, found a list"),
        (
            "host: {w1: }",
            "`host` is not a key of an inventory (did you mean `hosts`?)",
        ),
        ("hosts: {w1: {port: 22}\n", "this is not YAML"),
    ] {
        let found = problems(text);
        assert!(found.len() == 1 && found[0].contains(part), "{text}: {found:?}");
    }
}

#[test]
fn words_of_target_expressions_are_no_names() {
    for name in ["all", "reboot", "group:x", "label:a", "'web*'", "'!x'", "'a,b'", "-x"] {
        assert_eq!(problems(&format!("hosts: {{{name}: }}")).len(), 1, "{name}");
        assert_eq!(problems(&format!("groups: {{{name}: }}")).len(), 1, "{name}");
    }
}

#[test]
fn a_list_of_hosts_has_no_settings() {
    let found = problems("hosts:\n  - web1: {port: 22}\n");
    assert!(found[0].contains("`web1: {…}` without the `-`"), "{found:?}");
}

#[test]
fn two_names_for_one_machine_are_a_warning() {
    let inventory = parse(
        "hosts:\n  a: {address: H}\n  b: {address: h}\n  c: {address: h, port: 2}\n  l1: {connect: local}\n  l2: {connect: local}\n",
    );
    let warnings: Vec<String> = inventory.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].starts_with("f.yml:3:3: `a` and `b` are the same machine: h port 22"),
        "{warnings:?}"
    );
    assert!(warnings[1].contains("`l1` and `l2` are the same machine: this machine"));
    assert_eq!(host(&inventory, "l1").connect, Connect::Local);
}

#[test]
fn ten_thousand_hosts_are_read_in_no_time() {
    let mut text = "groups:\n  all-of-them:\n    user: u\n    hosts:\n".to_owned();
    for number in 0..10_000 {
        text.push_str(&format!(
            "      host{number:05}: {{address: 10.0.{}.{}, port: 22, labels: {{rack: r{}}}}}\n",
            number / 250,
            number % 250,
            number % 40
        ));
    }
    let start = std::time::Instant::now();
    assert_eq!(parse(&text).hosts().len(), 10_000);
    // Without optimisation and on a busy machine; quadratic work would take minutes.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_host_and_a_group_of_one_name_are_a_warning() {
    let inventory = parse("hosts: [web]\ngroups: {web: {hosts: [w1]}}");
    assert_eq!(
        inventory.warnings().to_string(),
        "f.yml:2:10: `web` is the name of a host and of a group; the host: f.yml:1:9 \
         (in target expressions `web` is the host and `group:web` the group)"
    );
}
