//! The probe: one script, one round trip: facts, updates and, when asked for, all installed packages.
//!
//! Data lines of the script: the refresh policy (`always`, `never`, `older-than`), its seconds, `yes`
//! or `no` for the list of installed packages, the seconds to wait for a lock of the manager, and the program by which
//! the refresh alone runs as root (`sudo`, `doas`), or `none`.
//!
//! Sections of the answer, in this order; a simulated host must print the same:
//!
//! - `os-release`, `system`, `kernels`, `reboot-flags`, `services`, `failed-units`, `needrestart`: see [`super::facts`]. A system that is
//!   refused, or has no manager that we know, ends after them.
//! - `lock`, of managers that cannot even list while another process holds the lock: who it was waited for. With
//!   another exit code than 0 nothing is listed but what is installed.
//! - `metadata`: lines `age=SECONDS` (or `unknown`) of the manager's metadata before this probe, and
//!   `refresh=` `wanted`, `not-wanted`, `fresh-enough` or `needs-root`.
//! - `refresh`, only when wanted: what refreshing printed, and its exit code.
//! - the manager's own sections: see its file in [`crate::manager`]. One that several have: `repository-ages`,
//!   lines `SECONDS REPOSITORY`: how old each repository's metadata is after the refresh.
//! - `reboot-check`, of managers that have one: see [`super::facts`].
//! - `installed`, only when asked for: lines `NAME|ARCHITECTURE|VERSION`.

use std::sync::LazyLock;
use std::time::Duration;

use crate::manager::{self, detect, failure, parse_installed};
use crate::model::duration::age_in_words;
use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::{Facts, Metadata, RepositoryFailure, RepositoryFault};
use crate::model::host::PrivilegeMethod;
use crate::model::manager::Manager;
use crate::model::section::Sections;
use crate::model::text::count;
use crate::model::update::Update;

use super::facts::{System, facts, operating_system};
use super::frame;
use super::program;
use super::script::{Nonce, Program, Script, UnsendableValue};
use super::transport::ScriptOutput;

/// What kind of script a probe is.
pub const KIND: &str = "probe";

/// Put together once: it is the longest of all programs, and goes to every host of a fleet at once.
static PROBE: LazyLock<Program> = LazyLock::new(|| Program::new(KIND, &program::probe()));

/// When the package manager's metadata is fetched anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// At every probe.
    Always,
    /// Not at all: what the host knows is used.
    Never,
    /// When it is older than this, or its age cannot be told.
    OlderThan(Duration),
}

/// What a probe reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeRequest {
    /// When the package manager's metadata is fetched anew.
    pub refresh: Refresh,
    /// Whether every installed package is listed as well.
    pub installed: bool,
    /// How long another process is waited for that holds the package manager's lock.
    pub lock_wait: Duration,
}

pub use crate::manager::Installed;

/// What a probe read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the host is.
    pub facts: Facts,
    /// Every update, pending or not, in the order of package names.
    pub updates: Vec<Update>,
    /// Things worth a line that are neither an update nor an error.
    /// They hold foreign text; make them printable before showing them.
    pub notices: Vec<String>,
    /// Every installed package; `None` when it was not asked for.
    pub installed: Option<Installed>,
    /// Why no transaction may be begun on the host: a package is between two states.
    pub broken: Option<HostError>,
}

/// The script that probes a host. It wants root where the manager does, and works without where it can.
///
/// # Errors
/// None in practice: no value of a request holds a line break.
pub fn probe_script(request: &ProbeRequest, nonce: Nonce) -> Result<Script, UnsendableValue> {
    probe_script_through(request, None, nonce)
}

/// The same for a host where the script runs as the login user, and the refresh alone as root by that program.
///
/// # Errors
/// As [`probe_script`].
pub fn probe_script_through(
    request: &ProbeRequest,
    through: Option<PrivilegeMethod>,
    nonce: Nonce,
) -> Result<Script, UnsendableValue> {
    let (policy, seconds) = match request.refresh {
        Refresh::Always => ("always", 0),
        Refresh::Never => ("never", 0),
        Refresh::OlderThan(age) => ("older-than", age.as_secs()),
    };
    let installed = if request.installed { "yes" } else { "no" };
    Script::of_program(
        &PROBE,
        nonce,
        [
            policy,
            &seconds.to_string(),
            installed,
            &request.lock_wait.as_secs().to_string(),
            &through.unwrap_or(PrivilegeMethod::None).to_string(),
        ],
    )
}

/// Reads only the list of installed packages: it is there even when updates cannot be listed.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the output is not complete or has no such list.
pub fn parse_installed_only(output: &ScriptOutput, nonce: &Nonce) -> Result<Installed, HostError> {
    let sections = frame::parse(output, nonce)?;
    match sections.get("installed") {
        Some(section) => Ok(parse_installed(&section.stdout).0),
        None => Err(HostError::new(
            ErrorCode::Protocol,
            "the host did not say what is installed",
            "scan the host: `patchwave scan` says what is wrong with it",
        )),
    }
}

/// Reads only which manager the host has: it is known even when updates cannot be listed.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the output is not complete, `E_UNSUPPORTED` for a host that must not be changed
/// this way.
pub fn parse_manager_only(output: &ScriptOutput, nonce: &Nonce) -> Result<Manager, HostError> {
    let sections = frame::parse(output, nonce)?;
    let system = System::parse(sections.text("system"));
    let os = operating_system(sections.text("os-release"));
    detect::manager(system.get("refused"), system.get("manager"), &os.name)
}

