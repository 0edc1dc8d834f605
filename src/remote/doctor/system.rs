//! What the host itself is like: programs, file systems, the folder of jobs, jobs, services, reboot. Pure.

use crate::model::checkup::{Check, Topic};
use crate::model::error::ErrorCode;
use crate::model::facts::Facts;
use crate::model::manager::Manager;
use crate::model::section::Sections;
use crate::model::text::count;
use crate::remote::facts::System;

/// As many names as are told of a list.
const NAMED: usize = 4;

fn some_of(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The shell and the programs that scripts call.
pub(super) fn programs(sections: &Sections) -> Check {
    let said = System::parse(sections.text("programs"));
    let shell = match said.get("shell") {
        "" => "/bin/sh".to_owned(),
        other => format!("/bin/sh is {other}"),
    };
    if !said.get("missing").is_empty() {
        return Check::failed(
            Topic::Programs,
            format!("{shell}; these programs are missing: {}", said.get("missing")),
            "install them on the host (coreutils, grep, sed and awk, or busybox)",
        );
    }
    if !said.get("lacking").is_empty() {
        return Check::warning(
            Topic::Programs,
            format!("{shell}; these programs are missing: {}", said.get("lacking")),
            "scans and updates work without; `timeout` bounds a refresh, `diff` and `find` tell what an update left",
        );
    }
    let detaches = match said.get("detaches") {
        "" => "a plain background process".to_owned(),
        other => other.to_owned(),
    };
    Check::ok(Topic::Programs, format!("{shell}; jobs are detached by {detaches}"))
}

/// The manager that was found.
pub(super) fn manager(manager: Manager, facts: &Facts) -> Check {
    let name = if facts.os.name.is_empty() {
        &facts.os.id
    } else {
        &facts.os.name
    };
    if let Some(why) = manager.scan_only() {
        return Check::warning(
            Topic::Manager,
            format!("{manager} on {name} is only scanned: {why}"),
            "install updates on the host itself",
        );
    }
    if manager.is_experimental() {
        return Check::warning(
            Topic::Manager,
            format!("{manager} on {name}: experimental, never run on a real system by us"),
            "try it on a host that you can lose",
        );
    }
    Check::ok(Topic::Manager, format!("{manager} on {name}"))
}

/// File systems that should be writable.
pub(super) fn file_systems(sections: &Sections) -> Check {
    let points: Vec<String> = sections.text("read-only").lines().map(str::to_owned).collect();
    if points.is_empty() {
        return Check::ok(
            Topic::FileSystems,
            "everything that updates write to is mounted writable",
        );
    }
    let words = format!("mounted read-only: {}", some_of(&points));
    // Some systems mount the folder of kernels writable only while an update needs it.
    if points.iter().all(|point| point == "/boot" || point == "/usr") {
        return Check::warning(
            Topic::FileSystems,
            words,
            "updates fail there unless the package manager remounts it (a hook of apt can)",
        );
    }
    Check::failed(
        Topic::FileSystems,
        words,
        "find out why (`dmesg`, /etc/fstab); after a disk error it needs a file system check",
    )
}

/// `/var/lib/patchwave`.
pub(super) fn job_folder(sections: &Sections, is_root: bool) -> Check {
    let said = System::parse(sections.text("job-folder"));
    let failed = |words: &str, remedy: &str| Check::failed(Topic::JobFolder, words, remedy);
    match (said.get("state"), said.get("writable")) {
        ("other", _) => failed(
            "/var/lib/patchwave is no folder",
            "move away what has that name: jobs are kept there while they run",
        ),
        (_, "no") => failed(
            "/var/lib/patchwave cannot be written, not even by root",
            "mount its file system writable: jobs are kept there while they run",
        ),
        (_, "immutable") => failed(
            "/var/lib/patchwave cannot be written: it is immutable",
            "take the attribute away (`chattr -i`), or find out who set it",
        ),
        ("folder", "yes") if said.get("owner") != "0" => failed(
            &format!(
                "/var/lib/patchwave belongs to the user {}, who could change what root runs",
                said.get("owner")
            ),
            "find out why, then `chown root: /var/lib/patchwave`",
        ),
        ("folder", "yes") => Check::ok(Topic::JobFolder, "/var/lib/patchwave is there and can be written"),
        ("absent", "yes") => Check::ok(
            Topic::JobFolder,
            "/var/lib/patchwave is not there, and will be made by the first job",
        ),
        _ if !is_root => without_root(Topic::JobFolder, "whether /var/lib/patchwave can be written"),
        _ => Check::unknown(
            Topic::JobFolder,
            "whether /var/lib/patchwave can be written cannot be told",
            "look at it on the host",
        ),
    }
}

fn without_root(topic: Topic, what: &str) -> Check {
    Check::unknown(
        topic,
        format!("{what} is not to be seen without root"),
        "see `privilege`",
    )
}

/// Jobs of patchwave that are there.
pub(super) fn jobs(sections: &Sections) -> Check {
    let Some(section) = sections.get("jobs").filter(|section| section.exit_code == 0) else {
        return without_root(Topic::Jobs, "what jobs left");
    };
    let with = |word: &str| -> Vec<String> {
        let jobs = section.stdout.lines().filter_map(|line| {
            let mut parts = line.split('|');
            let id = parts.next()?;
            (parts.next()? == word).then(|| id.to_owned())
        });
        jobs.collect()
    };
    let (running, died, ended) = (with("running"), with("died"), with("ended"));
    if !running.is_empty() {
        return Check::warning(
            Topic::Jobs,
            format!(
                "{} of patchwave at work: {}",
                count(running.len(), "job"),
                some_of(&running)
            ),
            "wait for its end: `/var/lib/patchwave/jobs/ID/log` on the host tells how far it is",
        );
    }
    if !died.is_empty() {
        return Check::warning(
            Topic::Jobs,
            format!(
                "{} ended without a result: {}",
                count(died.len(), "job"),
                some_of(&died)
            ),
            "the host was rebooted meanwhile, or ran out of memory: read /var/lib/patchwave/jobs/ID/log, then remove it",
        );
    }
    if !ended.is_empty() {
        return Check::warning(
            Topic::Jobs,
            format!(
                "{} left behind, with its log: {}",
                count(ended.len(), "job"),
                some_of(&ended)
            ),
            "read /var/lib/patchwave/jobs/ID/log, then remove the folder; later jobs leave no more than ten",
        );
    }
    Check::ok(Topic::Jobs, "no job of patchwave is there")
}

/// Units that failed, and systemd's own word.
pub(super) fn services(sections: &Sections, facts: &Facts) -> Check {
    let state = sections
        .get("system-state")
        .filter(|section| section.exit_code == 0)
        .map(|section| section.stdout.trim())
        .unwrap_or_default();
    let failed = facts.failed_units.as_deref();
    match (state, failed) {
        (_, Some(units)) if !units.is_empty() => Check::warning(
            Topic::Services,
            format!("{} failed: {}", count(units.len(), "unit"), some_of(units)),
            "look at each (`systemctl status`, `rc-service NAME status`), or `systemctl reset-failed` what is over",
        ),
        ("starting" | "initializing", _) => Check::warning(
            Topic::Services,
            "the system is still starting",
            "wait until `systemctl is-system-running` says something else",
        ),
        ("stopping" | "maintenance", _) => Check::failed(
            Topic::Services,
            format!("systemd says of the system: {state}"),
            "look at its console",
        )
        .with_code(ErrorCode::Service),
        (_, Some(_)) => Check::ok(Topic::Services, "no unit failed"),
        (_, None) => Check::unknown(
            Topic::Services,
            "which services failed cannot be told",
            "it takes systemd, or OpenRC and root",
        ),
    }
}

/// Whether a reboot is needed.
pub(super) fn reboot(facts: &Facts) -> Check {
    if facts.reboot.required {
        Check::warning(
            Topic::Reboot,
            format!("a reboot is needed: {}", some_of(&facts.reboot.reasons)),
            "reboot it when it suits; `reboot: if-needed` in a playbook does it with the next update",
        )
    } else {
        Check::ok(Topic::Reboot, "no reboot is needed")
    }
}
