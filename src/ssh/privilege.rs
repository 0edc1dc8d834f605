//! How a script becomes root: the command lines, and what refusals mean.
//!
//! What must stay true: no password is ever part of a command line; the user name that is part of one
//! consists of characters that mean nothing to any shell.

use std::time::Duration;

use crate::model::error::HostError;
use crate::model::host::{Connect, Host, PrivilegeMethod};
use crate::model::secret::Secret;
use crate::remote::privilege::{READY_SIGN, is_plain_name, privileged_command};

use super::dialogue::Dialogue;
use super::failure;

/// How long `sudo` may take until the shell is ready: PAM may ask a directory server.
pub(super) const READY_LIMIT: Duration = Duration::from_secs(60);

/// How one script is run.
pub(super) struct Ascent {
    /// The command, for the login shell of a host or as the last argument of `/bin/sh -c`. It uses no
    /// syntax in which Bourne shells, csh and fish differ.
    pub(super) command: String,
    /// What is expected before the script's own output.
    pub(super) dialogue: Dialogue,
    /// The password, when the program may ask for one.
    pub(super) password: Option<Secret>,
    /// The program's name, for messages; `None` when none is needed.
    pub(super) program: Option<&'static str>,
}

impl Ascent {
    /// A command that runs as whoever logged in.
    pub(super) fn to_login_user(command: &str) -> Self {
        Self {
            command: command.to_owned(),
            dialogue: Dialogue::silent(),
            password: None,
            program: None,
        }
    }
}

/// Whether a script needs a program to become another user at all.
pub(super) fn needs_program(host: &Host, privileged: bool) -> bool {
    // On this machine the shell finds out who it is: the inventory's user says nothing about it.
    let same_user = host.connect == Connect::Ssh && host.user == host.privilege.user;
    privileged
        && host.privilege.method != PrivilegeMethod::None
        && !same_user
        && host.privilege.only_for_refresh().is_none()
}

/// Puts the command together. `word` is random and fresh.
///
/// # Errors
/// `E_SUDO` when this version cannot do what the inventory asks for.
pub(super) fn plan(host: &Host, privileged: bool, password: Option<Secret>, word: &str) -> Result<Ascent, HostError> {
    if !needs_program(host, privileged) {
        return Ok(Ascent::to_login_user("exec /bin/sh -s"));
    }
    let user = &host.privilege.user;
    if !is_plain_name(user) {
        return Err(failure::sudo(
            format!("`{user}` cannot be a user to become"),
            "correct the user in `become`",
        ));
    }
    let prompt = format!("PATCHWAVE-PROMPT-{word}");
    let prompt = password.as_ref().map(|_| prompt.as_str());
    let program = match (host.privilege.method, prompt) {
        (PrivilegeMethod::Sudo, _) => "sudo",
        (PrivilegeMethod::Doas, None) => "doas",
        (PrivilegeMethod::Doas, Some(_)) => {
            return Err(failure::sudo(
                "doas reads passwords only from a terminal, which patchwave does not open",
                "write `permit nopass` for the login user into doas.conf, or use sudo",
            ));
        }
        (PrivilegeMethod::Su | PrivilegeMethod::None, _) => {
            return Err(failure::sudo(
                "`become: su` is not supported by this version yet",
                "use `become: sudo`, or log in as root",
            ));
        }
    };
    let command = privileged_command(host.privilege.method, user, prompt).unwrap_or_default();
    Ok(Ascent {
        command: format!("exec {command}"),
        dialogue: Dialogue::with_sign(READY_SIGN, prompt),
        password,
        program: Some(program),
    })
}

/// The command for this machine, where the shell finds out whether it is the wanted user already.
pub(super) fn unless_already(user: &str, command: &str) -> String {
    format!("if [ \"$(id -un 2>/dev/null)\" = {user} ]; then echo {READY_SIGN}; exec /bin/sh -s; else {command}; fi")
}

/// The password was asked for a second time.
pub(super) fn wrong_password(host: &Host) -> HostError {
    failure::sudo(
        format!("sudo on {} refused the password of {}", host.name, host.user),
        "correct the password that `become` refers to; it was tried once only, so no account is locked by it",
    )
}

/// What a refusal means. The words are those of sudo 1.8 to 1.9.17, sudo-rs and doas.
const REFUSALS: [(&[&str], Refusal); 6] = [
    (
        &["incorrect password", "sorry, try again", "no password was provided"],
        Refusal::WrongPassword,
    ),
    (
        &[
            "a password is required",
            "authentication required",
            "interactive authentication is required",
        ],
        Refusal::PasswordWanted,
    ),
    (
        &["must have a tty", "no tty present", "a terminal is required"],
        Refusal::TerminalWanted,
    ),
    (&["unknown user", "unknown uid", "user not found"], Refusal::NoSuchUser),
    (
        &[
            "not in the sudoers",
            "may not run sudo",
            "is not allowed to",
            "not permitted",
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

/// Explains why the shell was never reached, from what the program said.
pub(super) fn explain(host: &Host, program: &str, complaints: &[u8], exit_code: Option<u32>, asked: bool) -> HostError {
    let (refusal, line) = classify(complaints, exit_code);
    let says = line.map(|line| format!(": \"{line}\"")).unwrap_or_default();
    let (user, name) = (&host.user, &host.name);
    match refusal {
        Refusal::WrongPassword if asked => wrong_password(host),
        Refusal::PasswordWanted => failure::sudo(
            format!("{program} on {name} wants a password of {user}, and the inventory has none"),
            format!(
                "give `become` a password reference ({{method: sudo, password: {{env: SUDO_PASS}}}}), or allow \
                 {user} NOPASSWD in sudoers"
            ),
        ),
        Refusal::TerminalWanted => failure::sudo(
            format!("{program} on {name} wants a terminal{says}"),
            format!("write `Defaults:{user} !requiretty` into sudoers (visudo)"),
        ),
        Refusal::NoSuchUser => failure::sudo(
            format!("there is no user {} on {name}{says}", host.privilege.user),
            "correct the user in `become`",
        ),
        Refusal::NotAllowed => failure::sudo(
            format!("{user} may not use {program} on {name}{says}"),
            format!("allow it with visudo, for example `{user} ALL=(ALL) ALL`, or set another `user`"),
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
        ] {
            let (refusal, line) = classify(text.as_bytes(), Some(code));
            assert_eq!(refusal, expected, "{text}");
            assert!(line.unwrap().contains(telling), "{text}");
        }
    }
}
