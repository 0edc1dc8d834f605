//! Why a program did not give privilege: its own words, understood.
//!
//! What must stay true: each refusal has a remedy, and what is not understood is quoted.

use std::time::Duration;

use crate::model::error::HostError;
use crate::model::host::{Host, PrivilegeMethod};
use crate::model::name::HostName;

use super::failure;
use super::trials;

/// The password was asked for a second time.
pub(super) fn wrong_password(host: &Host) -> HostError {
    failure::sudo(
        format!(
            "{} on {} refused the password of {}",
            host.privilege.method,
            host.name,
            asked_of(host)
        ),
        "correct the password that `become` refers to; it was tried once",
    )
}

/// The password was not sent, because other hosts have refused it.
pub(super) fn refused_already(host: &Host, by: &[HostName]) -> HostError {
    failure::sudo(
        format!(
            "the password of {} for {} was not sent to {}: it was refused by {} already, and accepted nowhere",
            asked_of(host),
            host.privilege.method,
            host.name,
            trials::names(by)
        ),
        "correct the password that `become` refers to; it goes no further, so that no account is locked",
    )
}

/// Whether a program ended because the password was wrong.
pub(super) fn is_for_the_password(complaints: &[u8], exit_code: Option<u32>) -> bool {
    classify(complaints, exit_code).0 == Refusal::WrongPassword
}

/// The password is asked for, and there is none.
pub(super) fn password_wanted(host: &Host) -> HostError {
    let (method, name, whose) = (host.privilege.method, &host.name, asked_of(host));
    let without = match method {
        PrivilegeMethod::Sudo => format!("install the rule that `patchwave sudoers --user {whose}` prints"),
        PrivilegeMethod::Doas => {
            format!("install the rule that `patchwave sudoers --method doas --user {whose}` prints")
        }
        PrivilegeMethod::Su | PrivilegeMethod::None => "use `become: sudo`".to_owned(),
    };
    failure::sudo(
        format!("{method} on {name} wants a password of {whose}, and the inventory has none"),
        format!(
            "give `become` a password reference ({{method: {method}, password: {{env: BECOME_PASSWORD}}}}), or {without}"
        ),
    )
}

/// Whose password a program asks for.
pub(super) fn asked_of(host: &Host) -> &str {
    match host.privilege.method {
        PrivilegeMethod::Su => &host.privilege.user,
        _ => &host.user,
    }
}

/// What a refusal means. The words are those of sudo 1.8 to 1.9.17, sudo-rs, doas, OpenDoas, and of the `su` of
/// util-linux, shadow and busybox.
const REFUSALS: [(&[&str], Refusal); 7] = [
    (
        &[
            "incorrect password",
            "sorry, try again",
            "no password was provided",
            "authentication failure",
            "authentication failed",
        ],
        Refusal::WrongPassword,
    ),
    (
        &[
            "a password is required",
            "authentication required",
            "authorization required",
            "interactive authentication is required",
        ],
        Refusal::PasswordWanted,
    ),
    (
        &[
            "must have a tty",
            "no tty present",
            "a terminal is required",
            "a tty is required",
            "must be run from a terminal",
        ],
        Refusal::TerminalWanted,
    ),
    (
        &[
            "unknown user",
            "unknown uid",
            "user not found",
            "does not exist",
            "no passwd entry",
        ],
        Refusal::NoSuchUser,
    ),
    (&["account is currently not available", "nologin"], Refusal::NoShell),
    (
        &[
            "not in the sudoers",
            "may not run sudo",
            "is not allowed to",
            "not permitted",
            "permission denied",
        ],
        Refusal::NotAllowed,
    ),
    (&["not found", "no such file"], Refusal::NotInstalled),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    WrongPassword,
    PasswordWanted,
    TerminalWanted,
    NoSuchUser,
    NoShell,
    NotAllowed,
    NotInstalled,
    Other,
}

/// Finds the refusal, and the line that tells it.
fn classify(complaints: &[u8], exit_code: Option<u32>) -> (Refusal, Option<String>) {
    let text = String::from_utf8_lossy(complaints);
    for (words, refusal) in REFUSALS {
        let telling = text.lines().find(|line| {
            let line = line.to_lowercase();
            words.iter().any(|word| line.contains(word))
        });
        if let Some(line) = telling {
            return (refusal, failure::last_line(line.as_bytes()));
        }
    }
    let refusal = if exit_code == Some(127) {
        Refusal::NotInstalled
    } else {
        Refusal::Other
    };
    (refusal, failure::last_line(complaints))
}

/// Whether a program ended because it wants a terminal.
pub(super) fn is_for_a_terminal(complaints: &[u8], exit_code: Option<u32>) -> bool {
    classify(complaints, exit_code).0 == Refusal::TerminalWanted
}

