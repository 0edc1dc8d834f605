//! What inventories of Ansible mean here beyond what Ansible says of them: what is refused, what is warned
//! about, and where every value came from. That they mean the same is shown against the real Ansible.

use proptest::prelude::*;

use super::{Inventory, parse_files};
use crate::inventory::ansible::{AnsiblePart, AnsibleSource, ProgramOutput, hosts_to_ask};
use crate::inventory::{InventoryFile, ResolveContext, parse_inventory, parse_sources};
use crate::model::host::PrivilegeMethod;
use crate::model::secret::SecretReference;

fn file(path: &str, text: &str) -> InventoryFile {
    InventoryFile {
        path: path.into(),
        bytes: text.as_bytes().to_vec(),
    }
}

fn read(sources: &[AnsibleSource]) -> Result<Inventory, Vec<String>> {
    let context = ResolveContext {
        local_user: "eve".to_owned(),
        home: Some("/home/eve".into()),
        ssh: None,
    };
    parse_sources(&[], sources, &context).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// One inventory with files of variables: `group_vars/web` and the like.
fn source(inventory: (&str, &str), variables: &[(&str, &str)]) -> AnsibleSource {
    let of = |folder: &str| {
        let files = variables.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix(folder)?.trim_end_matches(".yml");
            Some((name.to_owned(), file(path, text)))
        });
        files.collect()
    };
    AnsibleSource {
        parts: vec![AnsiblePart::File(file(inventory.0, inventory.1))],
        group_variables: of("group_vars/"),
        host_variables: of("host_vars/"),
    }
}

fn problems(text: &str) -> Vec<String> {
    parse_files(&[("hosts.yml", text)]).unwrap_err()
}

#[test]
fn a_value_that_only_ansible_knows_is_refused_where_it_would_be_used() {
    for (host, part) in [
        ("ansible_host: \"{{ ip }}\"", "`ansible_host` holds a template"),
        (
            "ansible_user: \"{% if x %}a{% endif %}\"",
            "`ansible_user` holds a template",
        ),
        (
            "ansible_port: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162",
            "`ansible_port` is encrypted",
        ),
        ("ansible_password: \"{{ vault_password }}\"", "lookup('env', 'NAME')"),
        ("ansible_ssh_common_args: \"-J {{ bastion }}\"", "holds a template"),
        ("ansible_ssh_common_args: [-J, bastion]", "is a list"),
        (
            "ansible_ssh_common_args: -L 80:x:80",
            "`-L` of `ssh` has no meaning here",
        ),
        (
            "ansible_connection: winrm",
            "`ansible_connection: winrm` cannot be used",
        ),
        ("ansible_connection: community.docker.docker", "cannot be used"),
        (
            "ansible_port: 70000",
            "expected a port from 1 to 65535 for `ansible_port`, found `70000`",
        ),
        (
            "ansible_become: maybe",
            "expected `true` or `false` for `ansible_become`",
        ),
        (
            "{ansible_become: true, ansible_become_method: pbrun}",
            "`ansible_become_method: pbrun` cannot be used",
        ),
        (
            "ansible_host: eve@web",
            "write `ansible_host: web` and `ansible_user: eve`",
        ),
        ("ansible_private_key: x", "`ansible_private_key` cannot be used"),
    ] {
        let found = problems(&format!("web:\n  hosts:\n    w1:\n      {host}\n    w2:\n"));
        assert!(
            found.len() == 1 && found[0].starts_with("hosts.yml:4:") && found[0].contains(part),
            "{host}: {found:?}"
        );
    }
}

