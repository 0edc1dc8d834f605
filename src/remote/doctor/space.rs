//! Free space where packages go: bytes and files. Pure.
//!
//! The thresholds are the smaller of a number and a share, so that the flash memory of a router is not called full
//! with what it has.

use std::collections::BTreeMap;

use crate::model::checkup::{Check, Topic};
use crate::model::download::size_in_words;
use crate::model::error::ErrorCode;

/// Less free than this is too little for any update: 64 MiB, or 5 % of a small file system.
const TOO_LITTLE: (u64, u64) = (64 << 20, 20);
/// Less free than this is little: 512 MiB, or 10 % of a small file system.
const LITTLE: (u64, u64) = (512 << 20, 10);
/// Fewer free files than this are too few, or 1 % where there are few at all.
const TOO_FEW_FILES: (u64, u64) = (1_000, 100);
/// Fewer free files than this are few, or 5 %.
const FEW_FILES: (u64, u64) = (20_000, 20);

const REMEDY: &str = "make room: old kernels, logs and the package manager's cache are the usual places";

#[derive(Debug, Default)]
struct Mount<'a> {
    /// The first folder that was asked about.
    folder: &'a str,
    free: u64,
    total: u64,
    files_free: u64,
    files_total: u64,
}

fn is_below(free: u64, total: u64, (number, share): (u64, u64)) -> bool {
    free < number.min(total / share)
}

/// The check.
pub(super) fn space(text: &str) -> Check {
    let mut mounts: BTreeMap<&str, Mount<'_>> = BTreeMap::new();
    let mut kernel = None;
    for line in text.lines() {
        let mut words = line.splitn(5, ' ');
        let kind = words.next().unwrap_or_default();
        if kind == "kernel" {
            kernel = words.next().and_then(|bytes| bytes.parse::<u64>().ok());
            continue;
        }
        let (Some(folder), Some(free), Some(total), Some(mount)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let (Ok(free), Ok(total)) = (free.parse::<u64>(), total.parse::<u64>()) else {
            continue;
        };
        let entry = mounts.entry(mount).or_default();
        if entry.folder.is_empty() {
            entry.folder = folder;
        }
        match kind {
            "bytes" => (entry.free, entry.total) = (free.saturating_mul(1024), total.saturating_mul(1024)),
            "files" => (entry.files_free, entry.files_total) = (free, total),
            _ => {}
        }
    }
    judge(&mounts, kernel)
}

fn judge(mounts: &BTreeMap<&str, Mount<'_>>, kernel: Option<u64>) -> Check {
    if mounts.is_empty() {
        return Check::unknown(Topic::Space, "the host did not say what is free", "run `df` on it");
    }
    let mut full = Vec::new();
    let mut little = Vec::new();
    let mut fine = Vec::new();
    for (name, mount) in mounts {
        let said = format!(
            "{name} has {} free of {}",
            size_in_words(mount.free),
            size_in_words(mount.total)
        );
        // A file system for kernels alone is small by design.
        let is_boot = *name == "/boot";
        match kernel.filter(|_| is_boot) {
            Some(bytes) if mount.free < bytes => {
                little.push(format!("{said}, one more kernel needs {}", size_in_words(bytes)));
            }
            Some(_) => fine.push(said),
            None if mount.total == 0 => {}
            None if is_below(mount.free, mount.total, TOO_LITTLE) => full.push(said),
            None if is_below(mount.free, mount.total, LITTLE) => little.push(said),
            None => fine.push(said),
        }
        let files = format!("{name} has room for {} more files", mount.files_free);
        // Some file systems count no files.
        if mount.files_total > 0 && is_below(mount.files_free, mount.files_total, TOO_FEW_FILES) {
            full.push(files);
        } else if mount.files_total > 0 && is_below(mount.files_free, mount.files_total, FEW_FILES) {
            little.push(files);
        }
    }
    if !full.is_empty() {
        full.extend(little);
        Check::failed(Topic::Space, full.join("; "), REMEDY).with_code(ErrorCode::Disk)
    } else if !little.is_empty() {
        Check::warning(Topic::Space, little.join("; "), REMEDY)
    } else {
        Check::ok(Topic::Space, fine.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checkup::Outcome;

    #[test]
    fn what_is_full_is_told_and_what_is_small_by_design_is_not() {
        let roomy = "bytes / 9000000 20000000 /\nfiles / 900000 1000000 /\n";
        assert_eq!(space(roomy).outcome, Outcome::Ok);
        let full = format!("{roomy}bytes /var 100 1000000 /var\n");
        let check = space(&full);
        assert_eq!((check.outcome, check.code), (Outcome::Failed, Some(ErrorCode::Disk)));
        assert!(check.seen.starts_with("/var has 102 kB free of "), "{}", check.seen);
        // A router: 20 MiB, half of it free.
        assert_eq!(space("bytes / 10000 20000 /overlay\n").outcome, Outcome::Ok);
        let boot = format!("{roomy}bytes /boot 60000 200000 /boot\nkernel 50000000\n");
        assert_eq!(space(&boot).outcome, Outcome::Ok);
        let boot = format!("{roomy}bytes /boot 40000 200000 /boot\nkernel 50000000\n");
        assert_eq!(space(&boot).outcome, Outcome::Warning);
        let files = "bytes / 9000000 20000000 /\nfiles / 10 1000000 /\n";
        assert!(space(files).seen.contains("room for 10 more files"));
    }

    #[test]
    fn a_mount_point_with_a_blank_is_read_and_nonsense_is_not() {
        assert!(
            space("bytes /var 9000000 20000000 /my disk\n")
                .seen
                .contains("/my disk has")
        );
        assert_eq!(space("bytes / x y /\nfoo\n").outcome, Outcome::Unknown);
    }
}
