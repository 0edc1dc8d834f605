//! What `doctor` finds on a host: a list of checks, each with an outcome, what was seen and what to do about it.

use std::fmt;

use serde::Serialize;

use super::error::{ErrorCode, HostError};
use super::manager::Manager;
use super::name::HostName;
use super::text::{printable, shorten};

/// As many characters as are kept of what was seen.
const LONGEST: usize = 400;

/// What is looked at, in the order in which a host is reached and used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Address, port and the way to them.
    Reach,
    /// Whether the host is the one that it should be.
    HostKey,
    /// The login.
    Login,
    /// Becoming root, by the very command that every other command of patchwave uses.
    Privilege,
    /// The shell, and the programs that the scripts need.
    Programs,
    /// Which package manager the host has.
    Manager,
    /// Who holds its lock.
    Lock,
    /// Whether a package is between two states.
    Packages,
    /// How old the package lists are.
    Metadata,
    /// Free bytes and files where packages go.
    Space,
    /// File systems that are mounted read-only.
    FileSystems,
    /// The folder that jobs are kept in.
    JobFolder,
    /// Jobs of patchwave that are there.
    Jobs,
    /// The host's clock against the one here.
    Clock,
    /// Whether a reboot is needed.
    Reboot,
    /// Units that failed.
    Services,
}

impl Topic {
    /// Every one, in order.
    pub const ALL: [Self; 16] = [
        Self::Reach,
        Self::HostKey,
        Self::Login,
        Self::Privilege,
        Self::Programs,
        Self::Manager,
        Self::Lock,
        Self::Packages,
        Self::Metadata,
        Self::Space,
        Self::FileSystems,
        Self::JobFolder,
        Self::Jobs,
        Self::Clock,
        Self::Reboot,
        Self::Services,
    ];

    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::HostKey => "host-key",
            Self::Login => "login",
            Self::Privilege => "privilege",
            Self::Programs => "programs",
            Self::Manager => "manager",
            Self::Lock => "lock",
            Self::Packages => "packages",
            Self::Metadata => "metadata",
            Self::Space => "space",
            Self::FileSystems => "file-systems",
            Self::JobFolder => "job-folder",
            Self::Jobs => "jobs",
            Self::Clock => "clock",
            Self::Reboot => "reboot",
            Self::Services => "services",
        }
    }

    /// Whether it is about the way to the host, not about the host.
    #[must_use]
    pub fn is_of_connection(self) -> bool {
        matches!(self, Self::Reach | Self::HostKey | Self::Login)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// How a check came out. Ordered from the best to the worst that can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It was not looked at, most often because an earlier check failed.
    NotReached,
    /// It cannot be told, most often without root.
    Unknown,
    /// It works, and is worth a look.
    Warning,
    /// A scan or an update will fail.
    Failed,
}

impl Outcome {
    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotReached => "not-reached",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One check of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub check: Topic,
    /// How it came out.
    pub outcome: Outcome,
    /// What was seen; safe to show.
    pub seen: String,
    /// What to do about it, in a line.
    pub remedy: Option<String>,
    /// The code of the error that a scan or an update would end with.
    pub code: Option<ErrorCode>,
}

impl Check {
    fn new(check: Topic, outcome: Outcome, seen: impl AsRef<str>, remedy: Option<&str>) -> Self {
        Self {
            check,
            outcome,
            seen: shorten(&printable(seen.as_ref()), LONGEST),
            remedy: remedy.map(|remedy| shorten(&printable(remedy), LONGEST)),
            code: None,
        }
    }

    /// All is well.
    #[must_use]
    pub fn ok(check: Topic, seen: impl AsRef<str>) -> Self {
        Self::new(check, Outcome::Ok, seen, None)
    }

    /// Worth a look.
    #[must_use]
    pub fn warning(check: Topic, seen: impl AsRef<str>, remedy: impl AsRef<str>) -> Self {
        Self::new(check, Outcome::Warning, seen, Some(remedy.as_ref()))
    }

    /// Wrong.
    #[must_use]
    pub fn failed(check: Topic, seen: impl AsRef<str>, remedy: impl AsRef<str>) -> Self {
        Self::new(check, Outcome::Failed, seen, Some(remedy.as_ref()))
    }

    /// It cannot be told.
    #[must_use]
    pub fn unknown(check: Topic, seen: impl AsRef<str>, remedy: impl AsRef<str>) -> Self {
        Self::new(check, Outcome::Unknown, seen, Some(remedy.as_ref()))
    }