#[test]
fn what_does_not_count_may_be_anything() {
    let text = "
all:
  vars:
    ansible_host: '{{ nobody_needs_this }}'
    ansible_become: false
    ansible_become_password: '{{ vault_password }}'
    other: !vault |
      $ANSIBLE_VAULT;1.1;AES256
    list: [{{ }}, {a: '{{ b }}'}]
  hosts:
    w1: {ansible_host: 10.0.0.1}
    w2: {ansible_connection: local, ansible_port: '{{ port }}'}
";
    let text = text.replace("{{ }}, ", "");
    let inventory = parse_files(&[("hosts.yml", &text)]).unwrap();
    assert_eq!(inventory.host("w1").unwrap().address, "10.0.0.1");
    // It counts for a host that says nothing else.
    assert_eq!(problems(&text.replace("{ansible_host: 10.0.0.1}", "")).len(), 1);
}

#[test]
fn a_password_in_the_inventory_is_used_warned_about_and_never_shown() {
    let ini = "[web]\nw1 ansible_become=yes ansible_become_password=hunter2\nw2 ansible_password=hunter2\n";
    let yaml = "web:\n  vars:\n    ansible_become: true\n    ansible_become_pass: hunter2\n  hosts: {w1: , w2: {ansible_password: hunter2}}\n";
    for (path, text, lines) in [("hosts", ini, [2, 3]), ("hosts.yml", yaml, [4, 5])] {
        let inventory = parse_files(&[(path, text)]).unwrap();
        let Some(SecretReference::Written(secret)) = &inventory.host("w1").unwrap().privilege.password else {
            panic!("no password");
        };
        assert_eq!(secret.expose(), "hunter2");
        assert!(matches!(
            inventory.host("w2").unwrap().ssh.password,
            Some(SecretReference::Written(_))
        ));
        let warnings = inventory.warnings();
        let places: Vec<usize> = warnings.iter().map(|warning| warning.place.line).collect();
        assert_eq!(places, lines, "{warnings}");
        assert!(warnings.iter().all(|warning| warnings.line(&warning.place).is_none()));
        let shown = format!("{:?} {:?} {warnings}", inventory.hosts(), inventory.origins("w1"));
        assert!(!shown.contains("hunter2"), "{shown}");
        let json = serde_json::to_string(&inventory.host("w1").unwrap().privilege.password).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
    }
}

#[test]
fn a_line_with_a_secret_is_not_shown_for_another_mistake() {
    for words in [
        "db_password=hunter2",
        "ansible_become_passwd=hunter2",
        "api_token=hunter2",
        "ansible_password=hunter2",
    ] {
        for text in [
            format!("w1 ansible_port=22x {words}\n"),
            format!("w1 {words} ansible_port=22x\n"),
        ] {
            let context = ResolveContext {
                local_user: "eve".to_owned(),
                home: None,
                ssh: None,
            };
            let problems = parse_inventory(&[file("hosts", &text)], &context).unwrap_err();
            assert_eq!(problems.iter().count(), 1);
            for problem in problems.iter() {
                assert_eq!(problems.line(&problem.place), None, "{text}");
            }
        }
    }
}

#[test]
fn what_a_value_won_over_is_listed_with_its_place() {
    let inventory = read(&[source(
        (
            "hosts.yml",
            "all: {vars: {ansible_user: one}}\nweb: {vars: {ansible_user: two}, hosts: {w1: {ansible_user: four}}}\n",
        ),
        &[
            ("group_vars/web", "ansible_user: three\n"),
            ("host_vars/w1.yml", "---\nansible_user: five\n"),
        ],
    )])
    .unwrap();
    let origins = inventory.origins("w1");
    let user = origins.iter().find(|origin| origin.setting == "user").unwrap();
    assert_eq!(
        (user.value.as_str(), user.layer.to_string()),
        ("five", "host".to_owned())
    );
    let place = user.place.as_ref().unwrap();
    assert_eq!(place.to_string(), "host_vars/w1.yml:2:15");
    let lost: Vec<String> = user
        .overridden
        .iter()
        .map(|lost| format!("{} {} {}", lost.value, lost.layer, lost.place))
        .collect();
    assert_eq!(
        lost,
        [
            "four host hosts.yml:2:61",
            "three group web group_vars/web:1:15",
            "two group web hosts.yml:2:28",
            "one group all hosts.yml:1:28",
        ]
    );
}

