//! The steps that apk would take, and the words in which it writes packages.

/// A line of a simulated upgrade.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::manager) enum Step<'a> {
    Install {
        name: &'a str,
        from: Option<&'a str>,
        to: &'a str,
    },
    Downgrade {
        name: &'a str,
        from: &'a str,
        to: &'a str,
    },
    Remove {
        name: &'a str,
        version: &'a str,
    },
    Unknown,
    None,
}

/// `(1/4) Upgrading NAME (OLD -> NEW)`, `(2/4) Installing NAME (VERSION)`, `(3/4) Purging NAME (VERSION)`.
/// `@TAG` may follow the name.
pub(in crate::manager) fn parse_step(line: &str) -> Step<'_> {
    let Some((_, rest)) = line.strip_prefix('(').and_then(|rest| rest.split_once(") ")) else {
        return Step::None;
    };
    let mut words = rest.split(' ');
    let (Some(verb), Some(name)) = (words.next(), words.next()) else {
        return Step::Unknown;
    };
    let name = name.split('@').next().unwrap_or(name);
    let inner = rest.split_once('(').and_then(|(_, inner)| inner.split(')').next());
    let versions = inner.and_then(|inner| inner.split_once(" -> "));
    match (verb, inner, versions) {
        ("Upgrading" | "Replacing", _, Some((from, to))) => Step::Install {
            name,
            from: Some(from),
            to,
        },
        ("Downgrading", _, Some((from, to))) => Step::Downgrade { name, from, to },
        ("Installing", Some(to), _) => Step::Install { name, from: None, to },
        ("Purging", Some(version), _) => Step::Remove { name, version },
        // The same version again, from another repository or with other flags: no update.
        ("Reinstalling" | "Re-installing", ..) => Step::None,
        _ => Step::Unknown,
    }
}

/// `NAME-VERSION ARCH {ORIGIN} (LICENCE) [upgradable from: NAME-OLD]`: name, version, architecture, old version.
pub(super) fn parse_listed(line: &str) -> Option<(&str, &str, &str, Option<&str>)> {
    let mut words = line.split(' ');
    let (name, version) = split_label(words.next()?)?;
    let arch = words.next()?;
    let from = line
        .split_once("[upgradable from: ")
        .and_then(|(_, rest)| rest.strip_suffix(']'))
        .and_then(split_label)
        .map(|(_, version)| version);
    Some((name, version, arch, from))
}

/// `NAME-VERSION`: the version begins at the second-last `-`.
pub(super) fn split_label(label: &str) -> Option<(&str, &str)> {
    let release = label.rfind('-')?;
    let version = label.get(..release)?.rfind('-')?;
    Some((label.get(..version)?, label.get(version + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_both_versions_are_read() {
        let install = |name, from, to| Step::Install { name, from, to };
        assert_eq!(
            parse_step("(1/4) Upgrading lib (1.0-r0 -> 1.1-r0)"),
            install("lib", Some("1.0-r0"), "1.1-r0")
        );
        assert_eq!(
            parse_step("( 2/14) Installing so:x@edge (2-r0)"),
            install("so:x", None, "2-r0")
        );
        let downgrade = parse_step("(1/1) Downgrading lib (1.1-r0 -> 1.0-r0)");
        assert!(matches!(downgrade, Step::Downgrade { from: "1.1-r0", .. }));
        let removal = Step::Remove {
            name: "old",
            version: "1-r0",
        };
        assert_eq!(parse_step("(3/4) Purging old (1-r0)"), removal);
        assert_eq!(parse_step("OK: 67.8 MiB in 67 packages"), Step::None);
        assert_eq!(parse_step("(3/4) Frobbing"), Step::Unknown);
    }

    #[test]
    fn a_name_may_hold_dashes_and_digits() {
        assert_eq!(
            split_label("py3-foo-2to3-1.0_rc1-r0"),
            Some(("py3-foo-2to3", "1.0_rc1-r0"))
        );
        assert_eq!(split_label("x"), None);
    }
}
