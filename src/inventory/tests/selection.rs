//! What target expressions pick.

use proptest::prelude::*;

use super::parse;
use crate::inventory::{Inventory, SelectionError, evaluate, select_hosts};
use crate::model::expression::Expression;
use crate::model::known::Knowledge;

const FLEET: &str = "
hosts:
  bastion: {labels: {tier: edge}}
groups:
  test: {hosts: [web01, db01]}
  web: {hosts: 'web[01:04]', labels: {tier: front, country: NO}}
  db: {children: [galera]}
  galera: {hosts: [db01, db02], labels: {tier: back}}
  empty: {}
";

fn fleet() -> Inventory {
    parse(FLEET)
}

fn pick(expression: &str) -> String {
    let inventory = fleet();
    let expression = Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let hosts =
        evaluate(&inventory, &expression, &Knowledge::default()).unwrap_or_else(|problems| panic!("{problems}"));
    hosts
        .hosts
        .iter()
        .map(|host| host.name.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

fn problems(expression: &str) -> String {
    match Expression::from_option(expression, "--limit") {
        Err(problems) => problems.to_string(),
        Ok(parsed) => evaluate(&fleet(), &parsed, &Knowledge::default())
            .expect_err(expression)
            .to_string(),
    }
}

const ALL: &str = "bastion web01 db01 web02 web03 web04 db02";

#[test]
fn names_and_globs_pick_hosts_in_the_order_of_the_inventory() {
    assert_eq!(pick("all"), ALL);
    assert_eq!(pick("*"), ALL);
    assert_eq!(pick("db02, web01"), "web01 db02");
    assert_eq!(pick("web*"), "web01 web02 web03 web04");
    assert_eq!(pick("*0?"), "web01 db01 web02 web03 web04 db02");
    assert_eq!(pick("web0[24]"), "web02 web04");
    assert_eq!(pick("web[02:03]"), "web02 web03");
    assert_eq!(pick("{web,db}02"), "web02 db02");
    assert_eq!(pick("[wd]*[01:02]"), "web01 db01 web02 db02");
}

#[test]
fn groups_hold_their_children_and_a_bare_word_may_be_one() {
    assert_eq!(pick("group:db"), "db01 db02");
    assert_eq!(pick("db"), "db01 db02");
    assert_eq!(pick("group:{test,galera}"), "web01 db01 db02");
    assert_eq!(pick("group:empty"), "");
    assert_eq!(pick("group:all"), ALL);
}

#[test]
fn labels_pick_by_key_and_value() {
    assert_eq!(pick("label:tier=front"), "web01 web02 web03 web04");
    assert_eq!(pick("label:tier=[fb]*"), "web01 db01 web02 web03 web04 db02");
    assert_eq!(pick("label:country=NO"), "web01 web02 web03 web04");
    assert_eq!(pick("!label:country"), "bastion db01 db02");
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    assert_eq!(pick("db | web & test"), "web01 db01 db02");
    assert_eq!(pick("(db | web) & test"), "web01 db01");
    assert_eq!(pick("!web & !db"), "bastion");
    assert_eq!(pick("!(web | db)"), "bastion");
    assert_eq!(pick("!!web & test"), "web01");
    assert_eq!(pick("  group:web\t&!web01 "), "web02 web03 web04");
    assert_eq!(pick("!web01"), "bastion db01 web02 web03 web04 db02");
}

#[test]
fn an_opposite_of_several_is_never_added_to_a_list() {
    for (text, item, others) in [
        ("web*,!web01&!web02", "!web01&!web02", "web*"),
        ("web* | !web01 & db", "!web01 & db", "web*"),
        ("web*, !(web01, db) & test, !db", "!(web01, db) & test", "web* , !db"),
        ("!web01&!web02, web*", "!web01&!web02", "web*"),
    ] {
        let problem = Expression::parse(text).unwrap_err();
        let readings = [format!("({others}) & {item}"), format!("{others} , ({item})")];
        let both = format!("`{}` or `{}`", readings[0], readings[1]);
        assert!(problem.message.ends_with(&both), "{text}: {}", problem.message);
        let place: String = text.chars().skip(problem.offset).take(problem.length).collect();
        assert_eq!(place, item);
        for reading in readings {
            Expression::parse(&reading).unwrap_or_else(|error| panic!("{reading}: {error}"));
        }
    }
    assert_eq!(pick("(web*) & !web01&!web02"), "web03 web04");
    for fine in [
        "!a & !b",
        "web*, !(a & b)",
        "web*, a & !b",
        "web*, !!a & b",
        "web*, (!a & !b)",
    ] {
        Expression::parse(fine).unwrap_or_else(|error| panic!("{fine}: {error}"));
    }
}

#[test]
fn a_negation_in_a_list_takes_away_and_never_adds_the_fleet() {
    assert_eq!(pick("web*,!web03"), "web01 web02 web04");
    assert_eq!(pick("!web03,web*"), "web01 web02 web04");
    assert_eq!(pick("web* | !web03"), "web01 web02 web04");
    assert_eq!(pick("!web*,!db*"), "bastion");
    assert_eq!(pick("(web*,!web03) & !web04, db01"), "web01 db01 web02");
    assert_eq!(
        pick("db, (!db01 & web*), bastion"),
        "bastion web01 db01 web02 web03 web04 db02",
        "in parentheses it adds, as it is no bare negation"
    );
}

#[test]
fn what_is_not_there_is_an_error_even_behind_a_negation() {
    assert_eq!(
        problems("wbe01"),
        "--limit:1:1: there is no host and no group `wbe01` (did you mean `web01`?)"
    );
    assert_eq!(
        problems("all & !group:galear"),
        "--limit:1:14: there is no group `galear` (did you mean `galera`?)"
    );
    assert_eq!(problems("all, !wbe*"), "--limit:1:7: no host matches `wbe*`");
    assert_eq!(
        problems("!label:teir=front"),
        "--limit:1:8: no host has a label `teir` (did you mean `tier`?)"
    );
    assert_eq!(
        problems("label:tier=fornt"),
        "--limit:1:12: no host has the label `tier=fornt` (did you mean `front`?)"
    );
    assert!(problems("web[03:07]").contains("no hosts `web05`, `web06`, `web07`"));
    assert_eq!(problems("a1, b1, group:c1").lines().count(), 3, "all of them at once");
}

#[test]
fn what_is_no_expression_says_where() {
    for (expression, column) in [
        ("", 1),
        ("   ", 1),
        ("web01 db01", 7),
        ("(web01", 1),
        ("web01)", 6),
        ("web01 &", 8),
        ("& web01", 1),
        ("a,,b", 3),
        ("!", 2),
        ("()", 2),
        ("group:", 7),
        ("label:", 7),
        ("label:tier=", 12),
        ("web[", 1),
        ("web[5:1]", 4),
        ("web!db", 4),
        ("~", 1),
        ("@", 1),
        ("x, ~a(", 4),
        ("manager:atp", 9),
        ("os:debian=", 11),
        ("updates>", 9),
        ("updates>x", 9),
        ("web>3", 4),
        ("updates!=0", 8),
        ("web:", 5),
        (":web", 1),
        ("web:&!db", 6),
        ("web:db x", 8),
    ] {
        let found = problems(expression);
        assert!(
            found.starts_with(&format!("--limit:1:{column}: ")),
            "{expression}: {found}"
        );
    }
    assert!(problems(&"(".repeat(100_000)).contains("longer than 64 KiB"));
    assert!(problems(&"(".repeat(1_000)).contains("64 deep"));
    assert!(Expression::parse(&"!".repeat(60_000)).is_err());
}

#[test]
fn several_expressions_narrow_each_other_and_nothing_is_never_a_success() {
    let inventory = fleet();
    let select = |expressions: &[&str], expect| {
        let expressions: Vec<Expression> = expressions
            .iter()
            .map(|text| Expression::parse(text).unwrap())
            .collect();
        select_hosts(&inventory, &expressions, expect, &Knowledge::default()).map(|picked| picked.hosts.len())
    };
    assert_eq!(select(&[], None), Ok(7));
    assert_eq!(select(&["web", "test"], Some(1)), Ok(1));
    assert_eq!(
        select(&["web"], Some(5)),
        Err(SelectionError::Unexpected {
            selected: 4,
            expected: 5
        })
    );
    let empty = select(&["web", "db"], None).unwrap_err();
    assert_eq!(
        empty.to_string(),
        "`web & db` picks none of the 7 hosts of the inventory"
    );
    assert!(matches!(select(&["empty"], None), Err(SelectionError::Empty { .. })));
    assert_eq!(
        select(&["empty"], Some(0)),
        Err(SelectionError::Empty {
            expression: "empty".to_owned(),
            hosts: 7,
            undecided: 0
        })
    );
}

#[test]
fn the_place_in_a_file_is_the_place_of_the_word() {
    use crate::model::diagnostic::Place;
    use crate::model::expression::Origin;
    let place = Place {
        file: "p.yml".into(),
        line: 3,
        column: 10,
        length: 0,
    };
    let origin = Origin {
        place,
        source: "a\nb\nselect:  all & !x9\n".into(),
    };
    let expression = Expression::from_file("all & !x9", origin).unwrap();
    assert!(
        evaluate(&fleet(), &expression, &Knowledge::default())
            .unwrap_err()
            .to_string()
            .starts_with("p.yml:3:17: ")
    );
}

/// Expressions whose words are all there.
fn any_expression() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "web01",
        "web*",
        "db",
        "group:test",
        "label:tier",
        "label:tier=back",
        "all",
        "bastion",
        "web[01:02]",
        "group:empty",
    ]);
    word.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) & ({b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) , ({b})")),
        ]
    })
}

