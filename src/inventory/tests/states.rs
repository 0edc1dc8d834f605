//! Words that are answered from the last scan, and lists in files.

use jiff::Timestamp;

use super::parse;
use crate::inventory::{SelectionError, evaluate, select_hosts};
use crate::model::diagnostic::Place;
use crate::model::expression::{Expression, Origin};
use crate::model::facts::OperatingSystem;
use crate::model::known::{Knowledge, KnownState, LastScan, NameList};
use crate::model::manager::Manager;
use crate::model::name::{HostName, RunId};

const FLEET: &str = "{hosts: [deb11, deb12, alma9, arch, gone, new], groups: {debian: {hosts: [deb11, deb12]}}}";

fn state(id: &str, version: &str, manager: Manager) -> KnownState {
    KnownState {
        os: OperatingSystem {
            id: id.to_owned(),
            version: version.to_owned(),
            name: id.to_owned(),
        },
        manager,
        updates: 0,
        security: 0,
        perhaps_security: 0,
        reboot: false,
    }
}

fn known() -> Knowledge {
    let answers = [
        ("deb11", Some(state("debian", "11", Manager::Apt))),
        (
            "deb12",
            Some(KnownState {
                updates: 12,
                security: 3,
                reboot: true,
                ..state("debian", "12", Manager::Apt)
            }),
        ),
        (
            "alma9",
            Some(KnownState {
                updates: 2,
                ..state("almalinux", "9.4", Manager::Dnf4)
            }),
        ),
        (
            "arch",
            Some(KnownState {
                updates: 5,
                perhaps_security: 5,
                ..state("arch", "", Manager::Pacman)
            }),
        ),
        ("gone", None),
    ];
    let scanned = answers.map(|(name, state)| {
        let last = LastScan {
            scan: RunId::new("s1").unwrap(),
            finished: Timestamp::UNIX_EPOCH,
            state,
        };
        (HostName::new(name).unwrap(), last)
    });
    Knowledge {
        scanned: scanned.into(),
        ..Knowledge::default()
    }
}

/// The hosts that are picked, and those of which nobody knows.
fn pick(expression: &str) -> (String, String) {
    let inventory = parse(FLEET);
    let expression = Expression::from_option(expression, "--limit").unwrap_or_else(|problems| panic!("{problems}"));
    let picked = evaluate(&inventory, &expression, &known()).unwrap_or_else(|problems| panic!("{problems}"));
    let names = |hosts: &[&crate::model::host::Host]| {
        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        names.join(" ")
    };
    (names(&picked.hosts), names(&picked.undecided))
}

fn picked(expression: &str) -> String {
    pick(expression).0
}

fn problem(expression: &str) -> String {
    match Expression::from_option(expression, "--limit") {
        Err(problems) => problems.to_string(),
        Ok(parsed) => evaluate(&parse(FLEET), &parsed, &known())
            .expect_err(expression)
            .to_string(),
    }
}

#[test]
fn the_last_scan_answers() {
    assert_eq!(picked("os:debian"), "deb11 deb12");
    assert_eq!(picked("os:debian=12"), "deb12");
    assert_eq!(
        picked("os:almalinux=9"),
        "alma9",
        "the first parts of a version are enough"
    );
    assert_eq!(picked("os:a*"), "alma9 arch");
    assert_eq!(picked("os:{debian,arch}"), "deb11 deb12 arch");
    assert_eq!(picked("manager:apt"), "deb11 deb12");
    assert_eq!(picked("manager:dnf*"), "alma9");
    assert_eq!(picked("manager:zypper"), "");
    assert_eq!(picked("updates>0"), "deb12 alma9 arch");
    assert_eq!(picked("updates >= 5 & updates<12"), "arch");
    assert_eq!(picked("updates=0"), "deb11");
    assert_eq!(picked("updates==0 | updates<=2"), "deb11 alma9");
    assert_eq!(picked("reboot"), "deb12");
    assert_eq!(picked("debian:&reboot"), "deb12");
    assert_eq!(picked("os:debian:!reboot"), "deb11");
}

