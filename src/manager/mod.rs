//! Package managers: a file each, with a pure parser of what it prints and a pure builder of what it is told.
//!
//! The set is closed, so everything is dispatched by a plain `match` on [`Manager`]. What a manager prints
//! reaches its parser as named sections; each file documents its own. Versions of rpm packages are written
//! `[EPOCH:]VERSION-RELEASE` without a zero epoch; architectures as the manager writes them.

mod advisory;
pub mod apk;
pub mod apt;
pub mod brew;
pub mod chocolatey;
mod dependents;
pub mod detect;
mod dnf;
pub mod dnf4;
pub mod dnf5;
mod failure;
mod failure_texts;
mod failure_texts_foreign;
pub mod listing;
pub mod microdnf;
pub mod opkg;
pub mod pacman;
pub mod pkg;
mod pkg_audit;
pub mod refresh;
mod removal;
mod repository;
pub mod resolution;
pub mod rpm;
pub mod steps;
pub mod tdnf;
#[cfg(test)]
mod tests;
mod transaction;
pub mod version;
pub mod winget;
pub mod xbps;
mod xml;
pub mod yum;
pub mod zypper;

use crate::model::error::{ErrorCode, HostError};
use crate::model::facts::RepositoryFailure;
use crate::model::manager::Manager;
use crate::model::section::{Section, Sections};

use advisory::Fixes;

pub use failure::{OWN_PREFIX, failure, is_lock};
pub use listing::{Installed, Listing, installed_versions, parse_installed};
pub use removal::needs_consent;
pub use transaction::{TransactionError, consented, marked, names_no_package, question, transaction};

/// What is missing where a manager simulates for root alone.
const UNSIMULATED: &str = "not root: new dependencies, and what cannot be installed now, are unknown";

/// Reads the updates from the sections of a probe.
///
/// # Errors
/// What [`failure`] makes of a listing that failed.
pub fn updates(manager: Manager, sections: &Sections) -> Result<Listing, HostError> {
    match manager {
        Manager::Apt => apt::updates(sections),
        Manager::Dnf4 => dnf4::updates(sections),
        Manager::Dnf5 => dnf5::updates(sections),
        Manager::Zypper => zypper::updates(sections),
        Manager::Pacman => pacman::updates(sections),
        Manager::Apk => apk::updates(sections),
        Manager::Pkg => pkg::updates(sections),
        Manager::Xbps => xbps::updates(sections),
        Manager::Opkg => opkg::updates(sections),
        Manager::Brew => brew::updates(sections),
        Manager::Winget => winget::updates(sections),
        Manager::Chocolatey => chocolatey::updates(sections),
        Manager::Yum => yum::updates(sections),
        Manager::Microdnf => microdnf::updates(sections),
        Manager::Tdnf => tdnf::updates(sections),
    }
}

/// Whether the host has any repository metadata to list updates from.
#[must_use]
pub fn knows_repositories(manager: Manager, sections: &Sections) -> bool {
    match manager {
        Manager::Apt => apt::knows_repositories(sections),
        // dnf 5 answers with nothing, and no error, when no repository is enabled.
        Manager::Dnf5 if dnf::repositories::are_all_disabled(sections) => false,
        Manager::Dnf4 | Manager::Dnf5 | Manager::Yum | Manager::Microdnf | Manager::Tdnf | Manager::Zypper => {
            Fixes::new(Vec::new(), sections.text("repositories")).is_some_repository()
        }
        Manager::Pacman => pacman::knows_repositories(sections),
        Manager::Apk => apk::knows_repositories(sections),
        Manager::Pkg => pkg::knows_repositories(sections),
        Manager::Xbps => xbps::knows_repositories(sections),
        Manager::Opkg => opkg::knows_repositories(sections),
        // They answer whenever they are asked, or say themselves what is wrong.
        Manager::Brew | Manager::Winget | Manager::Chocolatey => true,
    }
}

/// The repositories that could not be fetched, from what refreshing printed. Empty when none failed, and when
/// nothing was refreshed.
#[must_use]
pub fn repository_failures(manager: Manager, sections: &Sections) -> Vec<RepositoryFailure> {
    let Some(section) = sections.get("refresh") else {
        return Vec::new();
    };
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let mut failures = repository::failures(manager, &said);
    repository::mark_ended(&mut failures, sections.text("support"));
    if manager == Manager::Dnf5 {
        dnf::repositories::settle(&mut failures, sections);
    }
    failures.sort();
    failures.dedup();
    failures
}

/// Why refreshing the metadata failed; `None` when it did not, or was not tried.
#[must_use]
pub fn refresh_problem(manager: Manager, sections: &Sections) -> Option<HostError> {
    let section = sections.get("refresh")?;
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let is_dnf = manager.is_rpm() && manager != Manager::Zypper;
    if section.exit_code == 0 {
        let named = is_dnf
            .then(|| unfetched(&repository_failures(manager, sections)))
            .flatten();
        return named.or_else(|| skipped_repository(&said));
    }
    let problem = failure(manager, section.exit_code, &said);
    let is_fetching = matches!(
        problem.code,
        ErrorCode::Repo | ErrorCode::Manager | ErrorCode::Gone | ErrorCode::Dep
    );
    if is_dnf
        && is_fetching
        && let Some(named) = unfetched(&repository_failures(manager, sections))
    {
        return Some(named);
    }
    match problem.code {
        ErrorCode::Manager | ErrorCode::Gone | ErrorCode::Dep => Some(repository_error(&problem.message)),
        _ => Some(problem),
    }
}

/// What a dry run that failed means for a listing: dependencies that cannot be met are a notice, because then
/// nothing can be installed and all is known nevertheless; everything else is an error.
fn nothing_installable(manager: Manager, section: &Section, listing: &mut Listing) -> Result<(), HostError> {
    let said = format!("{}\n{}", section.stderr, section.stdout);
    let problem = failure(manager, section.exit_code, &said);
    if problem.code != ErrorCode::Dep {
        return Err(problem);
    }
    listing
        .notices
        .push(format!("no update can be installed now: {}", problem.message));
    Ok(())
}

/// The repositories that could not be fetched, in one message.
fn unfetched(failures: &[RepositoryFailure]) -> Option<HostError> {
    let lines: Vec<String> = failures
        .iter()
        .map(|failure| format!("{}: {}", failure.repository, failure.message))
        .collect();
    let message = listing::join_lines(lines.iter().map(String::as_str), 3);
    failures
        .first()
        .map(|first| HostError::new(ErrorCode::Repo, message, first.fault.remedy()))
}

/// A repository that may be skipped fails with exit code 0, and only in words: dnf 4 says `Ignoring
/// repositories`, dnf 5 puts `>>>` before what went wrong, zypper says `Skipping repository`, xbps `ERROR: [reposync]`, opkg `Signature check failed`.
fn skipped_repository(said: &str) -> Option<HostError> {
    said.lines()
        .map(str::trim)
        .find(|line| {
            line.starts_with(">>> ")
                || line.starts_with("Ignoring repositories:")
                || line.starts_with("Skipping repository")
                || line.starts_with("ERROR: [reposync]")
                || line.starts_with("Signature check failed")
        })
        .map(|line| repository_error(line.trim_start_matches(">>> ")))
}

fn repository_error(message: &str) -> HostError {
    HostError::new(
        ErrorCode::Repo,
        message,
        "check the host's repositories, its network and its clock",
    )
}
