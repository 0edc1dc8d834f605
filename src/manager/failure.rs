//! Why a manager failed, in the product's words: a stable code, the line that says it, a remedy.
//!
//! The texts are those of `LC_ALL=C`. A log is data of a host: the worst that a false text can do is to
//! pick another code for a failure that is a failure anyway.

use crate::model::error::{ErrorCode, HostError};
use crate::model::manager::Manager;

use super::failure_texts::rules;

/// What stands before a message of our own in a job's log: `patchwave: E_LOCK: …`.
pub const OWN_PREFIX: &str = "patchwave: E_";

/// What a job logs before it tries again because of a lock.
const WAITING: &str = "patchwave: waiting for the lock";

/// Says why a transaction or a listing failed, from its exit code and what it printed.
#[must_use]
pub fn failure(manager: Manager, exit_code: i32, log: &str) -> HostError {
    // What stands before the last wait for a lock is settled.
    let log = log.rsplit(WAITING).next().unwrap_or(log);
    if let Some((code, message)) = own_message(log) {
        return HostError::new(code, message, hint(manager, code));
    }
    if let Some(line) = refusal(log) {
        return HostError::new(ErrorCode::Sudo, line, hint(Manager::Apt, ErrorCode::Sudo));
    }
    let found = rules(manager).iter().find_map(|(code, texts)| {
        texts
            .iter()
            .find_map(|text| line_with(log, text))
            .map(|line| (*code, line))
    });
    let (code, mut line) = found
        .or_else(|| by_exit_code(manager, exit_code).map(|code| (code, last_line(log))))
        .unwrap_or((ErrorCode::Manager, last_line(log)));
    if code == ErrorCode::Lock {
        line = holder(log).unwrap_or(line);
    }
    let line = crate::model::text::shorten(tidy(line), 300);
    let message = if line.is_empty() {
        format!("{manager} ended with exit code {exit_code}")
    } else {
        format!("{manager} ended with exit code {exit_code}: {line}")
    };
    HostError::new(code, message, hint(manager, code))
}

/// Exit codes that say more than the text does.
fn by_exit_code(manager: Manager, exit_code: i32) -> Option<ErrorCode> {
    match (manager, exit_code) {
        (Manager::Zypper, 7) | (Manager::Dnf4, 200) => Some(ErrorCode::Lock),
        (Manager::Zypper, 4) => Some(ErrorCode::Dep),
        (Manager::Zypper, 6 | 106) => Some(ErrorCode::Repo),
        (Manager::Zypper, 104) => Some(ErrorCode::Gone),
        (Manager::Zypper, 5) => Some(ErrorCode::Sudo),
        // xbps exits with the number of the system's error: ENOENT, ENOEXEC and ENODEV, EAGAIN, ENOSPC.
        (Manager::Xbps, 2) => Some(ErrorCode::Gone),
        (Manager::Xbps, 8 | 11 | 19) => Some(ErrorCode::Dep),
        (Manager::Xbps, 28) => Some(ErrorCode::Disk),
        // sysexits(3): EX_TEMPFAIL and EX_NOPERM, of older versions of pkg.
        (Manager::Pkg, 75) => Some(ErrorCode::Lock),
        (Manager::Pkg, 77) => Some(ErrorCode::Sudo),
        // `timeout` ended it.
        (_, 124 | 137 | 143) => Some(ErrorCode::Timeout),
        _ => None,
    }
}

/// The code and text of the first message of our own guards.
fn own_message(log: &str) -> Option<(ErrorCode, &str)> {
    log.lines().find_map(|line| {
        let rest = line.strip_prefix("patchwave: ")?;
        let (code, message) = rest.split_once(": ")?;
        let code = [
            ErrorCode::Lock,
            ErrorCode::Repo,
            ErrorCode::Disk,
            ErrorCode::Dep,
            ErrorCode::Gone,
            ErrorCode::Drift,
            ErrorCode::Broken,
            ErrorCode::Sudo,
            ErrorCode::Manager,
        ]
        .into_iter()
        .find(|known| known.as_str() == code)?;
        // A host that imitates us may leave the rest out.
        (!message.trim().is_empty()).then_some((code, message))
    })
}

/// What sudo or doas says when it does not start the manager at all.
fn refusal(log: &str) -> Option<&str> {
    let texts = [
        ("sudo: ", "password is required"),
        ("sudo: ", "terminal is required"),
        ("sudo: ", "must have a tty"),
        ("doas: ", "Authorization required"),
        ("doas: ", "Operation not permitted"),
        ("doas: ", "a tty is required"),
        // There is no doas.conf, so nobody may do anything.
        ("doas: ", "doas is not enabled"),
    ];
    let says = |line: &&str| {
        texts
            .iter()
            .any(|(program, text)| line.starts_with(program) && line.contains(text))
    };
    log.lines().find(says)
}