#[test]
fn what_nobody_knows_is_neither_picked_nor_left_over() {
    assert_eq!(pick("os:debian"), ("deb11 deb12".to_owned(), "gone new".to_owned()));
    assert_eq!(pick("!os:debian"), ("alma9 arch".to_owned(), "gone new".to_owned()));
    assert_eq!(pick("new | reboot"), ("deb12 new".to_owned(), "gone".to_owned()));
    assert_eq!(pick("new & !reboot"), (String::new(), "new".to_owned()));
    assert_eq!(
        pick("all,!reboot"),
        ("deb11 alma9 arch".to_owned(), "gone new".to_owned())
    );
    assert_eq!(pick("debian & !reboot").1, "", "nothing is unknown of these");
    // Of arch it is not known whether its updates fix a security problem.
    assert_eq!(pick("security>0"), ("deb12".to_owned(), "arch gone new".to_owned()));
    assert_eq!(picked("security=0"), "deb11 alma9");
    assert_eq!(picked("security<6"), "deb11 deb12 alma9 arch");
}

#[test]
fn a_misspelt_state_says_what_was_meant() {
    assert_eq!(
        problem("web & os:debain").lines().last().unwrap(),
        "--limit:1:10: no scanned host has the system `debain` (did you mean `debian`?)"
    );
    assert_eq!(
        problem("os:debian-12"),
        "--limit:1:4: no scanned host has the system `debian-12` (did you mean `debian=12`?)"
    );
    assert_eq!(
        problem("!os:debian=13"),
        "--limit:1:12: no scanned host has the system `debian=13` (there is 11, 12)"
    );
    assert_eq!(
        problem("all & manager:dnf"),
        "--limit:1:15: there is no package manager `dnf` (did you mean `dnf4`?)"
    );
    assert!(problem("os:solaris").contains("the scanned hosts have almalinux, arch, debian"));
    assert!(problem("updates").contains("write `updates>0`"));
    assert!(problem("web>3").contains("only `updates` and `security` can be compared"));
    assert!(problem("updates>many").contains("a whole number is expected behind `updates>`"));
}

#[test]
fn without_any_scan_the_answer_is_to_scan() {
    let inventory = parse(FLEET);
    let expression = Expression::from_option("updates>0", "--limit").unwrap();
    let error = select_hosts(
        &inventory,
        std::slice::from_ref(&expression),
        None,
        &Knowledge::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "--limit:1:1: `updates>0` is answered from the last scan, and no host of the inventory was ever scanned \
         (scan first: `patchwave scan`)"
    );
    let awaiting = Knowledge {
        awaits_scan: true,
        ..Knowledge::default()
    };
    let picked = evaluate(&inventory, &expression, &awaiting).unwrap();
    assert_eq!((picked.hosts.len(), picked.undecided.len()), (0, 6));
    let expression = Expression::from_option("new & reboot", "--limit").unwrap();
    let empty = select_hosts(&inventory, &[expression], None, &known()).unwrap_err();
    assert!(matches!(empty, SelectionError::Empty { undecided: 1, .. }));
    assert!(empty.hint().unwrap().contains("scan them first"));
}

#[test]
fn a_list_is_a_file_of_names() {
    let inventory = parse(FLEET);
    let place = Place {
        file: "plays/p.yml".into(),
        line: 2,
        column: 9,
        length: 0,
    };
    let source = "name: x\nselect: @a.txt & !arch".into();
    let expression = Expression::from_file("@a.txt & !arch", Origin { place, source }).unwrap();
    let (path, span) = expression.lists().pop().unwrap();
    assert_eq!(path, (Some("plays".into()), "a.txt".to_owned()));
    assert_eq!((span.offset, span.length), (0, 6));
    let with = |text: &str| {
        let mut knowledge = Knowledge::default();
        knowledge
            .lists
            .insert(path.clone(), NameList::parse("plays/a.txt", text));
        evaluate(&inventory, &expression, &knowledge).map(|picked| picked.hosts.len())
    };
    assert_eq!(with("debian # both\narch\nnew"), Ok(3));
    assert_eq!(
        with("new\n  dbe12\n").unwrap_err().to_string(),
        "plays/a.txt:2:3: there is no host and no group `dbe12` (did you mean `deb12`?)"
    );
    assert!(
        with("# nothing")
            .unwrap_err()
            .to_string()
            .starts_with("plays/p.yml:2:9: the list `@a.txt` names no host")
    );
}

#[test]
fn a_regular_expression_is_bound_to_the_beginning() {
    assert_eq!(picked(r"~deb1\d"), "deb11 deb12");
    assert_eq!(picked("~(arch|new)$ , gone"), "arch gone new");
    assert_eq!(picked("all & !~.*1"), "alma9 arch gone new");
    assert_eq!(picked("~debian$"), "deb11 deb12", "a group of that name");
    assert!(problem("~eb1").contains("no host and no group matches `~eb1`"));
}