/// Explains why the shell was never reached, from what the program said.
pub(super) fn explain(host: &Host, program: &str, complaints: &[u8], exit_code: Option<u32>, asked: bool) -> HostError {
    let (refusal, line) = classify(complaints, exit_code);
    let says = line.map(|line| format!(": \"{line}\"")).unwrap_or_default();
    let (user, name) = (&host.user, &host.name);
    match refusal {
        Refusal::WrongPassword if asked => wrong_password(host),
        Refusal::PasswordWanted => password_wanted(host),
        Refusal::TerminalWanted => failure::sudo(
            format!("{program} on {name} wants a terminal, and gets none{says}"),
            format!(
                "for sudo write `Defaults:{user} !requiretty` into sudoers (visudo); sshd must allow one (PermitTTY)"
            ),
        ),
        Refusal::NoSuchUser => failure::sudo(
            format!("there is no user {} on {name}{says}", host.privilege.user),
            "correct the user in `become`",
        ),
        Refusal::NoShell => failure::sudo(
            format!("{} has no shell on {name}{says}", host.privilege.user),
            "use another method or another user in `become`: su runs nothing as a user with such a shell",
        ),
        Refusal::NotAllowed => failure::sudo(
            format!("{user} may not use {program} on {name}{says}"),
            match host.privilege.method {
                PrivilegeMethod::Sudo => {
                    format!("install the rule that `patchwave sudoers --user {user}` prints, or set another `user`")
                }
                _ => format!("allow {user} to use {program}, or set another `user`"),
            },
        ),
        Refusal::NotInstalled => failure::sudo(
            format!("{program} is not installed on {name}{says}"),
            "install it, log in as root (`user: root`, `become: none`), or choose another method in `become`",
        ),
        Refusal::WrongPassword | Refusal::Other => {
            let code = exit_code.map_or_else(
                || "without an exit status".to_owned(),
                |code| format!("with status {code}"),
            );
            failure::sudo(
                format!("{program} on {name} ended {code} before it gave a shell{says}"),
                format!("log in as {user} and try `{program} true` by hand"),
            )
        }
    }
}

/// The shell did not come in time.
pub(super) fn not_ready(host: &Host, program: &str, complaints: &[u8], limit: Duration) -> HostError {
    let says = failure::last_line(complaints)
        .map(|line| format!("; it said \"{line}\""))
        .unwrap_or_default();
    failure::timeout(
        &format!("waiting for {program} on {}{says}", host.name),
        limit,
        format!(
            "log in as {} and try `{program} true` by hand: it may ask for a second factor",
            host.user
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_real_programs_say_is_understood() {
        // Taken from sudo 1.9.13 and 1.9.17 on the lab's hosts, sh, bash and busybox.
        for (text, code, expected, telling) in [
            (
                "sudo: a password is required\n",
                1,
                Refusal::PasswordWanted,
                "a password",
            ),
            (
                "sudo: sorry, you must have a tty to run sudo\n",
                1,
                Refusal::TerminalWanted,
                "a tty",
            ),
            (
                "operator is not in the sudoers file.\nThis incident has been reported to the administrator.\n",
                1,
                Refusal::NotAllowed,
                "operator is not in",
            ),
            (
                "Sorry, user operator is not allowed to execute '/bin/sh -c echo hi' as root on alpine.\n",
                1,
                Refusal::NotAllowed,
                "Sorry, user",
            ),
            (
                "sudo: unknown user nosuch\nsudo: error initializing audit plugin sudoers_audit\n",
                1,
                Refusal::NoSuchUser,
                "unknown user nosuch",
            ),
            (
                "sh: exec: line 0: doas: not found\n",
                127,
                Refusal::NotInstalled,
                "doas",
            ),
            (
                "bash: line 1: exec: sudo: not found\n",
                127,
                Refusal::NotInstalled,
                "sudo",
            ),
            (
                "sudo: no password was provided\nsudo: 1 incorrect password attempt\n",
                1,
                Refusal::WrongPassword,
                "",
            ),
            (
                "sudo: interactive authentication is required\n",
                1,
                Refusal::PasswordWanted,
                "",
            ),
            ("something new\n", 1, Refusal::Other, "something new"),
            ("su: Authentication failure\n", 1, Refusal::WrongPassword, ""),
            ("su: incorrect password\n", 1, Refusal::WrongPassword, ""),
            ("doas: Authentication failed\n", 1, Refusal::WrongPassword, ""),
            ("doas: Authentication required\n", 1, Refusal::PasswordWanted, ""),
            ("doas: Operation not permitted\n", 1, Refusal::NotAllowed, ""),
            ("su: must be run from a terminal\n", 1, Refusal::TerminalWanted, ""),
            (
                "su: user nosuch does not exist or the user entry does not contain all the required fields\n",
                1,
                Refusal::NoSuchUser,
                "nosuch",
            ),
            ("This account is currently not available.\n", 1, Refusal::NoShell, ""),
        ] {
            let (refusal, line) = classify(text.as_bytes(), Some(code));
            assert_eq!(refusal, expected, "{text}");
            assert!(line.unwrap().contains(telling), "{text}");
        }
    }
}