#[test]
fn places_in_ini_files_are_those_of_the_values() {
    let text = "  w1   ansible_host=10.0.0.1\tansible_port='22'\n[web]\nw1\n[web:vars]\n ansible_user =  'ops'\n";
    let inventory = parse_files(&[("hosts", text)]).unwrap();
    let places: Vec<String> = inventory
        .origins("w1")
        .iter()
        .filter_map(|origin| Some(format!("{} {}", origin.setting, origin.place.as_ref()?)))
        .collect();
    assert_eq!(places, ["address hosts:1:21", "port hosts:1:43", "user hosts:5:18"]);
}

#[test]
fn every_mistake_of_an_ini_file_is_named_with_its_line() {
    let text = "[web\nw1 ansible_port='22\n[web:hosts:x]\n[a b]\n[web:things]\n[web]\nw2 with blanks\nw[5:1]\nw3:\n\
                [gone:vars]\nno equals sign\n[top:children]\nnowhere\n";
    let found = parse_files(&[("hosts.ini", text)]).unwrap_err();
    let lines: Vec<&str> = found.iter().map(|problem| problem.split(':').nth(1).unwrap()).collect();
    assert_eq!(
        lines,
        ["1", "2", "3", "4", "5", "7", "7", "8", "9", "10", "11", "13"],
        "{found:#?}"
    );
}

#[test]
fn an_encrypted_inventory_is_refused_and_an_encrypted_file_of_variables_named() {
    let found = parse_files(&[("hosts", "$ANSIBLE_VAULT;1.1;AES256\n6162\n")]).unwrap_err();
    assert!(
        found[0].starts_with("hosts:1:1: the inventory is encrypted"),
        "{found:?}"
    );
    let inventory = read(&[source(
        ("hosts", "[web]\nw1\n"),
        &[
            ("group_vars/web", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
            ("group_vars/x", "$ANSIBLE_VAULT;1.1;AES256\n"),
        ],
    )])
    .unwrap();
    let warnings: Vec<String> = inventory.warnings().iter().map(ToString::to_string).collect();
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("group_vars/web:1:1: this file is encrypted"),
        "{warnings:?}"
    );
}

#[test]
fn a_native_file_beside_it_adds_what_ansible_has_no_word_for() {
    let native =
        "defaults: {become: sudo, user: nobody}\nhosts: {w1: {reboot: never}}\ngroups: {test: {hosts: [w1]}}\n";
    let ansible = "web: {vars: {ansible_user: ops}, hosts: {w1: , w2: {ansible_become: false}}}\n";
    let files = [("patchwave.yml", native), ("hosts.yml", ansible)];
    let inventory = parse_files(&files).unwrap();
    let host = inventory.host("w1").unwrap();
    assert_eq!(
        (host.user.as_str(), host.privilege.method),
        ("ops", PrivilegeMethod::Sudo)
    );
    let groups: Vec<&str> = host.groups.iter().map(|group| group.as_str()).collect();
    assert_eq!(groups, ["test", "web"]);
    assert_eq!(inventory.host("w2").unwrap().privilege.method, PrivilegeMethod::None);
    let user = inventory
        .origins("w1")
        .iter()
        .find(|origin| origin.setting == "user")
        .unwrap();
    assert_eq!(user.layer.to_string(), "group web");
    assert_eq!(user.overridden.len(), 1);
    let contradiction = native.replace("{reboot: never}", "{user: other}");
    let found = parse_files(&[("patchwave.yml", &contradiction), ("hosts.yml", ansible)]).unwrap_err();
    assert!(found[0].contains("host `w1` has two values for `user`"), "{found:?}");
}

