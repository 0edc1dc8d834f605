//! The programs of the scripts, put together from the constant files of `scripts/`.

use crate::model::manager::Manager;

const ENVIRONMENT: &str = include_str!("scripts/environment.sh");
const FRAME: &str = include_str!("scripts/frame.sh");
const DETECT: &str = include_str!("scripts/detect.sh");
const LOCKS: &str = include_str!("scripts/locks.sh");
const STATE: &str = include_str!("scripts/state.sh");
const OPENRC: &str = include_str!("scripts/openrc.sh");
const SERVICES: &str = include_str!("scripts/services.sh");
const METADATA: &str = include_str!("scripts/metadata.sh");
const PROBE: &str = include_str!("scripts/probe.sh");

const APT: &str = include_str!("scripts/managers/apt.sh");
const RPM: &str = include_str!("scripts/managers/rpm.sh");
const DNF4: &str = include_str!("scripts/managers/dnf4.sh");
const DNF5: &str = include_str!("scripts/managers/dnf5.sh");
const YUM: &str = include_str!("scripts/managers/yum.sh");
const MICRODNF: &str = include_str!("scripts/managers/microdnf.sh");
const TDNF: &str = include_str!("scripts/managers/tdnf.sh");
const ZYPPER: &str = include_str!("scripts/managers/zypper.sh");
const PACMAN: &str = include_str!("scripts/managers/pacman.sh");
const APK: &str = include_str!("scripts/managers/apk.sh");
const PKG: &str = include_str!("scripts/managers/pkg.sh");
const XBPS: &str = include_str!("scripts/managers/xbps.sh");
const OPKG_STEPS: &str = include_str!("scripts/opkg-steps.sh");
const OPKG: &str = include_str!("scripts/managers/opkg.sh");
const BREW: &str = include_str!("scripts/managers/brew.sh");

/// The probe of a Windows host. It defines `Invoke-Probe`.
pub(super) const WINDOWS_PROBE: &str = include_str!("scripts/windows/probe.ps1");

const START: &str = include_str!("scripts/job-start.sh");
const LIVES: &str = include_str!("scripts/job-lives.sh");
const FOLLOW: &str = include_str!("scripts/job-follow.sh");
const DIAGNOSE: &str = include_str!("scripts/diagnose.sh");
const CLEANUP: &str = include_str!("scripts/job-cleanup.sh");
const LEFT_OVER: &str = include_str!("scripts/left-over.sh");
const RESOLVE: &str = include_str!("scripts/resolve.sh");
const RESOLVE_COMMON: &str = include_str!("scripts/resolve/common.sh");
const RESOLVE_USERS: &str = include_str!("scripts/resolve/users.sh");
const RESOLVE_APT: &str = include_str!("scripts/resolve/apt.sh");
const RESOLVE_RPM: &str = include_str!("scripts/resolve/rpm.sh");
const RESOLVE_DNF4: &str = include_str!("scripts/resolve/dnf4.sh");
const RESOLVE_DNF5: &str = include_str!("scripts/resolve/dnf5.sh");
const RESOLVE_YUM: &str = include_str!("scripts/resolve/yum.sh");
const RESOLVE_MICRODNF: &str = include_str!("scripts/resolve/microdnf.sh");
const RESOLVE_PACMAN: &str = include_str!("scripts/resolve/pacman.sh");
const RESOLVE_APK: &str = include_str!("scripts/resolve/apk.sh");
const RESOLVE_PKG: &str = include_str!("scripts/resolve/pkg.sh");
const RESOLVE_XBPS: &str = include_str!("scripts/resolve/xbps.sh");
const RESOLVE_OPKG: &str = include_str!("scripts/resolve/opkg.sh");
const SIMULATE: &str = include_str!("scripts/simulate.sh");
const COMMAND: &str = include_str!("scripts/command.sh");
const RESTART_PROVED: &str = include_str!("scripts/restart-proved.sh");
const REBOOT: &str = include_str!("scripts/reboot.sh");
const REBOOT_BLOCKERS: &str = include_str!("scripts/reboot-blockers.sh");
const CONDITION: &str = include_str!("scripts/condition.sh");

const DOCTOR: &str = include_str!("scripts/doctor.sh");
const REPAIR_LOOK: &str = include_str!("scripts/repair-look.sh");
const REPAIR_APT: &str = include_str!("scripts/repairs/apt.sh");
const REPAIR_RPM: &str = include_str!("scripts/repairs/rpm.sh");
const REPAIR_ZYPPER: &str = include_str!("scripts/repairs/zypper.sh");
const REPAIR_PACMAN: &str = include_str!("scripts/repairs/pacman.sh");
const REPAIR_APK: &str = include_str!("scripts/repairs/apk.sh");

const JOB_COMMON: &str = include_str!("scripts/jobs/common.sh");
const JOB_SPACE: &str = include_str!("scripts/jobs/space.sh");
const JOB_PHASES: &str = include_str!("scripts/jobs/phases.sh");
const JOB_RUN: &str = include_str!("scripts/jobs/run.sh");

