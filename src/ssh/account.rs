//! What was tried in a login and what became of it: all that an administrator has to go by.
//!
//! What must stay true: everything that was tried stands in it, in order; equal things are folded; the advice
//! depends on what happened.

use russh::MethodKind;

use crate::model::error::HostError;
use crate::model::host::Host;

use super::failure;

/// The account of one login.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What could not be tried, or was not.
    notes: Vec<String>,
    tries: Vec<(String, String)>,
    /// Whether the server judged a key.
    pub(super) key_refused: bool,
    /// Whether it refused the password.
    pub(super) password_refused: bool,
    /// How many methods it accepted, and asked for more.
    pub(super) accepted: usize,
}

impl Account {
    /// An account that begins with what could not be tried at all.
    pub(super) fn new(notes: Vec<String>) -> Self {
        Self {
            notes,
            ..Self::default()
        }
    }

    /// Something was tried.
    pub(super) fn add(&mut self, what: impl Into<String>, verdict: impl Into<String>) {
        self.tries.push((what.into(), verdict.into()));
    }

    /// Something was not tried.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// In one line; neighbours with one verdict share it.
    pub(super) fn text(&self) -> String {
        let mut parts: Vec<(String, &str)> = Vec::new();
        for (what, verdict) in &self.tries {
            match parts.last_mut() {
                Some((names, last)) if *last == verdict => {
                    names.push_str(", ");
                    names.push_str(what);
                }
                _ => parts.push((what.clone(), verdict)),
            }
        }
        let tries = parts.iter().map(|(names, verdict)| format!("{names}: {verdict}"));
        let all: Vec<String> = tries.chain(self.notes.iter().cloned()).collect();
        if all.is_empty() {
            "nothing could be tried".to_owned()
        } else {
            all.join("; ")
        }
    }

    /// The error of a login that came to its end. `somebody_is_there` tells whether a terminal is.
    pub(super) fn refused(&self, host: &Host, offered: &[MethodKind], somebody_is_there: bool) -> HostError {
        let mut message = format!(
            "{}:{} refused the login as {}: {}",
            host.address,
            host.port,
            host.user,
            self.text()
        );
        let takes_keys = offered.is_empty() || offered.contains(&MethodKind::PublicKey);
        if self.accepted > 0 {
            message.push_str(&format!("; the server asks for {} as well", list(offered)));
        } else if !takes_keys {
            message.push_str(&format!("; the server takes only {}", list(offered)));
        }
        failure::auth(message, self.advice(host, offered, takes_keys, somebody_is_there))
    }

    fn advice(&self, host: &Host, offered: &[MethodKind], takes_keys: bool, somebody_is_there: bool) -> String {
        if self.password_refused {
            return "correct the password that `password` refers to; it was sent once".to_owned();
        }
        if takes_keys && self.accepted == 0 {
            return format!(
                "add one of these keys to ~{}/.ssh/authorized_keys on the host, or correct `user` or `key` in the \
                 inventory",
                host.user
            );
        }
        if takes_keys {
            return "the server wants a further key: name it as `key`, or load it into the agent".to_owned();
        }
        let mut ways = Vec::new();
        if host.ssh.password.is_none() {
            ways.push("give the host a login password by reference (`password: {env: LOGIN_PASSWORD}`)");
        }
        if offered.contains(&MethodKind::KeyboardInteractive) && !somebody_is_there {
            ways.push("run on a terminal, where its questions can be answered");
        }
        if self.accepted == 0 {
            ways.push("allow public keys for this account on the host");
        }
        if ways.is_empty() {
            ways.push("look at sshd's log on the host");
        }
        ways.join(", or ")
    }
}

fn list(methods: &[MethodKind]) -> String {
    let names: Vec<&str> = methods.iter().map(Into::into).collect();
    if names.is_empty() {
        "nothing that patchwave knows".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_one_verdict_share_it() {
        let mut account = Account::new(vec!["id_rsa: no such file".to_owned()]);
        account.add("one", "refused");
        account.add("two", "refused");
        account.add("three", "accepted");
        assert_eq!(
            account.text(),
            "one, two: refused; three: accepted; id_rsa: no such file"
        );
        assert_eq!(Account::default().text(), "nothing could be tried");
    }
}