#[test]
fn what_ansible_skips_with_a_warning_is_warned_about() {
    let inventory = parse_files(&[(
        "hosts.yml",
        "web: {hosts: {w1: }, settings: {a: 1}, note: text}\nnote: text\n",
    )])
    .unwrap();
    assert_eq!(inventory.hosts().len(), 1);
    assert_eq!(inventory.warnings().len(), 3, "{}", inventory.warnings());
    let inventory = parse_files(&[("hosts", "w1 ansible_become_method=su ansible_ssh_executable=/bin/ssh\n")]).unwrap();
    let warnings = inventory.warnings().to_string();
    assert!(warnings.contains("`ansible_become` is not set"), "{warnings}");
    assert!(warnings.contains("`ansible_ssh_executable` is not used"), "{warnings}");
}

#[test]
fn a_group_above_itself_is_a_mistake() {
    let found = problems("a: {children: {b: {children: {c: {children: {a: }}}}}}\n");
    assert!(found.len() == 1 && found[0].contains("above itself"), "{found:?}");
    let found = parse_files(&[("hosts", "[a:children]\nb\n[b:children]\na\n")]).unwrap_err();
    assert!(found.len() == 1 && found[0].starts_with("hosts:2:1: "), "{found:?}");
}

fn program(list: &str) -> AnsibleSource {
    let output = ProgramOutput {
        command: "./cloud --list".to_owned(),
        list: list.as_bytes().to_vec(),
        ..ProgramOutput::default()
    };
    AnsibleSource {
        parts: vec![AnsiblePart::Program(output)],
        ..AnsibleSource::default()
    }
}

#[test]
fn what_is_wrong_with_the_output_of_a_program_names_the_command() {
    for (list, part) in [
        ("", "is not JSON"),
        ("[]", "is not an object"),
        ("{\"web\": {\"hosts\": \"w1\"}}", "`hosts` of group `web` is not a list"),
        ("{\"_meta\": {}}", "no mapping `hostvars`"),
        (
            "{\"_meta\": {\"hostvars\": {\"w1\": {\"ansible_port\": \"x\"}}}, \"web\": [\"w1\"]}",
            "host `w1`: expected a port",
        ),
        ("{\"a\": {\"children\": [\"a\"]}}", "above itself"),
    ] {
        let found = read(&[program(list)]).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with("./cloud --list: ") && found[0].contains(part),
            "{list}: {found:?}"
        );
    }
}

#[test]
fn a_program_is_asked_for_each_host_only_when_it_does_not_say_everything_at_once() {
    let ask = |list: &str| hosts_to_ask("./cloud --list", list.as_bytes()).unwrap();
    assert_eq!(
        ask("{\"web\": [\"w2\", \"w1\"], \"alone\": {\"ansible_port\": 1}}"),
        ["alone", "w2", "w1"]
    );
    assert!(ask("{\"web\": [\"w1\"], \"_meta\": {\"hostvars\": {}}}").is_empty());
    assert!(hosts_to_ask("./cloud --list", b"nothing").is_err());
}

proptest! {
    /// Pieces of inventories in any order, in every form: nothing panics, and nothing breaks a line.
    #[test]
    fn no_text_makes_reading_it_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "[web]", "[web:vars]", "[a:children]", "\n", "\n  ", "web", "a", "w[1:3]", ":", ": ", "{", "}", ", ", "[", "]",
                "hosts:", "children:", "vars:", "all:", "ansible_host", "ansible_port", "ansible_group_priority",
                "ansible_ssh_common_args", "=", "-o ProxyJump=x", "-J", "22", "'", "\"", "#", "!vault |", "&x ", "*x",
                "<<: ", "{{ x }}", "é", "\u{1b}", "\\", " ", "_meta", "hostvars", "null", "-", "yes",
            ]),
            0..40,
        ),
    ) {
        let text = pieces.concat();
        for path in ["hosts.yml", "hosts.ini", "hosts"] {
            let mut one = source((path, &text), &[("group_vars/web", &text), ("host_vars/w1", &text)]);
            one.parts.push(program(&text).parts.remove(0));
            one.parts.push(AnsiblePart::File(file("other.yml", "web: {hosts: {w1: }}")));
            for message in read(&[one]).err().into_iter().flatten() {
                prop_assert!(!message.contains(char::is_control), "{message:?}");
            }
        }
    }
}
