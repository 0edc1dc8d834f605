//! How much is to be downloaded, as far as it is known.

use std::iter::Sum;

use serde::Serialize;

use super::plan::PlannedChange;
use super::text::count;

/// The download of some changes. What a host's cache holds already is counted all the same: only the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Download {
    /// The sum of the sizes that are known, in bytes.
    #[serde(rename = "download_bytes")]
    pub bytes: u64,
    /// Packages whose size is not known.
    #[serde(rename = "download_unknown")]
    pub unknown: usize,
}

impl<'a> Sum<&'a PlannedChange> for Download {
    fn sum<I: Iterator<Item = &'a PlannedChange>>(changes: I) -> Self {
        changes.fold(Self::default(), |sum, change| match change.size {
            Some(size) => Self {
                bytes: sum.bytes.saturating_add(size),
                ..sum
            },
            None => Self {
                unknown: sum.unknown + 1,
                ..sum
            },
        })
    }
}

impl Download {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }

    /// In words, to stand after a comma; `None` where there is nothing to download.
    #[must_use]
    pub fn in_words(self) -> Option<String> {
        match (self.bytes, self.unknown) {
            (0, 0) => None,
            (bytes, 0) => Some(format!("about {} to download", size_in_words(bytes))),
            (0, unknown) => Some(format!("{} unknown", sizes(unknown))),
            (bytes, unknown) => Some(format!(
                "at least {} to download; {} unknown",
                size_in_words(bytes),
                sizes(unknown)
            )),
        }
    }
}

fn sizes(packages: usize) -> String {
    match packages {
        1 => "the size of 1 package is".to_owned(),
        packages => format!("the sizes of {} are", count(packages, "package")),
    }
}

/// Bytes as `640 bytes`, `92 kB`, `12 MB` or `10 GB`, in powers of ten as mirrors and managers count them.
#[must_use]
pub fn size_in_words(bytes: u64) -> String {
    match bytes {
        0..=9_999 => count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1_000),
        10_000_000..=9_999_999_999 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_said() {
        let words = |bytes, unknown| Download { bytes, unknown }.in_words();
        assert_eq!(words(0, 0), None);
        assert_eq!(words(92_000, 0).unwrap(), "about 92 kB to download");
        assert_eq!(
            words(12_000_000, 3).unwrap(),
            "at least 12 MB to download; the sizes of 3 packages are unknown"
        );
        assert_eq!(words(0, 1).unwrap(), "the size of 1 package is unknown");
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!(size_in_words(640), "640 bytes");
        assert_eq!(size_in_words(10_500_000_000), "10 GB");
    }
}