    /// A check that was not made, for a reason of its own.
    #[must_use]
    pub fn not_made(check: Topic, why: impl AsRef<str>) -> Self {
        Self::new(check, Outcome::NotReached, why, None)
    }

    /// The error that ended the examination of a host.
    #[must_use]
    pub fn error(check: Topic, error: &HostError) -> Self {
        Self {
            code: Some(error.code),
            ..Self::failed(check, &error.message, &error.hint)
        }
    }

    /// The same check with the code that a scan or an update would end with.
    #[must_use]
    pub fn with_code(self, code: ErrorCode) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// A check that an earlier one kept from being made.
    #[must_use]
    pub fn not_reached(check: Topic) -> Self {
        Self::not_made(check, "an earlier check failed")
    }
}

/// A host in one word, the worst of its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckupState {
    /// Nothing to do.
    Well,
    /// It works, and something is worth a look or cannot be told.
    Warning,
    /// It could not be talked to: the way to it, its key or the login.
    Unreachable,
    /// A scan or an update will fail.
    Failed,
}

/// What was found on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostCheckup {
    /// The host's name in the inventory.
    pub name: HostName,
    /// Where it is reached.
    pub address: String,
    /// The TCP port.
    pub port: u16,
    /// The worst of its checks.
    pub state: CheckupState,
    /// The package manager, when it is known.
    pub manager: Option<Manager>,
    /// From the first packet to the last, in milliseconds.
    pub duration_ms: u64,
    /// Every check, in the order of [`Topic::ALL`].
    pub checks: Vec<Check>,
}

impl HostCheckup {
    /// Puts the checks into order, adds those that were not reached, and says how the host is.
    #[must_use]
    pub fn new(name: HostName, address: String, port: u16, mut checks: Vec<Check>) -> Self {
        for topic in Topic::ALL {
            if !checks.iter().any(|check| check.check == topic) {
                checks.push(Check::not_reached(topic));
            }
        }
        checks.sort_by_key(|check| check.check);
        let worst = checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Ok);
        let failed_on_the_way = checks
            .iter()
            .any(|check| check.outcome == Outcome::Failed && check.check.is_of_connection());
        let state = match worst {
            Outcome::Ok | Outcome::NotReached => CheckupState::Well,
            Outcome::Unknown | Outcome::Warning => CheckupState::Warning,
            Outcome::Failed if failed_on_the_way => CheckupState::Unreachable,
            Outcome::Failed => CheckupState::Failed,
        };
        Self {
            name,
            address,
            port,
            state,
            manager: None,
            duration_ms: 0,
            checks,
        }
    }
}

/// A fleet in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CheckupSummary {
    /// Hosts that were selected.
    pub hosts: usize,
    /// Nothing to do.
    pub well: usize,
    /// Worth a look.
    pub warning: usize,
    /// Not to be talked to.
    pub unreachable: usize,
    /// A scan or an update will fail.
    pub failed: usize,
}

impl CheckupSummary {
    /// Counts.
    #[must_use]
    pub fn of(hosts: &[HostCheckup]) -> Self {
        let count = |state| hosts.iter().filter(|host| host.state == state).count();
        Self {
            hosts: hosts.len(),
            well: count(CheckupState::Well),
            warning: count(CheckupState::Warning),
            unreachable: count(CheckupState::Unreachable),
            failed: count(CheckupState::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(checks: Vec<Check>) -> HostCheckup {
        HostCheckup::new(HostName::new("a").unwrap(), "a".to_owned(), 22, checks)
    }

    #[test]
    fn a_host_is_as_its_worst_check() {
        let all = |outcome: fn(Topic) -> Check| Topic::ALL.map(outcome).to_vec();
        assert_eq!(host(all(|topic| Check::ok(topic, ""))).state, CheckupState::Well);
        let mut checks = all(|topic| Check::ok(topic, ""));
        checks[7] = Check::warning(Topic::Packages, "x", "y");
        assert_eq!(host(checks.clone()).state, CheckupState::Warning);
        checks[8] = Check::failed(Topic::Metadata, "x", "y");
        assert_eq!(host(checks).state, CheckupState::Failed);
    }

    #[test]
    fn what_comes_after_a_failed_login_was_not_reached() {
        let found = host(vec![
            Check::ok(Topic::Reach, ""),
            Check::ok(Topic::HostKey, ""),
            Check::failed(Topic::Login, "refused", "a key"),
        ]);
        assert_eq!(found.state, CheckupState::Unreachable);
        assert_eq!(found.checks.len(), Topic::ALL.len());
        assert_eq!(found.checks[3].outcome, Outcome::NotReached);
    }
}
