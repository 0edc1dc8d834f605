//! The variables that say something about connections. Others may hold anything and are never looked at.

use std::collections::BTreeMap;

use super::value::Value;
use crate::model::diagnostic::Place;
use crate::model::document::{Entry, Reader};

/// One value of a variable at the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// What one layer says: every value that a variable was given there, the last one counts.
pub(super) type Variables = BTreeMap<&'static str, Vec<Variable>>;

/// Which group is stronger among those of the same depth; only an inventory itself can set it.
pub(super) const PRIORITY: &str = "ansible_group_priority";

/// Every variable that is looked at, by name.
const KNOWN: [&str; 42] = [
    "ansible_become",
    "ansible_become_exe",
    "ansible_become_method",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_become_user",
    "ansible_connection",
    "ansible_doas_exe",
    "ansible_doas_pass",
    "ansible_doas_user",
    "ansible_group_priority",
    "ansible_host",
    "ansible_host_key_checking",
    "ansible_password",
    "ansible_port",
    "ansible_private_key",
    "ansible_private_key_file",
    "ansible_private_key_passphrase",
    "ansible_shell_type",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_executable",
    "ansible_ssh_extra_args",
    "ansible_ssh_host",
    "ansible_ssh_host_key_checking",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_ssh_pkcs11_provider",
    "ansible_ssh_port",
    "ansible_ssh_private_key",
    "ansible_ssh_private_key_file",
    "ansible_ssh_private_key_passphrase",
    "ansible_ssh_timeout",
    "ansible_ssh_user",
    "ansible_su_exe",
    "ansible_su_pass",
    "ansible_su_user",
    "ansible_sudo_exe",
    "ansible_sudo_pass",
    "ansible_sudo_user",
    "ansible_timeout",
    "ansible_user",
];

/// The name, when it is one that is looked at.
pub(super) fn known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| *known == name)
}

/// Whether a variable's value is a password.
pub(super) fn is_password(name: &str) -> bool {
    name.ends_with("_pass") || name.ends_with("_password") || name.ends_with("passphrase") || name.ends_with("_key")
}

/// Every variable of a mapping that is looked at.
pub(super) fn of_entries(reader: &mut Reader, entries: &[Entry]) -> Vec<(&'static str, Variable)> {
    let mut variables = Vec::new();
    for entry in entries {
        let Some(name) = known(&entry.key) else {
            continue;
        };
        if is_password(name) {
            reader.hide_line(entry.span);
            reader.hide_line(entry.value.span);
        }
        let value = Value::of(&entry.value);
        let place = reader.place(entry.value.span);
        variables.push((name, Variable { value, place }));
    }
    variables
}
