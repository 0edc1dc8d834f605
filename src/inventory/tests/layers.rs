//! Which of several values counts: layers, groups above and beside each other, the same host in two places.

use super::native::{host, problems, words};
use super::{parse, parse_files};
use crate::model::host::RebootPolicy;

#[test]
fn a_stronger_layer_wins_and_says_where_it_was_written() {
    let text = "\
defaults: {user: d, port: 1, labels: {a: d, b: d}}
hosts: {web1: {port: 3}}
groups:
  outer: {children: [inner], user: o, port: 2, labels: {a: o}}
  inner: {hosts: [web1], user: i}
";
    let inventory = parse(text);
    let web1 = host(&inventory, "web1");
    assert_eq!((web1.user.as_str(), web1.port), ("i", 3));
    assert_eq!((web1.labels["a"].as_str(), web1.labels["b"].as_str()), ("o", "d"));
    let shown: Vec<String> = inventory
        .origins("web1")
        .iter()
        .map(|origin| {
            let place = origin
                .place
                .as_ref()
                .map(|place| format!(" {place}"))
                .unwrap_or_default();
            let over: Vec<String> = origin
                .overridden
                .iter()
                .map(|other| format!(" over {}={} {}", other.layer, other.value, other.place))
                .collect();
            format!(
                "{}={} {}{place}{}",
                origin.setting,
                origin.value,
                origin.layer,
                over.concat()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "address=web1 built in",
            "port=3 host f.yml:2:22 over group outer=2 f.yml:4:45 over defaults=1 f.yml:1:27",
            "user=i group inner f.yml:5:32 over group outer=o f.yml:4:36 over defaults=d f.yml:1:18",
            "become=none built in",
            "connect=ssh built in",
            "labels.a=o group outer f.yml:4:60 over defaults=d f.yml:1:42",
            "labels.b=d defaults f.yml:1:48",
        ]
    );
}

#[test]
fn sibling_groups_that_disagree_are_one_error_with_both_places() {
    let text = "\
groups:
  a: {hosts: 'w[1:3]', user: x, labels: {t: 1}}
  b: {hosts: 'w[1:3]', user: y, labels: {t: 1}}
";
    assert_eq!(
        problems(text),
        [
            "f.yml:3:30: `user` of `w1` and 2 other hosts is `x` by group `a` and `y` by group `b`; group `a` sets it here: f.yml:2:30 (set it on the host, or make one group a child of the other)"
        ]
    );
    let decided = parse(&format!("{text}hosts: {{'w[1:3]': {{user: z}}}}\n"));
    assert_eq!(host(&decided, "w2").user, "z", "a host that says it itself is certain");
}

#[test]
fn a_group_far_above_never_contradicts_one_below() {
    let text = "\
groups:
  top: {children: [middle], user: t}
  middle: {children: [low]}
  low: {hosts: [w1], user: l}
  other: {hosts: [w1], user: l}
";
    assert_eq!(host(&parse(text), "w1").user, "l");
    assert!(
        problems(&text.replace("other: {hosts: [w1], user: l}", "other: {hosts: [w1], user: o}"))[0]
            .contains("group `other`")
    );
}

#[test]
fn of_safety_settings_the_strictest_counts() {
    let text = "\
defaults: {exclude: 'kernel*'}
groups:
  a: {hosts: [w1, w2], exclude: [nginx, 'kernel*'], reboot: always}
  b: {hosts: [w1, w2], exclude: [mysql], reboot: if-needed}
hosts: {w2: {reboot: always, exclude: []}}
";
    let inventory = parse(text);
    assert_eq!(host(&inventory, "w1").exclude, ["nginx", "kernel*", "mysql"]);
    assert_eq!(host(&inventory, "w1").reboot, Some(RebootPolicy::IfNeeded));
    assert_eq!(
        host(&inventory, "w2").reboot,
        Some(RebootPolicy::Always),
        "the host's own word counts"
    );
    assert_eq!(host(&inventory, "w2").exclude.len(), 3, "an exclusion is never undone");
}

#[test]
fn the_same_host_in_two_places_must_agree() {
    let first = (
        "a.yml",
        "hosts: {w1: {port: 1, user: x, exclude: a}}\ngroups: {g: {hosts: [w1], user: g}}",
    );
    let merged = parse_files(&[
        first,
        ("b.yml", "groups: {g: {hosts: {w1: {port: 1, exclude: b}, w2: }}}"),
    ])
    .unwrap();
    assert_eq!(words(&merged.group("g").unwrap().members), "w1 w2");
    assert_eq!(host(&merged, "w1").exclude, ["a", "b"]);
    assert_eq!(host(&merged, "w2").user, "g");
    let differs = parse_files(&[first, ("b.yml", "hosts: {w1: {port: 2}}\ngroups: {g: {user: h}}")]).unwrap_err();
    assert_eq!(
        differs,
        [
            "b.yml:1:20: host `w1` has two values for `port`: `1` and `2`; `1` is set here: a.yml:1:20 (keep one of the two)",
            "b.yml:2:20: group `g` has two values for `user`: `g` and `h`; `g` is set here: a.yml:2:33 (keep one of the two)",
        ]
    );
}
