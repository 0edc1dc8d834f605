//! Versions and package labels of rpm, shared by dnf and zypper.
//!
//! The order of versions is rpm's own (`rpmio/rpmvercmp.c`); a missing epoch is 0.

use std::cmp::Ordering;

use crate::model::name::{Architecture, PackageName, Version};
use crate::model::update::PackageKey;

/// Compares two versions, or two releases, segment by segment as `rpmvercmp` does: `~` is lower than the
/// end, `^` is higher than the end and lower than any other segment, digits are higher than letters.
#[must_use]
pub fn compare_segments(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        left = skip_separators(left);
        right = skip_separators(right);
        match (left.first(), right.first()) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                left = rest(left, 1);
                right = rest(right, 1);
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), Some(_)) => return Ordering::Less,
            (Some(_), Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), Some(_)) => {}
        }
        let numeric = left.first().is_some_and(u8::is_ascii_digit);
        let (left_segment, left_rest) = segment(left, numeric);
        let (right_segment, right_rest) = segment(right, numeric);
        if right_segment.is_empty() {
            return if numeric { Ordering::Greater } else { Ordering::Less };
        }
        let order = if numeric {
            compare_digits(left_segment, right_segment)
        } else {
            left_segment.cmp(right_segment)
        };
        if order != Ordering::Equal {
            return order;
        }
        left = left_rest;
        right = right_rest;
    }
}

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

fn skip_separators(bytes: &[u8]) -> &[u8] {
    let kept = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'~' || *byte == b'^';
    rest(bytes, bytes.iter().position(kept).unwrap_or(bytes.len()))
}

fn segment(bytes: &[u8], numeric: bool) -> (&[u8], &[u8]) {
    let belongs = |byte: &u8| {
        if numeric {
            byte.is_ascii_digit()
        } else {
            byte.is_ascii_alphabetic()
        }
    };
    let end = bytes.iter().position(|byte| !belongs(byte)).unwrap_or(bytes.len());
    bytes.split_at(end)
}

fn compare_digits(left: &[u8], right: &[u8]) -> Ordering {
    let strip = |digits| {
        let zeros = <[u8]>::iter(digits).take_while(|digit| **digit == b'0').count();
        rest(digits, zeros)
    };
    let (left, right): (&[u8], &[u8]) = (strip(left), strip(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Epoch, version and release, as in `1:2.0-3.el9`. The epoch may be missing, and so may the release.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left_epoch, left_version, left_release) = split(left);
    let (right_epoch, right_version, right_release) = split(right);
    compare_digits(left_epoch.as_bytes(), right_epoch.as_bytes())
        .then_with(|| compare_segments(left_version, right_version))
        .then_with(|| compare_segments(left_release, right_release))
}

fn split(text: &str) -> (&str, &str, &str) {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, version, release)
}

/// `E:V-R` without a zero epoch: how versions of rpm packages are written everywhere in patchwave.
#[must_use]
pub fn evr(epoch: &str, version: &str, release: &str) -> Option<Version> {
    let text = match epoch {
        "" | "0" | "(none)" => format!("{version}-{release}"),
        _ => format!("{epoch}:{version}-{release}"),
    };
    Version::new(text).ok()
}

/// The same version without a zero epoch.
#[must_use]
pub fn without_zero_epoch(evr: &str) -> &str {
    evr.strip_prefix("0:").unwrap_or(evr)
}

/// Reads `NAME-[EPOCH:]VERSION-RELEASE.ARCH`.
#[must_use]
pub fn parse_nevra(text: &str) -> Option<(PackageKey, Version)> {
    let (rest, arch) = text.rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let (epoch, version) = version.split_once(':').unwrap_or(("0", version));
    let key = PackageKey {
        package: PackageName::new(name).ok()?,
        arch: Architecture::new(arch).ok()?,
    };
    Some((key, evr(epoch, version, release)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From rpm's `tests/rpmvercmp.at`.
    #[test]
    fn versions_compare_as_rpm_compares_them() {
        for (left, right, expected) in [
            ("1.0", "1.0", 0),
            ("1.0", "2.0", -1),
            ("2.0.1", "2.0.1", 0),
            ("2.0", "2.0.1", -1),
            ("2.0.1a", "2.0.1", 1),
            ("5.5p1", "5.5p2", -1),
            ("5.5p1", "5.5p10", -1),
            ("10xyz", "10.1xyz", -1),
            ("xyz10", "xyz10.1", -1),
            ("xyz.4", "8", -1),
            ("xyz.4", "2", -1),
            ("5.5p2", "5.6p1", -1),
            ("6.0.rc1", "6.0", 1),
            ("10b2", "10a1", 1),
            ("7.0-a", "7_0_a", 0),
            ("10.0001", "10.1", 0),
            ("10.0001", "10.0039", -1),
            ("4.999.9", "5.0", -1),
            ("20101121", "20101122", -1),
            ("2_0", "2.0", 0),
            ("a", "a", 0),
            ("a+", "a_", 0),
            ("+", "_", 0),
            ("1.0~rc1", "1.0", -1),
            ("1.0~rc1", "1.0~rc2", -1),
            ("1.0~rc1~git123", "1.0~rc1", -1),
            ("1.0^", "1.0", 1),
            ("1.0^git1", "1.0", 1),
            ("1.0^git1", "1.01", -1),
            ("1.0^git1", "1.0.1", -1),
            ("1.0^git1~pre", "1.0^git1", -1),
            ("1.0~rc1^git1", "1.0~rc1", 1),
            ("1.0^git1", "1.0^git2", -1),
            ("1b.fc17", "1.fc17", -1),
            ("1g.fc17", "1.fc17", 1),
        ] {
            let order = match expected {
                0 => Ordering::Equal,
                1 => Ordering::Greater,
                _ => Ordering::Less,
            };
            assert_eq!(compare_segments(left, right), order, "{left} {right}");
            assert_eq!(compare_segments(right, left), order.reverse(), "{right} {left}");
        }
    }

    #[test]
    fn a_missing_epoch_is_zero() {
        assert_eq!(compare("1.0-1", "0:1.0-1"), Ordering::Equal);
        assert_eq!(compare("1:1.0-1", "2.0-1"), Ordering::Greater);
        assert_eq!(compare("1.0-1", "1.0-2"), Ordering::Less);
    }

    #[test]
    fn labels_are_taken_apart_from_the_right() {
        let (key, version) = parse_nevra("java-17-openjdk-1:17.0.1-2.el9.x86_64").unwrap();
        assert_eq!(key.package.as_str(), "java-17-openjdk");
        assert_eq!((key.arch.as_str(), version.as_str()), ("x86_64", "1:17.0.1-2.el9"));
        assert!(parse_nevra("nonsense").is_none());
    }
}
