//! The settings of one layer (a host, a group, the defaults), each with the place where it was written.
//!
//! Two layers of the same rank must agree, with two exceptions on the careful side: what is excluded is
//! excluded by everyone together, and of two words on reboots the stricter one counts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::document::Located;
use crate::model::host::{Connect, Privilege, RebootPolicy};
use crate::model::name::HostName;
use crate::model::secret::SecretReference;
use crate::model::ssh_options::SshOption;

/// What can be set. Each label is a setting of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Setting {
    Address,
    Port,
    User,
    Key,
    /// The login password.
    Password,
    Jump,
    Become,
    HostKey,
    Connect,
    Exclude,
    Reboot,
    /// Options as after `ssh -o`.
    SshOptions,
    /// The file as after `ssh -F`.
    SshConfiguration,
    Label(String),
}

/// What it is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Address(String),
    Port(u16),
    User(String),
    Key(Vec<PathBuf>),
    Password(SecretReference),
    Jump(Vec<HostName>),
    Become(Privilege),
    HostKey(String),
    Connect(Connect),
    Exclude(Vec<String>),
    Reboot(RebootPolicy),
    SshOptions(Vec<SshOption>),
    SshConfiguration(PathBuf),
    Label(String),
}

/// All that one layer sets.
pub(super) type Settings = BTreeMap<Setting, Located<Value>>;

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Address => "address",
            Self::Port => "port",
            Self::User => "user",
            Self::Key => "key",
            Self::Password => "password",
            Self::Jump => "jump",
            Self::Become => "become",
            Self::HostKey => "host_key",
            Self::Connect => "connect",
            Self::Exclude => "exclude",
            Self::Reboot => "reboot",
            Self::SshOptions => "ssh_options",
            Self::SshConfiguration => "ssh_config",
            Self::Label(key) => return write!(formatter, "labels.{key}"),
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) | Self::User(text) | Self::HostKey(text) | Self::Label(text) => {
                formatter.write_str(text)
            }
            Self::Port(port) => write!(formatter, "{port}"),
            Self::Key(paths) => write_list(formatter, paths.iter().map(|path| path.display())),
            Self::Password(reference) => formatter.write_str(place_of(reference)),
            Self::Jump(hosts) => write_list(formatter, hosts),
            Self::Become(privilege) => write_privilege(formatter, privilege),
            Self::Connect(Connect::Ssh) => formatter.write_str("ssh"),
            Self::Connect(Connect::Local) => formatter.write_str("local"),
            Self::Exclude(patterns) => write_list(formatter, patterns),
            Self::Reboot(policy) => write!(formatter, "{policy}"),
            Self::SshOptions(options) => write_list(formatter, options),
            Self::SshConfiguration(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// Where a password is kept, in words that say nothing of it.
fn place_of(reference: &SecretReference) -> &'static str {
    match reference {
        SecretReference::Env(_) => "from an environment variable",
        SecretReference::Command(_) => "from a command",
        SecretReference::File(_) => "from a file",
        SecretReference::Prompt(_) => "asked for",
        SecretReference::Written(_) => "written in the inventory",
    }
}

fn write_list<T: fmt::Display>(formatter: &mut fmt::Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if words.is_empty() {
        formatter.write_str("none")
    } else {
        formatter.write_str(&words.join(", "))
    }
}

fn write_privilege(formatter: &mut fmt::Formatter<'_>, privilege: &Privilege) -> fmt::Result {
    write!(formatter, "{}", privilege.method)?;
    if privilege.user != "root" {
        write!(formatter, " to {}", privilege.user)?;
    }
    if privilege.password.is_some() {
        formatter.write_str(", with a password")?;
    }
    if privilege.only_for_refresh().is_some() {
        formatter.write_str(", to refresh the package lists alone")?;
    }
    Ok(())
}

/// The value that both agree on, or that the careful rules make of both; `None` when they contradict.
pub(super) fn agree(first: &Value, second: &Value) -> Option<Value> {
    match (first, second) {
        (Value::Exclude(first), Value::Exclude(second)) => {
            let mut patterns = first.clone();
            patterns.extend(second.iter().filter(|pattern| !first.contains(pattern)).cloned());
            Some(Value::Exclude(patterns))
        }
        (Value::Reboot(first), Value::Reboot(second)) => Some(Value::Reboot(*first.min(second))),
        // Where an option stands is no difference.
        (Value::SshOptions(_), Value::SshOptions(_)) => {
            (first.to_string() == second.to_string()).then(|| first.clone())
        }
        _ => (first == second).then(|| first.clone()),
    }
}

/// Adds what another place says about the same host, group or defaults.
pub(super) fn combine(settings: &mut Settings, more: &Settings, whose: &str, problems: &mut Diagnostics) {
    for (setting, value) in more {
        let Some(present) = settings.get_mut(setting) else {
            settings.insert(setting.clone(), value.clone());
            continue;
        };
        match agree(&present.value, &value.value) {
            Some(agreed) => present.value = agreed,
            None => problems.push(
                Diagnostic::new(
                    value.place.clone(),
                    format!(
                        "{whose} has two values for `{setting}`: `{}` and `{}`",
                        present.value, value.value
                    ),
                )
                .with_related(present.place.clone(), format!("`{}` is set here", present.value))
                .with_hint("keep one of the two"),
            ),
        }
    }
}