/// The last line that names the process which holds the lock: apt, dnf 4, zypper.
fn holder(log: &str) -> Option<&str> {
    let texts = ["held by process", "The application with PID", "with pid"];
    log.lines()
        .rev()
        .find(|line| texts.iter().any(|text| line.contains(text)))
}

/// The first line with the text; of several the first that apt wrote as its error: it names the file.
fn line_with<'a>(log: &'a str, text: &str) -> Option<&'a str> {
    let mut lines = log.lines().filter(|line| line.contains(text));
    let first = lines.next()?;
    if first.starts_with("E: ") {
        return Some(first);
    }
    Some(lines.find(|line| line.starts_with("E: ")).unwrap_or(first))
}

fn last_line(log: &str) -> &str {
    log.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}

fn tidy(line: &str) -> &str {
    let line = line.trim();
    ["E: ", "W: ", "ERROR: ", "Error: ", "error: ", "Err:"]
        .iter()
        .find_map(|prefix| line.strip_prefix(prefix))
        .unwrap_or(line)
}

fn hint(manager: Manager, code: ErrorCode) -> &'static str {
    match (code, manager) {
        (ErrorCode::Lock, _) => {
            "another process uses the package manager; wait for it, or stop the automatic updates of the host, then try again"
        }
        (ErrorCode::Disk, _) => "free some space on the host (package cache, old kernels, logs), then try again",
        (ErrorCode::Repo, _) => {
            "check the host's repositories, its network and its clock; `patchwave scan` names the repository that fails"
        }
        (ErrorCode::Gone, _) => "the repository moved on since the plan was made; scan and plan again",
        (ErrorCode::Drift, _) => "the host changed since the plan was made; scan and plan again",
        (ErrorCode::Dep, _) => "plan the packages that belong together, or exclude the one that cannot be installed",
        (
            ErrorCode::Broken,
            Manager::Apt
            | Manager::Dnf4
            | Manager::Dnf5
            | Manager::Yum
            | Manager::Microdnf
            | Manager::Tdnf
            | Manager::Zypper
            | Manager::Pacman
            | Manager::Apk,
        ) => "run `patchwave repair HOST`, then try again",
        (ErrorCode::Broken, Manager::Pkg) => "run `pkg check -da` on the host, then try again",
        (ErrorCode::Broken, Manager::Xbps) => {
            "run `xbps-reconfigure -a` and `xbps-pkgdb -a` on the host, then try again"
        }
        (ErrorCode::Broken, Manager::Opkg) => "run `opkg configure` on the host, then try again",
        (ErrorCode::Sudo, Manager::Brew) => "log in as the owner of Homebrew's folder, or let root become it with sudo",
        (ErrorCode::Sudo, _) => {
            "let the login become root (`become: sudo` in the inventory); `patchwave sudoers` prints the rule for it"
        }
        (ErrorCode::Timeout, _) => "the host or its mirror is too slow; try again, or look at its load",
        _ => "the job's log has the whole story: `patchwave show RUN HOST`",
    }
}

/// Whether the text says that another process holds the manager's lock.
#[must_use]
pub fn is_lock(manager: Manager, exit_code: i32, log: &str) -> bool {
    exit_code != 0 && failure(manager, exit_code, log).code == ErrorCode::Lock
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn our_own_guards_are_believed_first() {
        let log = "E: 404  Not Found\npatchwave: E_DRIFT: the transaction would also change x\n";
        let error = failure(Manager::Apt, 100, log);
        assert_eq!(error.code, ErrorCode::Drift);
        assert_eq!(error.message, "the transaction would also change x");
    }

    #[test]
    fn a_guard_that_says_nothing_is_not_believed() {
        let error = failure(Manager::Chocolatey, 1, "patchwave: E_SUDO: \n");
        assert!(error.message.contains("exit code 1"), "{error}");
    }

    #[test]
    fn doas_without_any_rule_is_a_refusal() {
        let said = "doas: doas is not enabled, /etc/doas.conf: No such file or directory";
        assert_eq!(failure(Manager::Apt, 1, said).code, ErrorCode::Sudo);
    }

    #[test]
    fn a_silent_failure_has_its_exit_code() {
        let error = failure(Manager::Zypper, 7, "");
        assert_eq!(error.code, ErrorCode::Lock);
        assert!(failure(Manager::Apk, 3, "").message.contains('3'));
    }

    proptest! {
        #[test]
        fn any_log_is_survived(code: i32, log: String) {
            for manager in Manager::ALL {
                let _ = failure(manager, code, &log);
            }
        }
    }
}
