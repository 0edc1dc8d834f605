//! Versions and package labels of rpm, shared by dnf and zypper.
//!
//! Their order is in [`super::version::rpm`].

use crate::model::name::{Architecture, PackageName, Version};
use crate::model::update::PackageKey;

pub use super::version::rpm::{compare, compare_segments};

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

    #[test]
    fn labels_are_taken_apart_from_the_right() {
        let (key, version) = parse_nevra("java-17-openjdk-1:17.0.1-2.el9.x86_64").unwrap();
        assert_eq!(key.package.as_str(), "java-17-openjdk");
        assert_eq!((key.arch.as_str(), version.as_str()), ("x86_64", "1:17.0.1-2.el9"));
        assert!(parse_nevra("nonsense").is_none());
    }
}
