//! opkg's versions: Debian's format and Debian's rules, which opkg took from dpkg.
//!
//! Its own module all the same, so that a caller names the manager it means.

use std::cmp::Ordering;

/// As [`super::deb::compare`].
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    super::deb::compare(one, other)
}
