//! What keeps a host from being rebooted, and what is done when it does not come back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a playbook says of reboots beyond whether they happen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RebootRule {
    /// What must not be there when a host is rebooted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Blocker>,
    /// What is done about a host that is blocked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub blocked: WhenBlocked,
    /// For how long a blocked host is waited for; `None` for not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
    /// The deadline of a reboot; `None` for the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// A program on the controller with its arguments, run when a host did not come back in time: power it on, open a
    /// ticket. After it, the host is waited for once more. Texts may be templates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recover: Vec<String>,
    /// Whether each host is rebooted, be it that it needs none: never a playbook's word, only that of `reboot --always`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub asked: bool,
}

/// Something that keeps a host from being rebooted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Blocker {
    /// A user is logged in, beside the login of patchwave itself.
    Users,
    /// An inhibitor of systemd-logind holds `shutdown`.
    Inhibitors,
    /// A unit of that glob runs: a backup.
    Unit(String),
    /// The file is there: a lock.
    File(String),
    /// The program exits with another code than 0.
    Command(Vec<String>),
}

/// What is done about a host that is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenBlocked {
    /// It fails: its reboot is due and was not made.
    #[default]
    Fail,
    /// It is left as it is, and the reboot is reported as due.
    Report,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