/// Reads what a probe printed.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the output is not complete, `E_UNSUPPORTED` for a host that must not be
/// changed this way, `E_LOCK`, `E_REPO`, `E_SUDO` or `E_MANAGER` when the updates cannot be known.
pub fn parse_probe(output: &ScriptOutput, nonce: &Nonce) -> Result<Probe, HostError> {
    let sections = frame::parse(output, nonce)?;
    let system = System::parse(sections.text("system"));
    let os = operating_system(sections.text("os-release"));
    let manager = detect::manager(system.get("refused"), system.get("manager"), &os.name)?;
    if let Some(section) = sections.get("lock").filter(|section| section.exit_code != 0) {
        return Err(failure(manager, section.exit_code, &section.stdout));
    }
    let mut notices = Vec::new();
    if let Some(why) = manager.scan_only() {
        notices.push(format!("hosts with {manager} are only scanned: {why}"));
    }
    refresh_notice(manager, &sections, &system, &mut notices)?;
    let listing = manager::updates(manager, &sections)?;
    notices.extend(listing.notices);
    let mut unparsed = listing.unparsed;
    let installed = sections.get("installed").map(|section| {
        let (installed, not_understood) = parse_installed(&section.stdout);
        unparsed += not_understood;
        installed
    });
    if unparsed > 0 {
        notices.push(format!(
            "{} of {manager} not understood; please report it",
            count(unparsed, "line")
        ));
    }
    let mut facts = facts(&sections, &system, os, manager);
    facts.metadata = metadata(manager, &sections);
    Ok(Probe {
        facts,
        updates: listing.updates,
        notices,
        installed,
        broken: listing.broken,
    })
}

/// A refresh that failed is an error when it was the lock, or when there is nothing to fall back on. When
/// older metadata still serves, it is a notice.
fn refresh_notice(
    manager: Manager,
    sections: &Sections,
    system: &System<'_>,
    notices: &mut Vec<String>,
) -> Result<(), HostError> {
    let known = manager::knows_repositories(manager, sections);
    let metadata = System::parse(sections.text("metadata"));
    if metadata.get("refresh") == "needs-root" {
        notices.push(format!(
            "not root: the metadata was not refreshed (age: {})",
            shown_age(metadata.get("age"))
        ));
    }
    if let Some(problem) = manager::refresh_problem(manager, sections) {
        let failures = manager::repository_failures(manager, sections);
        if matches!(problem.code, ErrorCode::Lock | ErrorCode::Sudo) {
            return Err(problem);
        }
        if !known {
            return Err(no_repository(&failures).unwrap_or(problem));
        }
        if is_cut_off(sections) {
            notices.push(format!(
                "the refresh took too long and was ended, older metadata was used (age: {})",
                shown_age(metadata.get("age"))
            ));
            return Ok(());
        }
        // Failures that are known one by one are facts, and shown as such.
        if !failures.is_empty() {
            return Ok(());
        }
        notices.push(format!(
            "the refresh failed, older metadata was used (age: {}): {}",
            shown_age(metadata.get("age")),
            problem.message
        ));
    } else if !known {
        return Err(HostError::new(
            ErrorCode::Repo,
            "the host has no repository metadata to find updates in",
            if system.is_root() {
                "configure a repository on the host, then scan with `--refresh always`"
            } else {
                "scan as root (`become: sudo`), so that the metadata can be fetched"
            },
        ));
    }
    Ok(())
}

/// Whether `timeout` ended the refresh: repositories that were not reached yet are no known failures.
fn is_cut_off(sections: &Sections) -> bool {
    sections
        .get("refresh")
        .is_some_and(|section| matches!(section.exit_code, 124 | 137 | 143))
}

/// Nothing is known, because of these failures. The first that tells a kind has the remedy.
fn no_repository(failures: &[RepositoryFailure]) -> Option<HostError> {
    let telling = failures.iter().find(|failure| failure.fault != RepositoryFault::Other);
    let failure = telling.or_else(|| failures.first())?;
    let others = match failures.len() {
        1 => String::new(),
        number => format!(", and {} of other repositories", count(number - 1, "failure")),
    };
    Some(HostError::new(
        ErrorCode::Repo,
        format!(
            "{}: {} ({}){others}",
            failure.repository,
            failure.message,
            failure.fault.as_str()
        ),
        failure.fault.remedy(),
    ))
}

/// How fresh the metadata is that the updates were listed from.
fn metadata(manager: Manager, sections: &Sections) -> Metadata {
    let said = System::parse(sections.text("metadata"));
    let refresh = sections.get("refresh");
    let failures = manager::repository_failures(manager, sections);
    let fetched = refresh.is_some_and(|section| section.exit_code == 0) && failures.is_empty();
    // When some could not be fetched, the age is that of the oldest.
    let oldest = sections
        .text("repository-ages")
        .lines()
        .filter_map(|line| line.split_once(' ')?.0.parse::<u64>().ok())
        .max()
        .filter(|_| !failures.is_empty());
    Metadata {
        age_seconds: if fetched {
            Some(0)
        } else {
            oldest.or_else(|| said.get("age").parse().ok())
        },
        refreshed: refresh.is_some(),
        failures,
    }
}

fn shown_age(seconds: &str) -> String {
    seconds.parse().map_or_else(|_| "unknown".to_owned(), age_in_words)
}
