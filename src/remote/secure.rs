//! What a job says that puts aside the package files of installed versions, before an update replaces them.
//!
//! The job is started with [`super::job::JobStep::Secure`] and the planned changes: of each the version `from` is meant.
//! The files go to `/var/lib/patchwave/packages` (mode 0700) with a record of their checksums, and stay there for 90
//! days. A version that is in no repository any more is installed from there, as long as its checksum is the recorded
//! one and its signature is what the host's own configuration wants. A job that only downloads keeps what it
//! downloaded there too.
//!
//! What must stay true: a version that was not put aside is never told as secured. A job that could not secure
//! everything has not failed: its exit code is 0.

use crate::manager::listing::key;
use crate::model::name::Version;
use crate::model::update::PackageKey;

/// What became of the installed versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Secured {
    /// On the host now, or since before.
    pub kept: Vec<(PackageKey, Version)>,
    /// No repository and no cache of the host has it any more.
    pub missing: Vec<(PackageKey, Version)>,
}

/// Reads the log of a job that secures.
#[must_use]
pub fn secured(log: &str) -> Secured {
    let mut found = Secured::default();
    for line in log.lines() {
        if let Some(package) = line.strip_prefix(KEPT).and_then(package) {
            found.kept.push(package);
        } else if let Some(package) = line.strip_prefix(MISSING).and_then(package) {
            found.missing.push(package);
        }
    }
    found.kept.sort();
    found.missing.sort();
    found
}

/// What stands before `NAME ARCHITECTURE VERSION`.
pub const KEPT: &str = "patchwave: secured: ";
/// Likewise.
pub const MISSING: &str = "patchwave: not secured: ";

fn package(text: &str) -> Option<(PackageKey, Version)> {
    let words: Vec<&str> = text.split(' ').collect();
    let [name, arch, version] = words.as_slice() else {
        return None;
    };
    Some((key(name, arch)?, Version::new(*version).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_and_what_was_not_secured_is_told_apart() {
        let log = "patchwave: phase downloading\npatchwave: secured: b all 1-1\npatchwave: not secured: a all 1:2\n\
                   patchwave: secured: c all\n";
        let found = secured(log);
        let shown = |packages: &[(PackageKey, Version)]| -> Vec<String> {
            packages
                .iter()
                .map(|(key, version)| format!("{} {version}", key.package))
                .collect()
        };
        assert_eq!(
            (shown(&found.kept), shown(&found.missing)),
            (vec!["b 1-1".to_owned()], vec!["a 1:2".to_owned()])
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s).{0,200}", words in "[a-z0-9 :.-]{0,40}") {
            let _ = secured(&text);
            let _ = secured(&format!("{KEPT}{words}\n{MISSING}{words}"));
        }
    }
}