const JOB_RESTART: &str = include_str!("scripts/jobs/restart.sh");
const JOB_APT: &str = include_str!("scripts/jobs/apt.sh");
const JOB_DNF: &str = include_str!("scripts/jobs/dnf.sh");
const JOB_DNF4: &str = include_str!("scripts/jobs/dnf4.sh");
const JOB_DNF5: &str = include_str!("scripts/jobs/dnf5.sh");
const JOB_RPM: &str = include_str!("scripts/jobs/rpm.sh");
const JOB_YUM: &str = include_str!("scripts/jobs/yum.sh");
const JOB_MICRODNF: &str = include_str!("scripts/jobs/microdnf.sh");
const JOB_TDNF: &str = include_str!("scripts/jobs/tdnf.sh");
const JOB_ZYPPER: &str = include_str!("scripts/jobs/zypper.sh");
const JOB_PACMAN: &str = include_str!("scripts/jobs/pacman.sh");
const JOB_APK: &str = include_str!("scripts/jobs/apk.sh");
const JOB_WHOLE: &str = include_str!("scripts/jobs/whole.sh");
const JOB_STORE: &str = include_str!("scripts/jobs/store.sh");
const JOB_STORE_APT: &str = include_str!("scripts/jobs/store-apt.sh");
const JOB_STORE_RPM: &str = include_str!("scripts/jobs/store-rpm.sh");
const JOB_STORE_DNF: &str = include_str!("scripts/jobs/store-dnf.sh");
const JOB_STORE_PACMAN: &str = include_str!("scripts/jobs/store-pacman.sh");
const JOB_STORE_APK: &str = include_str!("scripts/jobs/store-apk.sh");
const OFFERS_APT: &str = include_str!("scripts/offers/apt.sh");
const OFFERS_DNF4: &str = include_str!("scripts/offers/dnf4.sh");
const OFFERS_DNF5: &str = include_str!("scripts/offers/dnf5.sh");
const OFFERS_ZYPPER: &str = include_str!("scripts/offers/zypper.sh");
const OFFERS_PACMAN: &str = include_str!("scripts/offers/pacman.sh");
const OFFERS_APK: &str = include_str!("scripts/offers/apk.sh");
const JOB_PKG: &str = include_str!("scripts/jobs/pkg.sh");
const JOB_XBPS: &str = include_str!("scripts/jobs/xbps.sh");
const JOB_OPKG: &str = include_str!("scripts/jobs/opkg.sh");

/// The functions `transaction` and `simulate` of a manager, and what they share.
pub(super) fn transaction_of(manager: Manager) -> String {
    let own: &[&str] = match manager {
        Manager::Apt => &[OFFERS_APT, JOB_STORE_APT, JOB_APT, REPAIR_APT],
        Manager::Dnf4 => &[
            OFFERS_DNF4,
            JOB_WHOLE,
            JOB_RPM,
            JOB_STORE_RPM,
            JOB_STORE_DNF,
            JOB_DNF,
            JOB_DNF4,
            REPAIR_RPM,
        ],
        Manager::Dnf5 => &[
            OFFERS_DNF5,
            JOB_WHOLE,
            JOB_STORE_RPM,
            JOB_STORE_DNF,
            JOB_DNF,
            JOB_DNF5,
            REPAIR_RPM,
        ],
        Manager::Yum => &[JOB_WHOLE, JOB_RPM, REPAIR_RPM, JOB_YUM],
        Manager::Microdnf => &[JOB_WHOLE, JOB_RPM, REPAIR_RPM, JOB_MICRODNF],
        Manager::Tdnf => &[JOB_WHOLE, JOB_RPM, REPAIR_RPM, JOB_TDNF],
        Manager::Zypper => &[OFFERS_ZYPPER, JOB_STORE_RPM, JOB_ZYPPER, REPAIR_RPM, REPAIR_ZYPPER],
        Manager::Pacman => &[OFFERS_PACMAN, JOB_WHOLE, JOB_STORE_PACMAN, JOB_PACMAN, REPAIR_PACMAN],
        Manager::Apk => &[OFFERS_APK, JOB_STORE_APK, JOB_APK, REPAIR_APK],
        Manager::Pkg => &[JOB_WHOLE, JOB_PKG],
        Manager::Xbps => &[JOB_WHOLE, JOB_XBPS],
        Manager::Opkg => &[JOB_WHOLE, OPKG_STEPS, JOB_OPKG],
        // Only scanned: see `Manager::scan_only`.
        Manager::Brew | Manager::Winget | Manager::Chocolatey => &[],
    };
    [&[LOCKS, JOB_COMMON, JOB_SPACE, JOB_STORE], own].concat().concat()
}

/// The file that a job runs. It is a program of its own: nothing of the starting script is left by then.
pub(super) fn job(manager: Manager) -> String {
    [ENVIRONMENT, &transaction_of(manager), JOB_PHASES, JOB_RUN].concat()
}

/// The file that a job runs which restarts units.
pub(super) fn restart_job() -> String {
    [ENVIRONMENT, OPENRC, JOB_RESTART, JOB_RUN].concat()
}

