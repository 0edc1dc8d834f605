//! What the probe lets sudo run is what a rule allows, word for word.

use std::fs;
use std::time::Duration;

use super::super::doctor::doctor_script;
use super::super::frame;
use super::super::probe::{ProbeRequest, Refresh, parse_probe, probe_script_through};
use super::{alike, answer, nonce};
use crate::manager::refresh::{UnprivilegedRefresh, unprivileged_refresh};
use crate::model::error::ErrorCode;
use crate::model::host::{Privilege, PrivilegeMethod, PrivilegeScope};
use crate::model::manager::Manager;

/// Writes down what it was asked and what it was to run. Of apt it says what an old one would.
const SUDO: &str = r#"#!/bin/sh
echo "$*" >>"ROOT/sudo"
case "$*" in
  '-n -l') printf '%s\n' 'LISTED' && exit ;;
  '-n -l '*) exit ALLOWED ;;
  '-n -ll '*) printf '%s\n' 'SHOWN' && exit ;;
esac
[ RUNS = yes ] || { echo 'sudo: a password is required' >&2 && exit 1; }
case " $* " in
  *' --error-on=any '*) echo 'E: Command line option --error-on=any is not understood' >&2 && exit 100 ;;
esac
"#;

/// A sudo that allows or not, lists and shows a rule, and runs what it is given or not.
fn sudo(allowed: bool, listed: &str, shown: &str, runs: bool) -> String {
    SUDO.replace("ALLOWED", if allowed { "0" } else { "1" })
        .replace("LISTED", listed)
        .replace("SHOWN", shown)
        .replace("RUNS", if runs { "yes" } else { "no" })
}

const NOBODY: &str = "#!/bin/sh\ncase $1 in -un) echo scanner ;; *) echo 1000 ;; esac\n";

const MANAGERS: [Manager; 3] = [Manager::Apt, Manager::Zypper, Manager::Apk];

fn commands(manager: Manager) -> Vec<String> {
    match unprivileged_refresh(manager) {
        UnprivilegedRefresh::AsRoot(commands) => commands.iter().map(|words| words.join(" ")).collect(),
        other => panic!("{manager}: {other:?}"),
    }
}

fn narrow() -> Privilege {
    Privilege {
        method: PrivilegeMethod::Sudo,
        user: "root".to_owned(),
        password: None,
        scope: PrivilegeScope::Refresh,
    }
}

const REQUEST: ProbeRequest = ProbeRequest {
    refresh: Refresh::Always,
    installed: false,
    lock_wait: Duration::ZERO,
};

#[test]
fn sudo_is_given_what_the_rules_allow_and_nothing_else() {
    for manager in MANAGERS {
        alike(manager, |world| {
            world.stub("id", NOBODY);
            world.stub("sudo", &sudo(true, "", "    Options: !authenticate", true));
            let script = probe_script_through(&REQUEST, Some(PrivilegeMethod::Sudo), nonce()).unwrap();
            let (_, text) = answer(world, &script);
            let log = fs::read_to_string(world.path("/sudo")).unwrap_or_else(|_| panic!("{manager}: {text}"));
            let expected: String = commands(manager)
                .iter()
                .map(|command| format!("-n -l -- {command}\n-n {command}\n"))
                .collect();
            assert_eq!(log, expected, "{manager}");
            text
        });
    }
}

#[test]
fn without_the_rule_nothing_is_run_and_the_error_says_so() {
    for manager in MANAGERS {
        alike(manager, |world| {
            world.stub("id", NOBODY);
            world.stub("sudo", &sudo(false, "", "", false));
            let script = probe_script_through(&REQUEST, Some(PrivilegeMethod::Sudo), nonce()).unwrap();
            let (output, text) = answer(world, &script);
            let error = parse_probe(&output, &nonce()).unwrap_err();
            assert_eq!(error.code, ErrorCode::Sudo, "{manager}: {error:?}\n{text}");
            assert!(error.hint.contains("patchwave sudoers"), "{error:?}");
            let log = fs::read_to_string(world.path("/sudo")).unwrap();
            assert!(log.lines().all(|line| line.starts_with("-n -l -- ")), "{log}");
            text
        });
    }
}

