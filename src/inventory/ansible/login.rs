//! Where a host is, and who logs in there with what.

use super::connection::{ConnectionReader, Picked};
use crate::inventory::setting_reader::{check_address, check_user};
use crate::inventory::settings::{Setting, Value};

impl ConnectionReader<'_> {
    /// Where the host is.
    pub(super) fn read_address(&mut self) {
        let Some(picked) = self.pick(&["ansible_host", "ansible_ssh_host"]) else {
            return;
        };
        let Some(text) = self.text(&picked) else {
            return;
        };
        match check_address(&text) {
            Ok(address) => self.set(Setting::Address, Value::Address(address), &picked),
            Err(message) => {
                let message = message
                    .replace("`address:", "`ansible_host:")
                    .replace("`user:", "`ansible_user:");
                let message = message.replace("`port:", "`ansible_port:");
                self.problem(picked.place(), &message, "`ansible_host` is a name or an IP address");
            }
        }
    }

    /// Port, user, key and password.
    pub(super) fn read_login(&mut self) {
        if let Some(picked) = self.pick(&["ansible_port", "ansible_ssh_port"])
            && let Some(port) = self.port(&picked)
        {
            self.set(Setting::Port, Value::Port(port), &picked);
        }
        if let Some(picked) = self.pick(&["ansible_user", "ansible_ssh_user"])
            && let Some(user) = self.user(&picked)
        {
            self.set(Setting::User, Value::User(user), &picked);
        }
        if let Some(picked) = self.pick(&["ansible_private_key_file", "ansible_ssh_private_key_file"])
            && let Some(text) = self.text(&picked)
        {
            match self.paths.resolve(&text) {
                Ok(path) => self.set(Setting::Key, Value::Key(vec![path]), &picked),
                Err(message) => self.problem(picked.place(), &message, "write the path of a private key"),
            }
        }
        if let Some(picked) = self.pick(&["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"])
            && let Some(password) = self.password(&picked)
        {
            self.set(Setting::Password, Value::Password(password), &picked);
        }
    }

    fn port(&mut self, picked: &Picked<'_>) -> Option<u16> {
        let text = self.text(picked)?;
        let port = text.trim().parse().ok().filter(|port| *port > 0);
        if port.is_none() {
            let message = format!("expected a port from 1 to 65535 for `{}`, found `{text}`", picked.name);
            self.problem(picked.place(), &message, "write the number of the port");
        }
        port
    }

    /// The name of a user.
    pub(super) fn user(&mut self, picked: &Picked<'_>) -> Option<String> {
        let text = self.text(picked)?;
        match check_user(&text) {
            Ok(user) => Some(user),
            Err(message) => {
                let message = format!("`{}`: {message}", picked.name);
                self.problem(picked.place(), &message, "write the name of a user");
                None
            }
        }
    }
}
