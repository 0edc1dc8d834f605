//! What a manager is told to do, as lines of data: exactly the planned changes, nothing else.
//!
//! A line is `WORD|NAME|ARCHITECTURE|FROM|TO|REPOSITORY`. `WORD` is how this manager names exactly that
//! version; it is empty for a new dependency that may come with the others and is not asked for by itself. `FROM` is empty for a new package; `REPOSITORY` is empty unless it is a plain word. No field
//! can hold `|`, a blank or a line break: names and versions have been checked when they were read.
//!
//! `|asked` behind a line means that the new package is wanted for itself; `|back` that the package may go back to an
//! older version. A package that may be removed has a line without a word, with `*` for its architecture and `nothing`
//! in the place of `TO`; its `FROM` is the only version at which it may go, or empty in a question, which only asks.

use std::cmp::Ordering;

use super::version::compare;
use crate::model::manager::Manager;
use crate::model::name::{PackageName, Version};
use crate::model::plan::PlannedChange;
use crate::model::rollback::Consent;

/// Why no transaction can be made of a list of changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// There is nothing to do; most managers would then do everything.
    #[error("a transaction needs at least one package")]
    Empty,
    /// The same package twice, with two versions.
    #[error("the package {0} is planned in two versions")]
    Ambiguous(String),
    /// A manager would read the word as a file, an address or a group.
    #[error("`{0}` is no package to a package manager")]
    NoPackage(String),
}

/// Endings by which dnf, zypper, apt and apk know a file.
const FILES: [&str; 3] = ["rpm", "deb", "apk"];

/// Whether a manager may take the word for something else than a package: a file, an address, or a group of packages.
/// dnf and zypper take what ends in `.rpm` for a file, apt and apk what holds a slash, dnf what begins with `@` for a
/// group, and pacman what is before a slash for a repository.
fn is_no_package(word: &str) -> bool {
    let is_file = |(_, ending): (&str, &str)| FILES.iter().any(|file| file.eq_ignore_ascii_case(ending));
    word.contains('/') || word.starts_with('@') || word.rsplit_once('.').is_some_and(is_file)
}

/// Whether a manager may take the words of the change for something else than a package. They end in the
/// architecture, the version or the name.
#[must_use]
pub fn names_no_package(change: &PlannedChange) -> bool {
    let is_file = |file: &&str| change.arch.as_str().eq_ignore_ascii_case(file);
    is_no_package(change.package.as_str()) || is_no_package(change.to.as_str()) || FILES.iter().any(is_file)
}

/// The lines that tell a manager what to do, and what may come with it.
///
/// # Errors
/// When there are no changes, two for one package, or one that a manager would not read as a package.
pub fn transaction(
    manager: Manager,
    changes: &[PlannedChange],
    may_bring: &[PlannedChange],
) -> Result<Vec<String>, TransactionError> {
    if changes.is_empty() {
        return Err(TransactionError::Empty);
    }
    let mut sorted: Vec<&PlannedChange> = changes.iter().collect();
    sorted.sort();
    sorted.dedup();
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.key() == second.key()
        {
            return Err(TransactionError::Ambiguous(first.package.to_string()));
        }
    }
    if let Some(change) = sorted.iter().find(|change| names_no_package(change)) {
        return Err(TransactionError::NoPackage(word(manager, change)));
    }
    let asked = sorted.iter().map(|change| line(&word(manager, change), change));
    let brought = may_bring.iter().map(|change| line("", change));
    Ok(asked.chain(brought).collect())
}

/// The line of a new package with `|asked` behind it when that is among those that are wanted for themselves.
#[must_use]
pub fn marked(line: String, install: &[PackageName]) -> String {
    let is_asked = match line.split('|').collect::<Vec<_>>().as_slice() {
        [word, name, _, "", _, ..] => !word.is_empty() && install.iter().any(|asked| asked.as_str() == *name),
        _ => false,
    };
    if is_asked { line + "|asked" } else { line }
}

/// The lines with what was consented to: `|back` behind each that leads to an older version, and one for each package
/// that may be removed. On a way back only apk removes by itself what nothing needs any more; the others are not told.
pub fn consented(
    manager: Manager,
    lines: impl IntoIterator<Item = String>,
    consent: &Consent,
) -> impl Iterator<Item = String> {
    let removes = if consent.may_go_back {
        manager == Manager::Apk
    } else {
        manager.replaces_with_consent()
    };
    let exactly = consent
        .may_remove
        .iter()
        .map(|(package, version)| format!("|{package}|*|{version}|nothing|"));
    let asked = consent
        .may_displace
        .iter()
        .map(|package| format!("|{package}|*||nothing|"));
    let removals: Vec<String> = exactly.chain(asked).filter(|_| removes).collect();
    let may_go_back = consent.may_go_back;
    let marked = move |line: String| {
        if may_go_back && leads_back(manager, &line) {
            line + "|back"
        } else {
            line
        }
    };
    lines.into_iter().map(marked).chain(removals)
}

