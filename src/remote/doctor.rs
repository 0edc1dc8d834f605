//! The examination of `doctor`: one script, one round trip, everything that a scan and an update need of a host.
//! It changes nothing, and tells without root what may be told without.
//!
//! Data line of the script: the program by which the refresh of the package lists alone runs as root (`sudo`, `doas`),
//! or `none`. Sections of its answer, in this order:
//!
//! - `clock`, at the end once more as `clock-end`: the host's clock in seconds since 1970.
//! - `os-release`, `system`, `kernels`, `reboot-flags`, `services`, `failed-units`, `needrestart`, `reboot-check`: see
//!   [`super::facts`].
//! - `programs`: `user=` who runs the script, `shell=` what `/bin/sh` is, `missing=` and `lacking=` programs that are
//!   needed and wanted, `detaches=` what a job would be started with.
//! - `space`: lines `bytes FOLDER FREE TOTAL MOUNT` in KiB, `files FOLDER FREE TOTAL MOUNT`, and `kernel BYTES`.
//! - `read-only`: mount points that are mounted read-only.
//! - `job-folder`: `state=absent|folder|other`, `mode=`, `owner=`, `writable=yes|no|immutable`.
//! - `jobs`: lines `ID|running|`, `ID|died|`, `ID|ended|EXIT-CODE`; exit code 77 without root.
//! - `system-state`: what `systemctl is-system-running` says; exit code 69 without systemd.
//! - `refresh-rule`, only with such a program: the command that refreshes the package lists, and exit code 0 when it may
//!   be run without a password, 75 when only trying can tell; 69 where none is needed, 78 where root is and no such rule
//!   gives it.
//! - `metadata`: `age=SECONDS` (or `unknown`) of the package lists.
//! - `lock`: `FILE|HOLDER`, or nothing. With a lock that is held the sections after it are left out.
//! - `broken`: lines `WORDS|REMEDY`; exit code 69 where nobody knows how to look.
//!
//! A system that is refused has none from `metadata` on.

mod clock;
mod packages;
mod space;
mod system;
#[cfg(test)]
mod tests;

use crate::manager::detect;
use crate::model::checkup::{Check, Topic};
use crate::model::error::{ErrorCode, HostError};
use crate::model::host::{Privilege, PrivilegeMethod};
use crate::model::manager::Manager;
use crate::model::section::Sections;

use super::facts::{System, facts, operating_system};
use super::frame;
use super::program;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;

pub use clock::Times;

/// The kind of the script.
pub const KIND: &str = "doctor";

/// What is known of a host beside what it prints.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// The login name.
    pub login: &'a str,
    /// How root is had.
    pub privilege: &'a Privilege,
    /// When the script was sent and when its answer was there.
    pub times: Times,
    /// Why the script did not run as root, where it should have.
    pub refusal: Option<&'a HostError>,
}

/// The script that examines a host.
///
/// # Errors
/// None in practice: no value holds a line break.
pub fn doctor_script(privilege: &Privilege, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let through = privilege.only_for_refresh().unwrap_or(PrivilegeMethod::None);
    Script::new(KIND, &program::doctor(), nonce, [through.to_string()])
}

/// Reads what the script printed: the manager, when there is one that patchwave knows, and the checks after the
/// login.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_doctor(
    output: &ScriptOutput,
    nonce: &Nonce,
    circumstances: &Circumstances<'_>,
) -> Result<(Option<Manager>, Vec<Check>), HostError> {
    let sections = frame::parse(output, nonce)?;
    let said = System::parse(sections.text("system"));
    let os = operating_system(sections.text("os-release"));
    let manager = detect::manager(said.get("refused"), said.get("manager"), &os.name);
    let mut checks = vec![
        privilege(&sections, &said, circumstances),
        system::programs(&sections),
        space::space(sections.text("space")),
        system::file_systems(&sections),
        clock::clock(&sections, circumstances.times),
    ];
    // Where root is for the refresh alone, no job is ever started.
    if circumstances.privilege.only_for_refresh().is_some() {
        checks.extend([Topic::JobFolder, Topic::Jobs].map(|topic| Check::ok(topic, "not needed to scan")));
    } else {
        checks.extend([system::job_folder(&sections, said.is_root()), system::jobs(&sections)]);
    }
    let known = *manager.as_ref().unwrap_or(&Manager::Apt);
    let facts = facts(&sections, &said, os, known);
    checks.push(system::services(&sections, &facts));
    match &manager {
        Ok(manager) => {
            checks.push(system::manager(*manager, &facts));
            checks.extend(packages::packages(*manager, &sections, said.is_root()));
            checks.push(system::reboot(&facts));
        }
        Err(error) => checks.push(Check::error(Topic::Manager, error)),
    }
    Ok((manager.ok(), checks))
}

/// The script's own run is the proof: it was started as every other one is.
fn privilege(sections: &Sections, said: &System<'_>, circumstances: &Circumstances<'_>) -> Check {
    if let Some(error) = circumstances.refusal {
        return Check::error(Topic::Privilege, error);
    }
    let privilege = circumstances.privilege;
    let programs = System::parse(sections.text("programs"));
    let user = programs.get("user");
    if let (Some(program), false) = (privilege.only_for_refresh(), said.is_root()) {
        return refresh_rule(sections, user, program);
    }
    if !said.is_root() {
        return Check::warning(
            Topic::Privilege,
            format!("scripts run as {user}, not as root: a scan tells what may be told so, an update is not possible"),
            "set `become: sudo` in the inventory; `patchwave sudoers` prints the rule that it needs",
        );
    }
    if circumstances.login == privilege.user || privilege.method == PrivilegeMethod::None {
        return Check::ok(Topic::Privilege, "the login is root");
    }
    let method = privilege.method;
    let password = match privilege.password {
        None => "without a password",
        Some(_) => "with the password of the inventory",
    };
    Check::ok(
        Topic::Privilege,
        format!("{method} makes the login root {password}, by the command that every other script uses"),
    )
}

/// Root for the refresh alone: the program was asked for the very command.
fn refresh_rule(sections: &Sections, user: &str, program: PrivilegeMethod) -> Check {
    let Some(section) = sections.get("refresh-rule").filter(|section| section.exit_code != 69) else {
        return Check::ok(
            Topic::Privilege,
            format!("scripts run as {user}, and this package manager refreshes its lists so; enough to scan"),
        );
    };
    let command = section.stdout.trim();
    match section.exit_code {
        0 => {
            return Check::ok(
                Topic::Privilege,
                format!("scripts run as {user}, and {program} lets it run `{command}`; enough to scan"),
            );
        }
        75 => {
            return Check::unknown(
                Topic::Privilege,
                format!("{program} does not tell whether {user} may run `{command}` without a password"),
                "`patchwave scan --refresh always` tells; `patchwave sudoers --for scan` prints the rule that allows it",
            );
        }
        78 => {
            return Check::warning(
                Topic::Privilege,
                format!(
                    "scripts run as {user}, which cannot refresh the package lists of this manager: a scan tells from \
                     those that are there"
                ),
                "take `scope: refresh` away, with the rule that `patchwave sudoers --for apply` prints; pacman needs \
                 only fakeroot on the host",
            );
        }
        _ => {}
    }
    Check::failed(
        Topic::Privilege,
        format!("{program} does not let {user} run `{command}`"),
        "`patchwave sudoers --for scan` prints the rule that allows it",
    )
    .with_code(ErrorCode::Sudo)
}