#[test]
fn an_examination_asks_for_the_same_command_and_runs_nothing() {
    let privilege = narrow();
    for manager in MANAGERS {
        alike(manager, |world| {
            world.stub("id", NOBODY);
            world.stub("sudo", &sudo(true, "", "    Options: !authenticate", true));
            world.stub("df", "#!/bin/sh\n");
            let (output, text) = answer(world, &doctor_script(&privilege, nonce()).unwrap());
            let sections = frame::parse(&output, &nonce()).unwrap();
            let rule = sections.get("refresh-rule").unwrap();
            assert_eq!((rule.stdout.trim(), rule.exit_code), (commands(manager)[0].as_str(), 0));
            let log = fs::read_to_string(world.path("/sudo")).unwrap();
            let command = &commands(manager)[0];
            assert_eq!(log, format!("-n -l -- {command}\n-n -ll -- {command}\n"));
            text
        });
    }
}

/// sudo says of a command that asks for a password that it is allowed, too.
#[test]
fn a_rule_that_asks_for_a_password_is_told_as_unknown_and_refused_as_a_rule() {
    for manager in MANAGERS {
        let escaped = commands(manager)[0].replace('=', "\\=");
        let privilege = narrow();
        for (listed, shown, expected) in [
            ("    (ALL : ALL) ALL", "", 75),
            ("    (ALL : ALL) ALL", "    RunAsUsers: root\n    Commands:", 75),
            ("    (root) NOPASSWD: RULE", "", 0),
            ("    (root) NOPASSWD: RULE\n    (ALL : ALL) ALL", "", 75),
            ("    (ALL : ALL) ALL\n    (root) NOPASSWD: RULE", "", 0),
            ("    (ALL) NOPASSWD: ALL", "", 0),
            ("    (svc) NOPASSWD: RULE", "", 75),
        ] {
            // The shell's `printf` prints what it is given as it is.
            let listed = listed.replace("RULE", &escaped);
            alike(manager, |world| {
                world.stub("id", NOBODY);
                world.stub("sudo", &sudo(true, &listed, shown, false));
                world.stub("df", "#!/bin/sh\n");
                let (output, text) = answer(world, &doctor_script(&privilege, nonce()).unwrap());
                let sections = frame::parse(&output, &nonce()).unwrap();
                let rule = sections.get("refresh-rule").unwrap();
                assert_eq!(rule.exit_code, expected, "{listed}");
                text
            });
        }
        alike(manager, |world| {
            world.stub("id", NOBODY);
            world.stub("sudo", &sudo(true, "", "", false));
            let script = probe_script_through(&REQUEST, Some(PrivilegeMethod::Sudo), nonce()).unwrap();
            let (output, text) = answer(world, &script);
            let error = parse_probe(&output, &nonce()).unwrap_err();
            assert_eq!(error.code, ErrorCode::Sudo, "{manager}: {error:?}\n{text}");
            assert!(error.message.contains("a password is required"), "{error:?}");
            assert!(error.hint.contains("patchwave sudoers"), "{error:?}");
            text
        });
    }
}

/// Where no rule gives the refresh, it is not tried: the lists that are there are told.
#[test]
fn what_no_rule_can_refresh_is_not_tried() {
    let script = format!(
        "{}\nis_root() {{ return 1; }}\nsection() {{ printf '%s ' \"$refresh_word\"; }}\nrefresh_policy=always\n\
         for refresh_through in sudo none; do for needs in root rule anyone; do refresh_is_due $needs /x; done; done",
        include_str!("../scripts/metadata.sh")
    );
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "needs-root wanted wanted needs-root needs-root wanted"
    );
}
