//! What a host says about packages beside the steps of a transaction: which versions can be had, and who uses them.
//! Pure. The scripts print the same lines for every manager.

use crate::model::name::Version;
use crate::model::resolution::{Offer, OfferSource, PackageUser};
use crate::model::text::{printable, shorten};

use super::listing::{filled_lines, key};

/// What was read, in order and each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// What was understood.
    pub found: Vec<T>,
    /// Lines that were not.
    pub unparsed: usize,
}

/// Lines `NAME|ARCHITECTURE|VERSION|REPOSITORY|SIZE|repository` or `host`. Repository and size may be empty.
#[must_use]
pub fn offers(text: &str) -> Found<Offer> {
    read(text, offer)
}

/// Lines `NAME|UNIT`.
#[must_use]
pub fn users(text: &str) -> Found<PackageUser> {
    read(text, user)
}

fn read<T: Ord>(text: &str, line: fn(&str) -> Option<T>) -> Found<T> {
    let all: Vec<Option<T>> = filled_lines(text).map(line).collect();
    let count = all.len();
    let mut found: Vec<T> = all.into_iter().flatten().collect();
    let unparsed = count - found.len();
    found.sort();
    found.dedup();
    Found { found, unparsed }
}

fn offer(line: &str) -> Option<Offer> {
    let fields: Vec<&str> = line.split('|').collect();
    let [name, arch, version, repo, size, source] = fields.as_slice() else {
        return None;
    };
    let key = key(name, arch)?;
    Some(Offer {
        package: key.package,
        arch: key.arch,
        version: Version::new(*version).ok()?,
        repo: shorten(&printable(repo), 120),
        size: match *size {
            "" => None,
            digits => Some(digits.parse().ok()?),
        },
        source: match *source {
            "repository" => OfferSource::Repository,
            "host" => OfferSource::Host,
            _ => return None,
        },
    })
}

fn user(line: &str) -> Option<PackageUser> {
    let (name, unit) = line.split_once('|')?;
    if unit.is_empty() {
        return None;
    }
    Some(PackageUser {
        package: crate::model::name::PackageName::new(name).ok()?,
        unit: shorten(&printable(unit), 200),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn offers_are_read_each_once() {
        let text = "a|all|2|Lab/main|120|repository\na|all|1|||host\na|all|2|Lab/main|120|repository\nError: x\n";
        let read = offers(text);
        let shown: Vec<String> = read
            .found
            .iter()
            .map(|offer| {
                format!(
                    "{} {} {:?} {:?}",
                    offer.package, offer.version, offer.size, offer.source
                )
            })
            .collect();
        assert_eq!(shown, ["a 1 None Host", "a 2 Some(120) Repository"]);
        assert_eq!(read.unparsed, 1);
    }

    #[test]
    fn users_are_read() {
        let read = users("libc6|init\nlibc6|ssh.service\nlibc6|\n");
        let units: Vec<&str> = read.found.iter().map(|user| user.unit.as_str()).collect();
        assert_eq!(units, ["init", "ssh.service"]);
        assert_eq!(read.unparsed, 1);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s).{0,300}", lines in "([a-z0-9|.:-]{0,30}\n){0,9}") {
            for text in [&text, &lines] {
                let count = text.lines().filter(|line| !line.trim().is_empty()).count();
                prop_assert!(offers(text).found.len() + offers(text).unparsed <= count.max(text.len()));
                let _ = users(text);
            }
        }
    }
}
