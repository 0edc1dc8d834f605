//! `become` and its password.

use super::super::*;
use super::native::{host, problems};
use super::parse;
use crate::model::host::PrivilegeMethod;
use crate::model::secret::SecretReference;

#[test]
fn a_password_is_a_reference_and_never_shown() {
    let read = |password: &str| {
        let text = format!("hosts: {{w1: {{become: {{method: su, user: adm, password: {password}}}}}}}");
        host(&parse(&text), "w1").privilege.password.clone().unwrap()
    };
    assert_eq!(read("{env: SUDO_PASS}"), SecretReference::Env("SUDO_PASS".to_owned()));
    assert_eq!(
        read("{command: [pass, show, x]}"),
        SecretReference::Command(["pass", "show", "x"].map(str::to_owned).to_vec())
    );
    assert_eq!(read("{file: secrets/x}"), SecretReference::File("secrets/x".into()));
    assert_eq!(
        read("{prompt: sudo password}"),
        SecretReference::Prompt("sudo password".to_owned())
    );
    assert_eq!(
        read("{file: 'secrets/{{ host.name }}'}"),
        SecretReference::File("secrets/{{ host.name }}".into())
    );
    let misspelt = problems("hosts: {w1: {password: {command: [pass, 'login/{{ host.nam }}']}}}");
    assert!(misspelt[0].contains("`host.nam` is not a variable"), "{misspelt:?}");
    let login = parse("defaults: {password: {env: 'PASS_{{ host.user }}'}}\nhosts: {w1: }\n");
    let expected = Some(SecretReference::Env("PASS_{{ host.user }}".to_owned()));
    assert_eq!(host(&login, "w1").ssh.password, expected);
    for written in [
        "hunter2",
        "'hunter2'",
        "[hunter2]",
        "{hunter2}",
        "{value: hunter2}",
        "{env: A, file: hunter2}",
        "{env: 'hunter2!'}",
        "{command: hunter2}",
    ] {
        let text = format!("hosts:\n  w1:\n    become:\n      password: {written}\n");
        let file = InventoryFile {
            path: "f.yml".into(),
            bytes: text.into_bytes(),
        };
        let context = ResolveContext {
            local_user: String::new(),
            home: None,
            ssh: None,
        };
        let found = parse_inventory(&[file], &context).unwrap_err();
        assert!(
            found.len() == 1 && !found.to_string().contains("unter2") || written.contains("command"),
            "{written}: {found}"
        );
        let style = crate::report::diagnostics::DiagnosticStyle {
            color: false,
            is_warning: false,
        };
        let drawn = crate::report::diagnostics::render_diagnostics(&found, style);
        let may_be_shown = written.contains("env:") || written.contains("command:");
        assert!(may_be_shown || !drawn.contains("hunter2"), "{written}: {drawn}");
    }
}

#[test]
fn become_takes_a_word_or_a_mapping_and_no_boolean() {
    let method = |text: &str| {
        host(&parse(&format!("hosts: {{w1: {{become: {text}}}}}")), "w1")
            .privilege
            .method
    };
    assert_eq!(method("none"), PrivilegeMethod::None);
    assert_eq!(method("doas"), PrivilegeMethod::Doas);
    assert_eq!(method("{password: {prompt: x}}"), PrivilegeMethod::Sudo);
    assert!(problems("hosts: {w1: {become: yes}}")[0].ends_with("found `yes` (write `sudo`)"));
    let narrow = host(&parse("hosts: {w1: {become: {scope: refresh}}}"), "w1")
        .privilege
        .clone();
    assert_eq!(narrow.only_for_refresh(), Some(PrivilegeMethod::Sudo));
    for wrong in ["method: su", "user: adm", "password: {env: A}"] {
        let text = format!("hosts: {{w1: {{become: {{scope: refresh, {wrong}}}}}}}");
        assert!(problems(&text)[0].contains("`scope: refresh`"), "{wrong}");
    }
    assert!(problems("hosts: {w1: {become: {method: none, password: {env: A}}}}")[0].contains("needs no password"));
}
