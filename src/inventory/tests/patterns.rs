//! Patterns of Ansible: what they pick is what the real Ansible says that they pick.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::parse;
use crate::inventory::{Inventory, evaluate};
use crate::model::expression::Expression;
use crate::model::known::Knowledge;

/// `tests/fixtures/patterns/fleet.ini` in the native dialect.
const FLEET: &str = "
hosts: [bastion, '2001:db8::5', apple]
groups:
  web: {hosts: ['web[01:04]']}
  db: {hosts: [db09], children: [galera, replica]}
  galera: {hosts: [db02, db01]}
  replica: {hosts: [db03]}
  prod: {hosts: [web01, web02, db01]}
  empty: {}
";

/// What `ask-ansible` wrote beside that fleet.
const ANSWERS: &str = include_str!("../../../tests/fixtures/patterns/patterns.txt");

fn names(inventory: &Inventory, pattern: &str) -> Result<BTreeSet<String>, String> {
    let expression = Expression::from_option(pattern, "--limit").map_err(|problems| problems.to_string())?;
    let picked = evaluate(inventory, &expression, &Knowledge::default()).map_err(|problems| problems.to_string())?;
    Ok(picked.hosts.iter().map(|host| host.name.to_string()).collect())
}

fn pick(fleet: &str, pattern: &str) -> String {
    let found = names(&parse(fleet), pattern).unwrap_or_else(|problems| panic!("{problems}"));
    found.into_iter().collect::<Vec<_>>().join(" ")
}

fn problem(fleet: &str, pattern: &str) -> String {
    names(&parse(fleet), pattern).expect_err(pattern)
}

