//! `ansible_become` and what belongs to it, and passwords.
//!
//! As in Ansible, nothing of it counts unless `ansible_become` switches it on.

use super::connection::{ConnectionReader, Picked};
use super::value::Value as Said;
use crate::inventory::settings::{Setting, Value};
use crate::model::host::{DEFAULT_BECOME_USER, Privilege, PrivilegeMethod, PrivilegeScope};
use crate::model::secret::{Secret, SecretReference};

/// The variables of one method: whom to become, with what password, by which program.
struct Names {
    method: PrivilegeMethod,
    user: &'static [&'static str],
    password: &'static [&'static str],
    program: &'static [&'static str],
}

const SUDO: Names = Names {
    method: PrivilegeMethod::Sudo,
    user: &["ansible_become_user", "ansible_sudo_user"],
    password: &["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"],
    program: &["ansible_become_exe", "ansible_sudo_exe"],
};

const SU: Names = Names {
    method: PrivilegeMethod::Su,
    user: &["ansible_become_user", "ansible_su_user"],
    password: &["ansible_become_password", "ansible_become_pass", "ansible_su_pass"],
    program: &["ansible_become_exe", "ansible_su_exe"],
};

const DOAS: Names = Names {
    method: PrivilegeMethod::Doas,
    user: &["ansible_become_user", "ansible_doas_user"],
    password: &["ansible_become_password", "ansible_become_pass", "ansible_doas_pass"],
    program: &["ansible_become_exe", "ansible_doas_exe"],
};

impl<'all> ConnectionReader<'all> {
    /// How the host's login user becomes root.
    pub(super) fn read_privilege(&mut self) {
        let Some(switch) = self.pick(&["ansible_become"]) else {
            return self.warn_of_privilege_without_switch();
        };
        match self.boolean(&switch) {
            Some(true) => {}
            Some(false) => {
                return self.set(Setting::Become, Value::Become(Privilege::default()), &switch);
            }
            None => return,
        }
        let Some(names) = self.method() else {
            return;
        };
        let user = self.pick(names.user);
        let user = match &user {
            Some(picked) => self.user(picked),
            None => Some(DEFAULT_BECOME_USER.to_owned()),
        };
        let password = self.pick(names.password);
        let password = password.and_then(|picked| self.password(&picked));
        if let Some(picked) = self.pick(names.program) {
            let message = format!("`{}` is not used", picked.name);
            let hint = "the program is found by its name on the host";
            self.warn(picked.place(), &message, hint);
        }
        if let Some(user) = user {
            let privilege = Privilege {
                method: names.method,
                user,
                password,
                scope: PrivilegeScope::default(),
            };
            self.set(Setting::Become, Value::Become(privilege), &switch);
        }
    }

    fn method(&mut self) -> Option<Names> {
        let Some(picked) = self.pick(&["ansible_become_method"]) else {
            return Some(SUDO);
        };
        let text = self.text(&picked)?;
        match text.as_str() {
            "sudo" | "ansible.builtin.sudo" | "ansible.legacy.sudo" => Some(SUDO),
            "su" | "ansible.builtin.su" | "ansible.legacy.su" => Some(SU),
            "doas" | "community.general.doas" => Some(DOAS),
            _ => {
                let message = format!("`ansible_become_method: {text}` cannot be used");
                self.problem(picked.place(), &message, "use `sudo`, `su` or `doas`");
                None
            }
        }
    }

    /// Playbooks say `become: true` and the inventory only how; here nothing else would say it.
    fn warn_of_privilege_without_switch(&mut self) {
        let names = [
            "ansible_become_method",
            "ansible_become_password",
            "ansible_become_pass",
            "ansible_sudo_pass",
        ];
        if let Some(picked) = self.pick(&names) {
            let message = format!("`{}` has no effect: `ansible_become` is not set", picked.name);
            let hint = "set `ansible_become: true` where it is to hold, for example in `group_vars/all`";
            self.warn(picked.place(), &message, hint);
        }
    }

    /// Where a password is kept: in the inventory itself, as Ansible allows, or in an environment variable.
    pub(super) fn password(&mut self, picked: &Picked<'all>) -> Option<SecretReference> {
        if let Said::Text(text) = &picked.given.variable.value
            && let Some(name) = environment_variable(text)
        {
            return Some(SecretReference::Env(name.to_owned()));
        }
        let text = self.text(picked)?;
        if text.is_empty() {
            return None;
        }
        let message = format!(
            "`{}` is a password that anyone who can read this file knows",
            picked.name
        );
        let hint = format!(
            "keep it elsewhere: `{}: \"{{{{ lookup('env', 'NAME') }}}}\"` is the environment variable NAME",
            picked.name
        );
        self.warn(picked.place(), &message, &hint);
        Some(SecretReference::Written(Secret::new(text)))
    }
}

/// The name in `{{ lookup('env', 'NAME') }}`, the one template that is understood.
fn environment_variable(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let arguments = inside
        .strip_prefix("lookup")?
        .trim_start()
        .strip_prefix('(')?
        .strip_suffix(')')?;
    let (plugin, name) = arguments.split_once(',')?;
    let is_environment = matches!(unquoted(plugin)?, "env" | "ansible.builtin.env");
    let name = unquoted(name)?;
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_environment && is_name).then_some(name)
}

fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    ['\'', '"']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_look_up_of_the_environment_is_understood() {
        for text in [
            "{{ lookup('env', 'SUDO_PASS') }}",
            "{{lookup(\"ansible.builtin.env\",\"SUDO_PASS\")}}",
            " {{ lookup( 'env' , 'SUDO_PASS' ) }} ",
        ] {
            assert_eq!(environment_variable(text), Some("SUDO_PASS"), "{text}");
        }
        for text in [
            "{{ lookup('env', 'A') | default('x') }}",
            "x{{ lookup('env', 'A') }}",
            "{{ lookup('pipe', 'A') }}",
            "{{ lookup('env', 'A', 'B') }}",
            "{{ lookup('env', name) }}",
            "{{ vault_password }}",
        ] {
            assert_eq!(environment_variable(text), None, "{text}");
        }
    }
}
