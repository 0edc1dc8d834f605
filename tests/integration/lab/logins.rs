//! Logging in and becoming root on real hosts: PAM, sudo, doas and su as Debian and Alpine ship them.

use super::hosts::Lab;

/// The password of `operator` in every image.
const RIGHT: &str = "correct horse";
const ROOTS: &str = "battery staple";

const SCAN: [&str; 5] = ["scan", "--refresh", "always", "--format", "json"];

/// Sets a variable for the program.
fn set(lab: &mut Lab, name: &str, value: &str) {
    lab.workplace.environment.insert(name.to_owned(), value.to_owned());
}

/// Every host is scanned as root.
#[track_caller]
fn assert_scanned(lab: &Lab) {
    let outcome = lab.patchwave(&SCAN).expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "ok");
    }
}

/// The error of every host, as code, message and hint in one line.
#[track_caller]
fn errors(lab: &Lab) -> Vec<String> {
    let outcome = lab.patchwave(&SCAN);
    assert_ne!(outcome.exit, 0, "{}", outcome.stdout);
    let told = |name: &str| {
        let error = outcome.host(name)["error"].clone();
        let part = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} | {}", part("code"), part("message"), part("hint"))
    };
    lab.hosts.iter().map(|host| told(&host.name)).collect()
}

/// Puts lines of configuration before the others of a host's sshd.
fn configure_sshd(lab: &Lab, host: &str, lines: &str) {
    let script = format!(
        "printf '%s\\n' '{lines}' 'Match all' >/etc/ssh/sshd_config.d/000-test.conf; \
         grep -q ^Include /etc/ssh/sshd_config || \
         sed -i '1i Include /etc/ssh/sshd_config.d/000-test.conf' /etc/ssh/sshd_config; /usr/sbin/sshd -t && \
         kill -HUP $(cat /run/sshd.pid) && sleep 1"
    );
    lab.shell(host, &script);
}

fn give_root_a_password(lab: &Lab) {
    for host in &lab.hosts {
        lab.shell(&host.name, &format!("printf '%s\\n' 'root:{ROOTS}' | chpasswd"));
    }
}

/// A wrong password is sent to two hosts, and to no other.
fn assert_two_refuse(errors: &[String], begin: &str, words: &str) {
    let (refused, spared): (Vec<_>, Vec<_>) = errors
        .iter()
        .partition(|error| error.starts_with(begin) && error.contains(words));
    assert_eq!(refused.len(), 2, "{errors:#?}");
    assert!(
        spared.iter().all(|error| error.contains("was not sent to")),
        "{spared:#?}"
    );
}

