//! How a script becomes root: which command, and what is expected of it.
//!
//! What must stay true: no password is ever part of a command line; the user name that is part of one
//! consists of characters that mean nothing to any shell.

use std::time::Duration;

use crate::model::error::HostError;
use crate::model::host::{Connect, Host, PrivilegeMethod};
use crate::remote::privilege::{READY_SIGN, START_SIGN, announced, privileged_command, terminal_command};

use super::dialogue::{Dialogue, Script};
use super::failure;
use super::prompt::Prompt;
use super::trials::{Password, Trial};

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
    pub(super) password: Option<Password>,
    /// Whether it is right is about to be seen: it was sent.
    pub(super) trial: Option<Trial>,
    /// The program's name, for messages; `None` when none is needed.
    pub(super) program: Option<&'static str>,
    /// The word that ends the script's output, where all of it comes over a terminal.
    pub(super) terminal: Option<String>,
}

impl Ascent {
    /// A command that runs as whoever logged in.
    pub(super) fn to_login_user(command: &str) -> Self {
        Self {
            command: command.to_owned(),
            dialogue: Dialogue::silent(),
            password: None,
            trial: None,
            program: None,
            terminal: None,
        }
    }

    /// Whether the script may be sent at once, which saves a round trip: nothing will ask for anything.
    pub(super) fn never_asks(&self) -> bool {
        !self.dialogue.may_ask() && self.terminal.is_none()
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

/// Whether a terminal is wanted in any case: `doas` reads passwords from nothing else.
pub(super) fn wants_terminal(host: &Host, privileged: bool, password: Option<&Password>) -> bool {
    needs_program(host, privileged) && host.privilege.method == PrivilegeMethod::Doas && password.is_some()
}

/// Puts the command together. `word` is random and fresh.
///
/// # Errors
/// `E_SUDO` when the user's name cannot stand in a command line.
pub(super) fn plan(
    host: &Host,
    privileged: bool,
    password: Option<Password>,
    word: &str,
    on_terminal: bool,
) -> Result<Ascent, HostError> {
    let (method, user) = (host.privilege.method, &host.privilege.user);
    let program = match method {
        _ if !needs_program(host, privileged) => return Ok(Ascent::to_login_user("exec /bin/sh -s")),
        PrivilegeMethod::None => return Ok(Ascent::to_login_user("exec /bin/sh -s")),
        PrivilegeMethod::Sudo => "sudo",
        PrivilegeMethod::Doas => "doas",
        PrivilegeMethod::Su => "su",
    };
    let asked_with = format!("PATCHWAVE-PROMPT-{word}");
    let asked_with = password.as_ref().map(|_| asked_with.as_str());
    let command = if on_terminal {
        terminal_command(method, user, asked_with)
    } else {
        privileged_command(method, user, asked_with)
    };
    let Some(command) = command else {
        return Err(failure::sudo(
            format!("`{user}` cannot be a user to become"),
            "correct the user in `become`",
        ));
    };
    let prompt = match (method, asked_with) {
        (PrivilegeMethod::Sudo, Some(text)) => Some(Prompt::Word(text.to_owned())),
        (PrivilegeMethod::Doas, Some(_)) => Some(Prompt::Doas),
        // It asks whether or not there is an answer.
        (PrivilegeMethod::Su, _) => Some(Prompt::Su),
        _ => None,
    };
    let announces = on_terminal || method == PrivilegeMethod::Su;
    Ok(Ascent {
        command: if announces {
            announced(&command, word)
        } else {
            format!("exec {command}")
        },
        dialogue: Dialogue::new(Script {
            start: announces.then(|| format!("{START_SIGN}-{word}")),
            sign: Some(READY_SIGN.to_owned()),
            prompt,
            on_terminal,
        }),
        password,
        trial: None,
        program: Some(program),
        terminal: on_terminal.then(|| word.to_owned()),
    })
}

/// The command for this machine, where the shell finds out whether it is the wanted user already. It says all that
/// a program could have been announced by, and what is not waited for is left out.
pub(super) fn unless_already(user: &str, command: &str, word: &str) -> String {
    let signs = format!("echo {START_SIGN}-{word}; echo {READY_SIGN}");
    format!("if [ \"$(id -un 2>/dev/null)\" = {user} ]; then {signs}; exec /bin/sh -s; else {command}; fi")
}