fn leads_back(manager: Manager, line: &str) -> bool {
    let fields: Vec<&str> = line.split('|').collect();
    let version = |field: usize| fields.get(field).and_then(|text| Version::new(*text).ok());
    match (version(3), version(4)) {
        (Some(from), Some(to)) => compare(manager, &from, &to) == Ordering::Greater,
        _ => false,
    }
}

/// The lines that ask what a transaction would come to. As above, and a line for each package that must be present in
/// whatever version: there `TO` is empty and the architecture `*`. A package that is to be changed is there already.
///
/// # Errors
/// When there is nothing to ask for, two changes for one package, or a word that is no package.
pub fn question(
    manager: Manager,
    changes: &[PlannedChange],
    may_bring: &[PlannedChange],
    install: &[PackageName],
) -> Result<Vec<String>, TransactionError> {
    let is_changed = |name: &&PackageName| changes.iter().any(|change| change.package == **name);
    let mut install: Vec<&PackageName> = install.iter().filter(|name| !is_changed(name)).collect();
    install.sort();
    install.dedup();
    if let Some(name) = install.iter().find(|name| is_no_package(name.as_str())) {
        return Err(TransactionError::NoPackage(name.to_string()));
    }
    let mut lines = if changes.is_empty() && !install.is_empty() {
        may_bring.iter().map(|change| line("", change)).collect()
    } else {
        transaction(manager, changes, may_bring)?
    };
    lines.extend(install.iter().map(|name| format!("{name}|{name}|*|||")));
    Ok(lines)
}

