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
[ "$2" = -l ] && exit ROOT_ALLOWS
case " $* " in
  *' --error-on=any '*) echo 'E: Command line option --error-on=any is not understood' >&2 && exit 100 ;;
esac
"#;

const NOBODY: &str = "#!/bin/sh\ncase $1 in -un) echo scanner ;; *) echo 1000 ;; esac\n";

const MANAGERS: [Manager; 3] = [Manager::Apt, Manager::Zypper, Manager::Apk];

fn commands(manager: Manager) -> Vec<String> {
    match unprivileged_refresh(manager) {
        UnprivilegedRefresh::AsRoot(commands) => commands.iter().map(|words| words.join(" ")).collect(),
        other => panic!("{manager}: {other:?}"),
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
            world.stub("sudo", &SUDO.replace("ROOT_ALLOWS", "0"));
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
            world.stub("sudo", &SUDO.replace("ROOT_ALLOWS", "1"));
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
    let privilege = Privilege {
        method: PrivilegeMethod::Sudo,
        user: "root".to_owned(),
        password: None,
        scope: PrivilegeScope::Refresh,
    };
    for manager in MANAGERS {
        alike(manager, |world| {
            world.stub("id", NOBODY);
            world.stub("sudo", &SUDO.replace("ROOT_ALLOWS", "0"));
            world.stub("df", "#!/bin/sh\n");
            let (output, text) = answer(world, &doctor_script(&privilege, nonce()).unwrap());
            let sections = frame::parse(&output, &nonce()).unwrap();
            let rule = sections.get("refresh-rule").unwrap();
            assert_eq!((rule.stdout.trim(), rule.exit_code), (commands(manager)[0].as_str(), 0));
            let log = fs::read_to_string(world.path("/sudo")).unwrap();
            assert_eq!(log, format!("-n -l -- {}\n", commands(manager)[0]));
            text
        });
    }
}