/// The program that starts a job of a package manager.
pub(super) fn start(manager: Manager) -> String {
    start_of(&job(manager))
}

/// The program that starts a job which restarts units.
pub(super) fn restart() -> String {
    start_of(&restart_job())
}

/// The program that tells such a job that a second login came through.
pub(super) fn restart_proved() -> String {
    [ENVIRONMENT, FRAME, RESTART_PROVED].concat()
}

/// A program that starts a job carries the job's own program in a quoted here-document.
fn start_of(job: &str) -> String {
    let carried = format!(
        "print_program() {{
  cat <<'PATCHWAVE_PROGRAM'
{job}PATCHWAVE_PROGRAM
}}
"
    );
    [ENVIRONMENT, FRAME, LIVES, &carried, START].concat()
}

/// The program that reads a job's log and state.
pub(super) fn follow() -> String {
    [ENVIRONMENT, FRAME, LIVES, FOLLOW].concat()
}

/// The program that looks why a job prints nothing.
pub(super) fn diagnose() -> String {
    [ENVIRONMENT, FRAME, LOCKS, DIAGNOSE].concat()
}

/// The program that removes what a finished job left.
pub(super) fn cleanup() -> String {
    [ENVIRONMENT, FRAME, LIVES, CLEANUP].concat()
}

/// The program that compares the configuration files that a job left.
pub(super) fn left_over() -> String {
    [ENVIRONMENT, FRAME, LEFT_OVER].concat()
}

/// The program that simulates a transaction.
pub(super) fn simulate(manager: Manager) -> String {
    [ENVIRONMENT, FRAME, &transaction_of(manager), SIMULATE].concat()
}

/// The program that asks what a transaction would come to. What it defines anew takes the place of the job's own.
pub(super) fn resolve(manager: Manager) -> String {
    let own: &[&str] = match manager {
        Manager::Apt => &[RESOLVE_APT],
        Manager::Dnf4 => &[RESOLVE_RPM, RESOLVE_DNF4],
        Manager::Dnf5 => &[RESOLVE_RPM, RESOLVE_DNF5],
        Manager::Yum => &[RESOLVE_RPM, RESOLVE_YUM],
        Manager::Microdnf | Manager::Tdnf => &[RESOLVE_RPM, RESOLVE_MICRODNF],
        Manager::Zypper => &[RESOLVE_RPM],
        Manager::Pacman => &[RESOLVE_PACMAN],
        Manager::Apk => &[RESOLVE_APK],
        Manager::Pkg => &[RESOLVE_PKG],
        Manager::Xbps => &[RESOLVE_XBPS],
        Manager::Opkg => &[RESOLVE_OPKG],
        // Only scanned: see `Manager::scan_only`.
        Manager::Brew | Manager::Winget | Manager::Chocolatey => &[],
    };
    let shared = [ENVIRONMENT, FRAME, OPENRC, SERVICES, &transaction_of(manager)].concat();
    let questions = [&[RESOLVE_COMMON, RESOLVE_USERS], own].concat().concat();
    [&shared, &questions, RESOLVE].concat()
}

/// The program that looks for what is broken.
pub(super) fn repair_look(manager: Manager) -> String {
    [ENVIRONMENT, FRAME, &transaction_of(manager), REPAIR_LOOK].concat()
}

/// The program that runs one command.
pub(super) fn command() -> String {
    [ENVIRONMENT, FRAME, COMMAND].concat()
}

/// The program that reboots a host.
pub(super) fn reboot() -> String {
    [ENVIRONMENT, FRAME, REBOOT].concat()
}

/// The program that looks for what keeps a host from being rebooted.
pub(super) fn reboot_blockers() -> String {
    [ENVIRONMENT, FRAME, OPENRC, SERVICES, REBOOT_BLOCKERS].concat()
}

/// The program that looks at what must be the same before and after.
pub(super) fn condition() -> String {
    [ENVIRONMENT, FRAME, OPENRC, SERVICES, CONDITION].concat()
}

/// The functions that say which system a host is.
#[cfg(test)]
pub(super) fn detection() -> String {
    [ENVIRONMENT, DETECT].concat()
}

/// The functions by which hosts are asked: of the system, and of every manager.
const QUESTIONS: [&str; 21] = [
    ENVIRONMENT,
    FRAME,
    DETECT,
    LOCKS,
    STATE,
    OPENRC,
    SERVICES,
    METADATA,
    APT,
    RPM,
    DNF4,
    DNF5,
    YUM,
    MICRODNF,
    TDNF,
    ZYPPER,
    PACMAN,
    APK,
    PKG,
    XBPS,
    BREW,
];

/// The program of a probe.
pub(super) fn probe() -> String {
    [&QUESTIONS[..], &[OPKG_STEPS, OPKG, PROBE]].concat().concat()
}

/// The program of an examination.
pub(super) fn doctor() -> String {
    let own = [
        OPKG,
        JOB_SPACE,
        REPAIR_APT,
        REPAIR_RPM,
        REPAIR_PACMAN,
        REPAIR_APK,
        DOCTOR,
    ];
    [&QUESTIONS[..], &own].concat().concat()
}