fn line(word: &str, change: &PlannedChange) -> String {
    let from = change.from.as_ref().map_or("", |version| version.as_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-".contains(c);
    let repo = if change.repo.chars().all(plain) {
        change.repo.as_str()
    } else {
        ""
    };
    format!("{word}|{}|{}|{from}|{}|{repo}", change.package, change.arch, change.to)
}

fn word(manager: Manager, change: &PlannedChange) -> String {
    let (name, arch, to) = (&change.package, &change.arch, &change.to);
    match manager {
        Manager::Apt => format!("{name}:{arch}={to}"),
        Manager::Dnf4 | Manager::Dnf5 | Manager::Yum | Manager::Microdnf | Manager::Tdnf => {
            format!("{name}-{to}.{arch}")
        }
        Manager::Zypper => format!("{name}.{arch}={to}"),
        // The repositories of these hold one version of a package.
        Manager::Pacman | Manager::Opkg | Manager::Brew => name.to_string(),
        Manager::Apk => format!("{name}={to}"),
        Manager::Pkg | Manager::Xbps => format!("{name}-{to}"),
        Manager::Winget | Manager::Chocolatey => format!("{name}={to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::listing::key;

    fn change(name: &str, arch: &str, from: Option<&str>, to: &str, repo: &str) -> PlannedChange {
        let key = key(name, arch).unwrap();
        PlannedChange {
            package: key.package,
            arch: key.arch,
            from: from.map(|version| Version::new(version).unwrap()),
            to: Version::new(to).unwrap(),
            repo: repo.to_owned(),
            security: None,
            size: None,
        }
    }

    #[test]
    fn only_with_consent_and_only_what_leads_back_is_marked() {
        let lines = || {
            vec![
                "a:amd64=1|a|amd64|2|1|r".to_owned(),
                "b:amd64=2|b|amd64|1|2|r".to_owned(),
            ]
        };
        let consent = Consent {
            may_go_back: true,
            may_remove: vec![(PackageName::new("c").unwrap(), Version::new("1-r0").unwrap())],
            may_displace: Vec::new(),
        };
        let of = |manager, consent: &Consent| -> Vec<String> { consented(manager, lines(), consent).collect() };
        let marked = format!("{}|back", lines()[0]);
        assert_eq!(of(Manager::Apt, &consent), [marked.clone(), lines()[1].clone()]);
        assert_eq!(
            of(Manager::Apk, &consent),
            [marked, lines()[1].clone(), "|c|*|1-r0|nothing|".to_owned()]
        );
        assert_eq!(of(Manager::Apk, &Consent::default()), lines());
    }

    #[test]
    fn a_displaced_package_may_go_at_its_version_alone_and_in_a_question_at_any() {
        let name = |text: &str| PackageName::new(text).unwrap();
        let consent = Consent {
            may_go_back: false,
            may_remove: vec![(name("old"), Version::new("1.0-1").unwrap())],
            may_displace: vec![name("older")],
        };
        let line = || vec!["b:amd64=2|b|amd64|1|2|r".to_owned()];
        let of = |manager| -> Vec<String> { consented(manager, line(), &consent).collect() };
        let all = [
            line().remove(0),
            "|old|*|1.0-1|nothing|".to_owned(),
            "|older|*||nothing|".to_owned(),
        ];
        for manager in Manager::ALL {
            let expected = if manager.replaces_with_consent() {
                &all[..]
            } else {
                &all[..1]
            };
            assert_eq!(of(manager), expected, "{manager}");
        }
    }

    #[test]
    fn each_manager_is_told_the_exact_version_in_its_own_words() {
        let changes = [change("foo", "x86_64", Some("1:1.0-1"), "1:1.1-1", "upd")];
        let line = |manager| transaction(manager, &changes, &[]).unwrap().remove(0);
        let rest = "|foo|x86_64|1:1.0-1|1:1.1-1|upd";
        assert_eq!(line(Manager::Apt), format!("foo:x86_64=1:1.1-1{rest}"));
        assert_eq!(line(Manager::Dnf4), format!("foo-1:1.1-1.x86_64{rest}"));
        assert_eq!(line(Manager::Zypper), format!("foo.x86_64=1:1.1-1{rest}"));
        assert_eq!(line(Manager::Pacman), format!("foo{rest}"));
        assert_eq!(line(Manager::Apk), format!("foo=1:1.1-1{rest}"));
    }

    #[test]
    fn a_repository_name_cannot_break_a_line() {
        let changes = [change("foo", "all", None, "2", "Google LLC|x\ny")];
        assert_eq!(
            transaction(Manager::Apt, &changes, &[]).unwrap(),
            ["foo:all=2|foo|all||2|"]
        );
    }

    #[test]
    fn what_may_come_along_is_not_asked_for() {
        let asked = [change("foo", "all", Some("1"), "2", "")];
        let brought = [change("extra", "all", None, "1", "")];
        let lines = transaction(Manager::Apt, &asked, &brought).unwrap();
        assert_eq!(lines, ["foo:all=2|foo|all|1|2|", "|extra|all||1|"]);
    }

    #[test]
    fn a_package_that_must_be_present_is_asked_for_by_its_name_alone() {
        let names = ["new", "foo", "new"].map(|name| PackageName::new(name).unwrap());
        let changes = [change("foo", "all", Some("1"), "2", "")];
        let asked = |changes| question(Manager::Apt, changes, &[], &names);
        assert_eq!(asked(&changes).unwrap(), ["foo:all=2|foo|all|1|2|", "new|new|*|||"]);
        assert_eq!(asked(&[]).unwrap(), ["foo|foo|*|||", "new|new|*|||"]);
        assert_eq!(
            question(Manager::Apt, &[], &[], &[]).unwrap_err(),
            TransactionError::Empty
        );
    }

    #[test]
    fn what_is_wanted_for_itself_is_marked() {
        let names = [PackageName::new("foo").unwrap()];
        let mark = |line: &str| marked(line.to_owned(), &names);
        assert_eq!(mark("foo:all=2|foo|all||2|"), "foo:all=2|foo|all||2||asked");
        for line in ["foo:all=2|foo|all|1|2|", "|foo|all||2|", "bar:all=2|bar|all||2|"] {
            assert_eq!(mark(line), line);
        }
    }

    #[test]
    fn what_a_manager_reads_as_a_file_or_a_group_is_no_package() {
        let refused = |error| matches!(error, TransactionError::NoPackage(_));
        for (manager, name, arch, to) in [
            (Manager::Dnf4, "https://host/x", "rpm", "1"),
            (Manager::Dnf5, "x", "rpm", "1"),
            (Manager::Dnf5, "@core", "noarch", "1"),
            (Manager::Apt, "/tmp/x", "amd64", "1.deb"),
            (Manager::Zypper, "x", "noarch", "1.rpm"),
        ] {
            let changes = [change(name, arch, None, to, "")];
            assert!(refused(transaction(manager, &changes, &[]).unwrap_err()), "{name}");
            assert!(names_no_package(&changes[0]), "{name}");
        }
        for name in ["/tmp/x.rpm", "https://host/x", "x.rpm", "@core"] {
            let install = [PackageName::new(name).unwrap()];
            assert!(
                refused(question(Manager::Dnf5, &[], &[], &install).unwrap_err()),
                "{name}"
            );
        }
        for (name, arch, to) in [
            ("libstdc++6", "amd64", "1:2~a-1"),
            ("rpm", "x86_64", "4.1-1.el9"),
            ("deb.x", "all", "1.rpm.2"),
        ] {
            assert!(!names_no_package(&change(name, arch, None, to, "")), "{name}");
        }
    }

    #[test]
    fn nothing_and_contradictions_are_refused() {
        assert_eq!(
            transaction(Manager::Apt, &[], &[]).unwrap_err(),
            TransactionError::Empty
        );
        let twice = [
            change("foo", "all", Some("1"), "2", ""),
            change("foo", "all", Some("1"), "3", ""),
        ];
        assert!(transaction(Manager::Apt, &twice, &[]).is_err());
    }
}
