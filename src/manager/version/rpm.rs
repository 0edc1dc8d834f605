//! rpm's versions, `[EPOCH:]VERSION[-RELEASE]`, as rpm-version(7) orders them.
//!
//! The order of a segment is the crate `rpm-version`'s; taking a version apart is ours, because the crate
//! ends it at the first hyphen and takes any text for an epoch.

use std::cmp::Ordering;

use rpm_version::Evr;

use super::number::is_number;

/// Epoch, version and release, in this order. A missing epoch, which rpm writes `(none)`, is 0; a missing
/// release is lower than any.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::new(one), Parts::new(other));
    compare_segments(one.epoch, other.epoch)
        .then_with(|| compare_segments(one.version, other.version))
        .then_with(|| match (one.release, other.release) {
            (Some(one), Some(other)) => compare_segments(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        })
}

/// Compares two versions, or two releases, or two of the kernel's names, as `rpmvercmp` does: `~` is lower
/// than the end, `^` is higher than the end and lower than any other segment, letters are lower than digits,
/// and anything else only separates.
#[must_use]
pub fn compare_segments(one: &str, other: &str) -> Ordering {
    Evr::new("", one, "").cmp(&Evr::new("", other, ""))
}

struct Parts<'a> {
    epoch: &'a str,
    version: &'a str,
    release: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn new(text: &'a str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some(("(none)" | "", rest)) => ("0", rest),
            Some((epoch, rest)) if is_number(epoch) => (epoch, rest),
            _ => ("0", text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (rest, None),
        };
        Self {
            epoch,
            version,
            release,
        }
    }
}
