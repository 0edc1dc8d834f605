//! Which file systems must be mounted after an update as they were before.
//!
//! A line is `ID PARENT POINT TYPE`, as proc_pid_mountinfo(5) has them. Left out is what the kernel and systemd mount
//! for themselves, what belongs to logins, containers and packages, and what an automounter mounts when it is used.

use std::collections::{BTreeMap, BTreeSet};

use super::shown;

/// Types that hold nobody's files.
const PSEUDO: [&str; 26] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fdescfs",
    "fusectl",
    "hugetlbfs",
    "linprocfs",
    "linsysfs",
    "mqueue",
    "nsfs",
    "proc",
    "procfs",
    "pstore",
    "ramfs",
    "rpc_pipefs",
    "securityfs",
    "sysfs",
    "tracefs",
];

/// Types that programs mount for themselves: packages of snap and flatpak, desktops, containers.
const OF_PROGRAMS: [&str; 7] = [
    "squashfs",
    "erofs",
    "fuse.snapfuse",
    "fuse.gvfsd-fuse",
    "fuse.portal",
    "fuse.lxcfs",
    "fuse.fuse-overlayfs",
];

/// Folders below which mounts are made and unmade all the time.
const BUSY: [&str; 18] = [
    "/dev",
    "/proc",
    "/sys",
    "/run",
    "/tmp",
    "/media",
    "/snap",
    "/var/snap",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/flatpak",
    "/var/lib/incus",
    "/var/lib/kubelet",
    "/var/lib/lxc",
    "/var/lib/lxd",
    "/var/lib/machines",
    "/var/lib/snapd",
];

/// Reads the lines.
pub(super) fn read(text: &str) -> BTreeSet<String> {
    let lines: Vec<(&str, &str, &str, &str)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?, words.next()?, words.next()?))
        })
        .collect();
    let parents: BTreeMap<&str, &str> = lines.iter().map(|(id, parent, ..)| (*id, *parent)).collect();
    let automounters: BTreeSet<&str> = lines
        .iter()
        .filter(|(.., kind)| *kind == "autofs")
        .map(|(id, ..)| *id)
        .collect();
    let is_automounted = |id: &str| {
        let mut parent = parents.get(id);
        // No tree of mounts is that deep; the answer is not ours to trust.
        for _ in 0..64 {
            match parent {
                Some(id) if automounters.contains(id) => return true,
                Some(id) => parent = parents.get(id),
                None => return false,
            }
        }
        false
    };
    lines
        .iter()
        .filter(|(id, _, point, kind)| is_lasting(point, kind) && !is_automounted(id))
        .map(|(_, _, point, kind)| shown(&format!("{} {kind}", unescaped(point))))
        .collect()
}

fn is_lasting(point: &str, kind: &str) -> bool {
    let is_busy = BUSY.iter().any(|folder| {
        let rest = point.strip_prefix(folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    // Snapshots of ZFS are mounted when somebody looks into them.
    let is_snapshot = point.contains("/.zfs/");
    let is_layer = kind == "overlay" && point != "/" && point.starts_with("/var/");
    !PSEUDO.contains(&kind) && !OF_PROGRAMS.contains(&kind) && !is_busy && !is_snapshot && !is_layer
}

/// The kernel writes blanks, tabs, line breaks and backslashes as `\` and three octal digits.
fn unescaped(point: &str) -> String {
    let mut parts = point.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (code, part.get(3..)) {
            (Some(code), Some(rest)) if code.is_ascii() => {
                text.push(char::from(code));
                text.push_str(rest);
            }
            _ => {
                text.push('\\');
                text.push_str(part);
            }
        }
    }
    text
}