#[test]
#[ignore = "needs the lab"]
fn su_becomes_root_with_roots_password_under_every_shell() {
    let mut lab = Lab::up(&["deb12", "deb13", "alpine"]);
    give_root_a_password(&lab);
    lab.shell("deb13", "usermod -s /bin/dash operator");
    // busybox's own, with the right that Alpine gives it and the image lacks.
    lab.shell(
        "alpine",
        "cp /bin/busybox /usr/local/bin/su && chmod 4755 /usr/local/bin/su",
    );
    set(&mut lab, "ROOTS", ROOTS);
    lab.write_inventory("user: operator\nbecome: {method: su, password: {env: ROOTS}}", "");
    assert_scanned(&lab);
    set(&mut lab, "ROOTS", "wrong");
    assert_two_refuse(&errors(&lab), "E_SUDO su on ", "refused the password of root");
    lab.write_inventory("user: operator\nbecome: su", "");
    for error in errors(&lab) {
        assert!(
            error.starts_with("E_SUDO su on ") && error.contains("wants a password of root"),
            "{error}"
        );
    }
    set(&mut lab, "ROOTS", ROOTS);
    lab.write_inventory(
        "user: operator\nbecome: {method: su, user: nosuch, password: {env: ROOTS}}",
        "",
    );
    for error in errors(&lab) {
        assert!(error.contains("there is no user nosuch"), "{error}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn doas_becomes_root_without_a_password_and_with_one_over_a_terminal() {
    let mut lab = Lab::up(&["deb12", "deb13"]);
    lab.shell("deb13", "usermod -s /bin/dash operator");
    let permit = |lab: &Lab, rule: &str| {
        for host in &lab.hosts {
            lab.shell(
                &host.name,
                &format!("printf '%s\\n' '{rule}' >/etc/doas.conf; chmod 600 /etc/doas.conf"),
            );
        }
    };
    permit(&lab, "permit nopass operator");
    lab.write_inventory("user: operator\nbecome: doas", "");
    assert_scanned(&lab);
    permit(&lab, "permit operator");
    for error in errors(&lab) {
        assert!(
            error.starts_with("E_SUDO doas on ") && error.contains("wants a password"),
            "{error}"
        );
    }
    set(&mut lab, "LAB_PASSWORD", RIGHT);
    lab.write_inventory(
        "user: operator\nbecome: {method: doas, password: {env: LAB_PASSWORD}}",
        "",
    );
    assert_scanned(&lab);
    set(&mut lab, "LAB_PASSWORD", "wrong");
    for error in errors(&lab) {
        assert!(
            error.starts_with("E_SUDO doas on ") && error.contains("refused the password of operator"),
            "{error}"
        );
    }
    permit(&lab, "permit nopass admin");
    for error in errors(&lab) {
        assert!(error.starts_with("E_SUDO operator may not use doas"), "{error}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_sudo_that_wants_a_terminal_gets_one_and_updates_go_through_it() {
    let mut lab = Lab::up(&["deb12", "deb13", "alpine"]);
    lab.publish("new");
    for host in &lab.hosts {
        lab.shell(
            &host.name,
            "printf 'Defaults requiretty\\n' >/etc/sudoers.d/terminal; chmod 440 /etc/sudoers.d/terminal",
        );
    }
    set(&mut lab, "LAB_PASSWORD", RIGHT);
    for defaults in [
        "user: admin\nbecome: sudo",
        "user: operator\nbecome: {method: sudo, password: {env: LAB_PASSWORD}}",
    ] {
        lab.write_inventory(defaults, "");
        let outcome = lab.patchwave(&SCAN).expect_exit(0);
        assert_eq!(
            outcome.stderr.matches("wants a terminal").count(),
            1,
            "{}",
            outcome.stderr
        );
    }
    let outcome = lab
        .patchwave(&["apply", "--yes", "--package", "pw-lib", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "patched", "{}", host.name);
        assert!(lab.installed(&host.name, "pw-lib").unwrap().starts_with("1.1"));
    }
    set(&mut lab, "LAB_PASSWORD", "wrong");
    assert_two_refuse(&errors(&lab), "E_SUDO sudo on ", "refused the password of operator");
    lab.shell(
        "deb12",
        "printf 'PermitTTY no\\n' >/etc/ssh/sshd_config.d/000-test.conf",
    );
    lab.shell("deb12", "kill -HUP $(cat /run/sshd.pid) && sleep 1");
    let error = errors(&lab).remove(0);
    assert!(error.contains("wants a terminal, and gets none"), "{error}");
}

#[test]
#[ignore = "needs the lab"]
fn passwords_for_each_host_come_from_one_reference() {
    let mut lab = Lab::up(&["deb12", "deb13"]);
    for host in &lab.hosts {
        lab.shell(&host.name, &format!("printf 'operator:of-{}\\n' | chpasswd", host.name));
    }
    set(&mut lab, "PASS_deb12", "of-deb12");
    set(&mut lab, "PASS_deb13", "of-deb13");
    lab.write_inventory(
        "user: operator\nbecome: {method: sudo, password: {env: \"PASS_{{ host.name }}\"}}",
        "",
    );
    assert_scanned(&lab);
}

#[test]
#[ignore = "needs the lab"]
fn passwords_and_questions_of_pam_are_answered() {
    let mut lab = Lab::up(&["deb12", "deb13"]);
    let defaults = "user: operator\nbecome: {method: sudo, password: {env: LAB_PASSWORD}}\n\
                    password: {env: LAB_PASSWORD}";
    for methods in [
        "password",
        "keyboard-interactive",
        "publickey,keyboard-interactive",
        "publickey,password",
    ] {
        for host in &lab.hosts {
            let lines = format!(
                "PasswordAuthentication yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods {methods}"
            );
            configure_sshd(&lab, &host.name, &lines);
        }
        set(&mut lab, "LAB_PASSWORD", RIGHT);
        lab.write_inventory(defaults, "");
        assert_scanned(&lab);
        set(&mut lab, "LAB_PASSWORD", "wrong");
        for error in errors(&lab) {
            assert!(
                error.starts_with("E_AUTH ") && error.contains("correct the password"),
                "{methods}: {error}"
            );
        }
        lab.write_inventory("user: operator", "");
        for error in errors(&lab) {
            assert!(error.starts_with("E_AUTH "), "{methods}: {error}");
        }
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_second_factor_is_asked_for_on_a_terminal_and_named_without_one() {
    let mut lab = Lab::up(&["deb12"]);
    // The secret of RFC 4226's examples: the first passwords are 755224, 287082, 359152.
    lab.shell(
        "deb12",
        "printf 'HOTP admin - 3132333435363738393031323334353637383930\\n' >/etc/users.oath; chmod 600 /etc/users.oath; \
         printf 'auth required pam_oath.so usersfile=/etc/users.oath window=20 digits=6\\n\
         account required pam_permit.so\\nsession required pam_permit.so\\n' >/etc/pam.d/sshd",
    );
    let lines = "KbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive";
    configure_sshd(&lab, "deb12", lines);
    lab.write_inventory("user: admin\nbecome: sudo", "");
    let error = errors(&lab).remove(0);
    assert!(
        error.starts_with("E_AUTH deb12 asks \"One-time password (OATH) for `admin':\"")
            && error.contains("there is no terminal"),
        "{error}"
    );
    set(&mut lab, "TERM", "xterm");
    let outcome = lab.patchwave_on_terminal(&["scan"], "One-time password", "755224");
    assert_eq!(outcome.exit, 0, "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("deb12 asks: ") && !outcome.stdout.contains("755224"),
        "{}",
        outcome.stdout
    );
    let outcome = lab.patchwave_on_terminal(&["scan"], "One-time password", "000000");
    assert_eq!(outcome.exit, 22, "{}", outcome.stdout);
}

#[test]
#[ignore = "needs the lab"]
fn a_certificate_of_the_users_authority_logs_in() {
    let lab = Lab::up(&["deb12", "deb13", "alpine"]);
    let authority = lab.workplace.path("authority");
    let keygen = |words: &[&str]| {
        let status = std::process::Command::new("ssh-keygen").arg("-q").args(words).status();
        assert!(status.unwrap().success());
    };
    keygen(&["-t", "ed25519", "-N", "", "-f", authority.to_str().unwrap()]);
    let public = std::fs::read_to_string(lab.workplace.path("authority.pub")).unwrap();
    for host in &lab.hosts {
        lab.shell(
            &host.name,
            &format!("printf '%s' '{}' >/etc/ssh/authority.pub", public.trim()),
        );
        let lines = "TrustedUserCAKeys /etc/ssh/authority.pub\nAuthorizedKeysFile none";
        configure_sshd(&lab, &host.name, lines);
    }
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = lab.workplace.path(kind);
        keygen(&["-t", kind, "-N", "", "-f", key.to_str().unwrap()]);
        let public = format!("{}.pub", key.display());
        keygen(&["-s", authority.to_str().unwrap(), "-I", "test", "-n", "admin", &public]);
        lab.write_inventory(
            &format!(
                "user: admin\nbecome: sudo\nssh_options: CertificateFile={}-cert.pub\n",
                key.display()
            ),
            "",
        );
        let inventory = std::fs::read_to_string(lab.workplace.path("fleet.yml")).unwrap();
        let rest = inventory.split_once("key: ").unwrap().1.split_once('\n').unwrap().1;
        lab.workplace
            .write("fleet.yml", &format!("defaults:\n  key: {}\n{rest}", key.display()));
        assert_scanned(&lab);
    }
}
