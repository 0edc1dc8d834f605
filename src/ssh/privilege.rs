//! How a script becomes root: the command lines, and what refusals mean.
//!
//! What must stay true: no password is ever part of a command line; the user name that is part of one
//! consists of characters that mean nothing to any shell.

use std::time::Duration;

use crate::model::error::HostError;
use crate::model::host::{Connect, Host, PrivilegeMethod};
use crate::model::secret::Secret;

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

/// Whether a script needs a program to become another user at all.
pub(super) fn needs_program(host: &Host, privileged: bool) -> bool {
    // On this machine the shell finds out who it is: the inventory's user says nothing about it.
    let same_user = host.connect == Connect::Ssh && host.user == host.privilege.user;
    privileged && host.privilege.method != PrivilegeMethod::None && !same_user
}

/// Puts the command together. `word` is random and fresh.
///
/// # Errors
/// `E_SUDO` when this version cannot do what the inventory asks for.
pub(super) fn plan(host: &Host, privileged: bool, password: Option<Secret>, word: &str) -> Result<Ascent, HostError> {
    if !needs_program(host, privileged) {
        return Ok(Ascent {
            command: "exec /bin/sh -s".to_owned(),
            dialogue: Dialogue::silent(),
            password: None,
            program: None,
        });
    }
    let user = &host.privilege.user;
    if !is_plain_name(user) {
        return Err(failure::sudo(
            format!("`{user}` cannot be a user to become"),
            "correct the user in `become`",
        ));
    }
    let sign = format!("PATCHWAVE-READY-{word}");
    let shell = format!("/bin/sh -c 'echo {sign}; exec /bin/sh -s'");
    let prompt = format!("PATCHWAVE-PROMPT-{word}");
    let (program, command, prompt) = match (host.privilege.method, &password) {
        (PrivilegeMethod::Sudo, None) => ("sudo", format!("sudo -n -H -u {user} -- {shell}"), None),
        // -k: a remembered password must not decide whether we are asked.
        (PrivilegeMethod::Sudo, Some(_)) => (
            "sudo",
            format!("sudo -k -S -H -p {prompt} -u {user} -- {shell}"),
            Some(prompt.as_str()),
        ),
        (PrivilegeMethod::Doas, None) => ("doas", format!("doas -n -u {user} -- {shell}"), None),
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
    Ok(Ascent {
        command: format!("exec {command}"),
        dialogue: Dialogue::with_sign(&sign, prompt),
        password,
        program: Some(program),
    })
}

/// The command for this machine, where the shell finds out whether it is the wanted user already.
pub(super) fn unless_already(user: &str, word: &str, command: &str) -> String {
    format!(
        "if [ \"$(id -un 2>/dev/null)\" = {user} ]; then echo PATCHWAVE-READY-{word}; exec /bin/sh -s; \
         else {command}; fi"
    )
}

fn is_plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The password was asked for a second time.
pub(super) fn wrong_password(host: &Host) -> HostError {
    failure::sudo(
        format!("sudo on {} refused the password of {}", host.name, host.user),
        "correct the password that `become` refers to; it was tried once only, so no account is locked by it",
    )
}

/// Explains why the shell was never reached, from what the program said.
pub(super) fn explain(host: &Host, program: &str, complaints: &[u8], exit_code: Option<u32>, asked: bool) -> HostError {
    let text = String::from_utf8_lossy(complaints).to_lowercase();
    let user = &host.user;
    let name = &host.name;
    let says = failure::last_line(complaints)
        .map(|line| format!(": \"{line}\""))
        .unwrap_or_default();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if asked && has(&["incorrect password", "sorry, try again", "no password was provided"]) {
        return wrong_password(host);
    }
    if has(&[
        "a password is required",
        "authentication required",
        "interactive authentication is required",
    ]) {
        return failure::sudo(
            format!("{program} on {name} wants a password of {user}, and the inventory has none"),
            format!(
                "give `become` a password reference ({{method: sudo, password: {{env: SUDO_PASS}}}}), or allow \
                 {user} NOPASSWD in sudoers"
            ),
        );
    }
    if has(&["must have a tty", "no tty present", "a terminal is required"]) {
        return failure::sudo(
            format!("{program} on {name} wants a terminal{says}"),
            format!("write `Defaults:{user} !requiretty` into sudoers (visudo)"),
        );
    }
    if has(&[
        "not in the sudoers",
        "may not run sudo",
        "is not allowed to",
        "not permitted",
    ]) {
        return failure::sudo(
            format!("{user} may not use {program} on {name}{says}"),
            format!("allow it with visudo, for example `{user} ALL=(ALL) ALL`, or set another `user`"),
        );
    }
    if exit_code == Some(127) || has(&["not found", "no such file"]) && text.contains(program) {
        return failure::sudo(
            format!("{program} is not installed on {name}"),
            "install it, log in as root (`user: root`, `become: none`), or choose another method in `become`",
        );
    }
    let code = exit_code.map_or_else(
        || "without an exit status".to_owned(),
        |code| format!("with status {code}"),
    );
    failure::sudo(
        format!("{program} on {name} ended {code} before it gave a shell{says}"),
        format!("log in as {user} and try `{program} true` by hand"),
    )
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