proptest! {
    #[test]
    fn de_morgan(a in any_expression(), b in any_expression()) {
        // An "and" of negations has no list in it, so nothing is taken away.
        prop_assert_eq!(pick(&format!("!(!({a}) & !({b}))")), pick(&format!("(({a}) & all) | (({b}) & all)")));
        prop_assert_eq!(pick(&format!("!(({a}) & ({b}))")), pick(&format!("(!({a}) & all) | (!({b}) & all)")));
    }

    #[test]
    fn order_and_repetition_do_not_matter(a in any_expression(), b in any_expression(), c in any_expression()) {
        prop_assert_eq!(pick(&format!("({a}),({b}),({c})")), pick(&format!("({c}),({a}),({b}),({a})")));
        prop_assert_eq!(pick(&format!("({a})&({b})&({c})")), pick(&format!("({c})&({b})&({a})&({b})")));
    }

    #[test]
    fn a_term_and_its_negation_share_the_fleet(a in any_expression()) {
        prop_assert_eq!(pick(&format!("({a}) & !({a})")), "");
        prop_assert_eq!(pick(&format!("(({a}) & all) | (!({a}) & all)")), ALL);
        prop_assert_eq!(pick(&format!("!!({a})")), pick(&a));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z0-9:=*?!&,|()\\[\\]{}~@<> é-]{0,40}") {
        if let Ok(expression) = Expression::from_option(&text, "--limit") {
            let _ = evaluate(&fleet(), &expression, &Knowledge::default());
        }
    }
}