#[test]
fn a_pattern_picks_what_the_real_ansible_picks() {
    let inventory = parse(FLEET);
    let mut wrong = Vec::new();
    for line in ANSWERS.lines() {
        let (pattern, hosts) = line.split_once(' ').unwrap();
        let expected: BTreeSet<String> = hosts
            .split(' ')
            .filter(|host| *host != "-")
            .map(str::to_owned)
            .collect();
        match names(&inventory, pattern) {
            Ok(found) if found == expected => {}
            // What matches nothing is a mistake here and a warning there.
            Err(_) if expected.is_empty() => {}
            other => wrong.push(format!("{pattern}: {other:?}, expected {expected:?}")),
        }
    }
    assert!(ANSWERS.lines().count() > 50);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ranges_name_hosts_and_positions_count_in_groups() {
    assert_eq!(pick(FLEET, "web[01:02]"), "web01 web02");
    assert_eq!(pick(FLEET, "group:web[01:02]"), "web02 web03");
    assert_eq!(pick(FLEET, "web[1:2]"), "web02 web03", "there is no host web1");
    assert_eq!(pick(FLEET, "all[-1], web[0] & prod"), "db03 web01");
    assert!(
        problem(FLEET, "web[01:05]").contains("no host and no group `web05`"),
        "padded: hosts"
    );
    let numbered = "groups: {web: {hosts: ['web[0:3]']}}";
    assert_eq!(pick(numbered, "web[1:2]"), "web1 web2");
    assert_eq!(pick(numbered, "web[0]"), "web0", "both readings are the same host");
    assert_eq!(
        pick(numbered, "web[1:2]:!web1"),
        "web2",
        "both readings are the same hosts"
    );
    let shifted = "groups: {web: {hosts: ['web[1:4]']}}";
    assert_eq!(pick(shifted, "web[1:2]"), "web1 web2", "the hosts are all there");
    let both = "could mean hosts of that name, and positions in the group `web`";
    for pattern in ["web[1:2]:&all", "web[3:5]", "web[1]", "web[-1]"] {
        let found = problem(shifted, pattern);
        assert!(
            found.contains(both) && found.contains("write `group:web["),
            "{pattern}: {found}"
        );
    }
    assert_eq!(pick(shifted, "group:web[1]"), "web2");
    assert!(problem(FLEET, "web[4]").contains("`web` has no host at that position: it has 4"));
    assert!(problem(FLEET, "wbe[1:]").contains("there is no group `wbe` (did you mean `web`?)"));
}

#[test]
fn what_could_mean_two_things_shows_both() {
    for (pattern, first, second) in [
        ("web:&prod,db", "(web & prod) , db", "web & (prod,db)"),
        (
            "web:&prod,db | apple",
            "(web & prod) , db , apple",
            "web & (prod,db | apple)",
        ),
        ("web & prod:db", "web & (prod , db)", "(web & prod) , db"),
        (
            "(web,db):&prod | apple",
            "((web,db) & prod) , apple",
            "(web,db) & (prod | apple)",
        ),
        (
            "apple,web:db:!prod",
            "apple , ((web , db) & !prod)",
            "((apple,web) , db) & !prod",
        ),
    ] {
        let expected = format!("it could mean `{first}` or `{second}` (write one of them)");
        let found = problem(FLEET, pattern);
        assert!(found.ends_with(&expected), "{pattern}: {found}");
        // Both are expressions that mean something.
        let (first, second) = (pick(FLEET, first), pick(FLEET, second));
        assert!(!first.is_empty() && !second.is_empty());
    }
    assert_eq!(
        pick(FLEET, "(web:&prod),db09"),
        "db09 web01 web02",
        "parentheses decide"
    );
    assert_eq!(pick(FLEET, "(web,db):&prod"), "db01 web01 web02");
    let twins = "{hosts: ['web:db'], groups: {web: {hosts: [w]}, db: {hosts: [d]}}}";
    assert!(problem(twins, "web:db").contains("is the name of a host, and could also mean what its parts pick"));
    assert_eq!(pick("hosts: ['web:db', x]", "web:db"), "web:db");
    let namesake = "{hosts: [db], groups: {db: {hosts: [d1]}}}";
    assert_eq!(pick(namesake, "db"), "db");
    assert!(problem(namesake, "db:&all").contains("is the name of a host and of a group"));
}

#[test]
fn addresses_stay_names() {
    let fleet = "hosts: ['::1', 'fe80::1', 'fe80::2', web]";
    assert_eq!(pick(fleet, "::1"), "::1");
    assert_eq!(pick(fleet, "fe80::1,web"), "fe80::1 web");
    assert_eq!(pick(fleet, "all & !fe80::1"), "::1 fe80::2 web");
    assert_eq!(pick(fleet, "fe80::*"), "fe80::1 fe80::2");
    assert_eq!(pick(fleet, "all:!fe80::1:!web"), "::1 fe80::2");
    let missing = problem(fleet, "fe80::9");
    assert!(
        missing.contains("there is no host and no group `fe80::9` (between IPv6 addresses stands `,`)"),
        "{missing}"
    );
}

proptest! {
    #[test]
    fn the_order_of_a_pattern_does_not_matter(
        items in prop::sample::subsequence(vec!["web", "db", "&prod", "&all", "!galera", "!web02", "bastion"], 2..7)
            .prop_shuffle()
    ) {
        let mut sorted = items.clone();
        sorted.sort_unstable();
        prop_assume!(!items.iter().all(|item| item.starts_with('&')));
        prop_assert_eq!(pick(FLEET, &items.join(":")), pick(FLEET, &sorted.join(":")));
    }

    #[test]
    fn a_pattern_means_what_its_translation_means(
        wanted in prop::sample::subsequence(vec!["web", "db", "prod", "bastion"], 1..4),
        required in prop::sample::subsequence(vec!["prod", "galera", "all"], 0..3),
        refused in prop::sample::subsequence(vec!["web02", "galera", "apple"], 0..3),
    ) {
        let items = wanted.iter().map(ToString::to_string)
            .chain(required.iter().map(|item| format!("&{item}")))
            .chain(refused.iter().map(|item| format!("!{item}")));
        let pattern = items.collect::<Vec<_>>().join(":");
        let mut translation = format!("({})", wanted.join(" , "));
        for item in &required {
            translation.push_str(&format!(" & {item}"));
        }
        for item in &refused {
            translation.push_str(&format!(" & !{item}"));
        }
        prop_assert_eq!(pick(FLEET, &pattern), pick(FLEET, &translation));
    }
}
