//! Which units must be active after an update as they were before.
//!
//! A line is `NAME ACTIVE SUB FILE FLAGS`, as `condition.sh` says. Left out is whatever is begun and ended by
//! others: logins, transient units, programs that the bus or a timer starts for a moment, and what a boot does once.

use std::collections::BTreeSet;

use super::shown;

/// What was read of units.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Units {
    /// Active, and to be active afterwards.
    pub active: BTreeSet<String>,
    /// Not active because a condition of theirs did not hold at this boot: systemd would not start them.
    pub left_out: BTreeSet<String>,
}

/// How units begin that live as long as a login, a job or one activation does.
const PASSING: [&str; 14] = [
    "user@",
    "user-runtime-dir@",
    "session-",
    "run-",
    "patchwave-",
    "ssh@",
    "sshd@",
    "sshd-unix-local@",
    "sshd-vsock@",
    "dbus-:",
    "systemd-coredump@",
    "drkonqi-coredump-processor@",
    "autovt@",
    "modprobe@",
];

/// Services that are enabled and end by themselves when they have nothing to do; their sockets stay.
const ENDING: [&str; 4] = ["snapd.service", "cups.service", "fwupd.service", "packagekit.service"];

/// Whether the unit comes and goes by itself, whatever is updated.
pub(super) fn is_passing(name: &str) -> bool {
    PASSING.iter().any(|beginning| name.starts_with(beginning)) || ENDING.contains(&name)
}

/// Reads the lines.
pub(super) fn read(text: &str) -> Units {
    let mut units = Units::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, active, sub, file, flags] = words[..] else {
            continue;
        };
        if is_passing(name) || flags.contains('t') {
            continue;
        }
        let is_enabled = file.starts_with("enabled");
        match active {
            "active" | "reloading" | "refreshing" if is_lasting(name, sub, is_enabled, flags) => {
                units.active.insert(shown(name));
            }
            "inactive" if flags.contains('c') => {
                units.left_out.insert(shown(name));
            }
            _ => {}
        }
    }
    units
}

fn is_lasting(name: &str, sub: &str, is_enabled: bool, flags: &str) -> bool {
    if !name.ends_with(".service") || is_enabled {
        return true;
    }
    // What did its work at boot and is not enabled by itself belongs to the boot: after another one it may have had
    // nothing to do.
    if sub == "exited" {
        return false;
    }
    // Whatever a timer, a socket or the bus begins ends when it likes.
    let is_activated = flags.contains('a') || flags.contains('b');
    !is_activated || flags.contains('w')
}
