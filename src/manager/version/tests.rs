//! Tests of every family: published comparisons, laws that any order keeps, and the managers' own tools.

mod laws;
mod oracles;

use std::cmp::Ordering;

use super::{alpm, apk, deb, freebsd, opkg, rpm, xbps};
use crate::model::manager::Manager;
use crate::model::name::Version;

type Compare = fn(&str, &str) -> Ordering;

/// Every family with the order that can be sorted by.
const FAMILIES: [(&str, Compare); 7] = [
    ("deb", deb::compare),
    ("rpm", rpm::compare),
    ("alpm", alpm::order),
    ("apk", apk::compare),
    ("freebsd", freebsd::compare),
    ("xbps", xbps::compare),
    ("opkg", opkg::compare),
];

/// Holds a table of lines `ONE OTHER RESULT` against a function, both ways round. Returns how many held.
fn check(table: &str, compare: Compare) -> usize {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let check_line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [one, other, result] = words[..] else {
            panic!("not `ONE OTHER RESULT`: {line}");
        };
        let order = match result {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(compare(one, other), order, "{one} {other}");
        assert_eq!(compare(other, one), order.reverse(), "{other} {one}");
    };
    lines.map(check_line).count()
}

macro_rules! published {
    ($($name:ident: $file:literal, $compare:expr, $count:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let table = include_str!(concat!("../../../tests/fixtures/versions/", $file));
                assert_eq!(check(table, $compare), $count);
            }
        )*
    };
}

published! {
    published_comparisons_of_deb: "deb.txt", deb::compare, 124;
    published_comparisons_of_opkg: "deb.txt", opkg::compare, 124;
    published_comparisons_of_rpm: "rpm.txt", rpm::compare, 68;
    published_comparisons_of_alpm: "alpm.txt", alpm::compare, 45;
    published_comparisons_of_apk: "apk.txt", apk::compare, 702;
    published_comparisons_of_freebsd: "freebsd.txt", freebsd::compare, 49;
    published_comparisons_of_xbps: "xbps.txt", xbps::compare, 38;
}

#[test]
fn versions_as_they_are_published_today() {
    let table = include_str!("../../../tests/fixtures/versions/own.txt");
    for (family, compare) in FAMILIES {
        let prefix = format!("{family} ");
        let lines: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
        assert!(check(&lines.join("\n"), compare) >= 2, "{family}");
    }
}

#[test]
fn each_manager_has_the_rules_of_its_family() {
    let compare =
        |manager, one, other| super::compare(manager, &Version::new(one).unwrap(), &Version::new(other).unwrap());
    for (manager, before_the_release) in [
        (Manager::Apt, "1.0~rc1"),
        (Manager::Dnf4, "1.0~rc1"),
        (Manager::Dnf5, "1.0~rc1"),
        (Manager::Zypper, "1.0~rc1"),
        (Manager::Pacman, "1.0rc1"),
        (Manager::Apk, "1.0_rc1"),
    ] {
        assert_eq!(compare(manager, before_the_release, "1.0"), Ordering::Less, "{manager}");
        assert_eq!(compare(manager, "1.10", "1.9"), Ordering::Greater, "{manager}");
    }
}

/// vercmp lets a missing pkgrel equal any: right for a dependency, but no order.
#[test]
fn pacmans_versions_can_be_sorted_all_the_same() {
    assert_eq!(alpm::compare("1.0", "1.0-1"), Ordering::Equal);
    assert_eq!(alpm::compare("1.0", "1.0-2"), Ordering::Equal);
    assert_eq!(alpm::order("1.0", "1.0-1"), Ordering::Less);
    assert_eq!(alpm::order("1.0-1", "1.0-2"), Ordering::Less);
}

/// Kernels are compared by their names, in which a hyphen is one separator of many.
#[test]
fn kernels_compare_by_segments() {
    for (older, newer) in [
        ("6.1.0-9-amd64", "6.1.0-31-amd64"),
        ("5.14.0-427.el9.x86_64", "5.14.0-503.11.1.el9.x86_64"),
        ("6.12.1-arch1-1", "6.12.1-arch1-2"),
    ] {
        assert_eq!(rpm::compare_segments(older, newer), Ordering::Less, "{older} {newer}");
    }
}
