//! Rules of sudo and doas: the smallest that let a login do what patchwave does with it. Pure.
//!
//! What must stay true: a rule allows the very command that is run ([`super::privilege`],
//! [`crate::manager::refresh`]), without a wildcard, and its comment says what it really allows.

use crate::manager::refresh::{Command, UnprivilegedRefresh, unprivileged_refresh};
use crate::model::host::PrivilegeMethod;
use crate::model::manager::Manager;

use super::privilege::{PRIVILEGED_SHELL, is_plain_name};

/// What a login is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Scan, and refresh the package lists for it.
    Scan,
    /// Everything.
    Apply,
}

/// For whom rules are written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleRequest {
    /// The login.
    pub user: String,
    /// The user that it becomes.
    pub target: String,
    /// Whether it is asked for its password first.
    pub with_password: bool,
    /// What it is to do.
    pub purpose: Purpose,
}

/// Why no rules can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A name that would mean something else in the file.
    #[error("`{0}` cannot be written as a user into a rule")]
    Name(String),
    /// A method without rules.
    #[error("`{0}` has no rules: it asks for the password of the user to become")]
    Method(PrivilegeMethod),
}

/// The rules for one login, with comments, ready for a file of their own. `managers` matter for a scan alone.
///
/// # Errors
/// See [`RuleError`].
pub fn rules(method: PrivilegeMethod, request: &RuleRequest, managers: &[Manager]) -> Result<String, RuleError> {
    if !matches!(method, PrivilegeMethod::Sudo | PrivilegeMethod::Doas) {
        return Err(RuleError::Method(method));
    }
    for name in [&request.user, &request.target] {
        if !is_plain_name(name) || is_alias(name) {
            return Err(RuleError::Name(name.clone()));
        }
    }
    let lines = match request.purpose {
        Purpose::Apply => apply_rules(method, request),
        Purpose::Scan => scan_rules(method, request, managers),
    };
    Ok(lines.join("\n") + "\n")
}

/// sudoers(5): a word of capitals is `ALL`, or an alias for anybody.
fn is_alias(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn apply_rules(method: PrivilegeMethod, request: &RuleRequest) -> Vec<String> {
    let RuleRequest { user, target, .. } = request;
    vec![
        format!(
            "# Everything that patchwave does: {user} becomes {target} by this one command, and sends its scripts to it."
        ),
        format!(
            "# Whoever may run it can do whatever {target} can. No smaller rule would be an honest one: installing"
        ),
        "# packages runs the scripts inside them as root.".to_owned(),
        rule(method, request, &PRIVILEGED_SHELL),
    ]
}

fn scan_rules(method: PrivilegeMethod, request: &RuleRequest, managers: &[Manager]) -> Vec<String> {
    let user = &request.user;
    let mut lines = vec![
        format!("# What a scan needs, with `become: {{method: {method}, scope: refresh}}` in the inventory: scripts run as {user},"),
        "# and only the package lists are refreshed as root, from the repositories that root configured. It allows exactly".to_owned(),
        "# these commands: no argument can be added, nothing is installed.".to_owned(),
    ];
    for manager in managers {
        match unprivileged_refresh(*manager) {
            UnprivilegedRefresh::AsRoot(commands) => {
                lines.push(format!("# {manager}"));
                lines.extend(commands.iter().map(|command| rule(method, request, command)));
            }
            UnprivilegedRefresh::OfItsOwn(why) => lines.push(format!("# {manager} needs no rule: {why}.")),
            UnprivilegedRefresh::Impossible(why) => lines.push(format!("# {manager}: {why}.")),
        }
    }
    lines
}

fn rule(method: PrivilegeMethod, request: &RuleRequest, command: Command) -> String {
    let RuleRequest { user, target, .. } = request;
    if method == PrivilegeMethod::Doas {
        let option = if request.with_password { "" } else { "nopass " };
        let (program, arguments) = command.split_first().unwrap_or((&"", &[]));
        let arguments: Vec<String> = arguments.iter().map(|word| doas_word(word)).collect();
        // doas hands on no language, and the answers are read in English.
        return format!(
            "permit {option}setenv {{ LC_ALL=C }} {user} as {target} cmd {program} args {}",
            arguments.join(" ")
        );
    }
    let option = if request.with_password { "" } else { "NOPASSWD: " };
    let words: Vec<String> = command.iter().map(|word| sudo_word(word)).collect();
    format!("{user} ALL=({target}) {option}{}", words.join(" "))
}

/// sudoers(5): commas, colons, equals signs and backslashes of arguments stand behind a backslash.
fn sudo_word(word: &str) -> String {
    let mut escaped = String::new();
    for character in word.chars() {
        if matches!(character, ',' | ':' | '=' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// doas.conf(5): a word with blanks stands in quotes.
fn doas_word(word: &str) -> String {
    if word.contains([' ', ';', '"', '\\']) {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(purpose: Purpose) -> RuleRequest {
        RuleRequest {
            user: "deploy".to_owned(),
            target: "root".to_owned(),
            with_password: false,
            purpose,
        }
    }

    fn written(method: PrivilegeMethod, request: &RuleRequest, managers: &[Manager]) -> Vec<String> {
        let text = rules(method, request, managers).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn the_rule_for_everything_is_one_command() {
        assert_eq!(
            written(PrivilegeMethod::Sudo, &request(Purpose::Apply), &[]),
            ["deploy ALL=(root) NOPASSWD: /bin/sh -c echo PATCHWAVE-READY; exec /bin/sh -s"]
        );
        let asked = RuleRequest {
            with_password: true,
            ..request(Purpose::Apply)
        };
        assert!(written(PrivilegeMethod::Sudo, &asked, &[])[0].starts_with("deploy ALL=(root) /bin/sh"));
        assert_eq!(
            written(PrivilegeMethod::Doas, &request(Purpose::Apply), &[]),
            ["permit nopass setenv { LC_ALL=C } deploy as root cmd /bin/sh args -c \
              \"echo PATCHWAVE-READY; exec /bin/sh -s\""]
        );
    }

    #[test]
    fn the_rules_for_a_scan_are_the_refresh_alone() {
        let managers = [Manager::Apt, Manager::Dnf4, Manager::Apk];
        assert_eq!(
            written(PrivilegeMethod::Sudo, &request(Purpose::Scan), &managers),
            [
                "deploy ALL=(root) NOPASSWD: /usr/bin/timeout 240 /usr/bin/apt-get -q --error-on\\=any update",
                "deploy ALL=(root) NOPASSWD: /usr/bin/timeout 240 /usr/bin/apt-get -q -q update",
                "deploy ALL=(root) NOPASSWD: /usr/bin/timeout 240 /sbin/apk --wait 5 update",
            ]
        );
    }

    #[test]
    fn a_name_that_is_more_than_a_name_is_refused() {
        for name in ["ALL", "ADMINS", "%wheel", "a,b", "#0", "a b", "x ALL=(ALL) ALL"] {
            let named = RuleRequest {
                user: name.to_owned(),
                ..request(Purpose::Apply)
            };
            assert!(rules(PrivilegeMethod::Sudo, &named, &[]).is_err(), "{name}");
        }
        assert!(rules(PrivilegeMethod::Su, &request(Purpose::Apply), &[]).is_err());
    }
}
