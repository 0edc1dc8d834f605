//! The managers' own tools decide, where this machine has them: generated versions, their answer and ours.
//!
//! A tool is looked for by its name, or is the command that `PATCHWAVE_ORACLE_NAME` holds (split at blanks),
//! such as `PATCHWAVE_ORACLE_APK='chroot /path/of/an/alpine /sbin/apk'`. Without it, its test says so and passes.

use std::cmp::Ordering;
use std::process::{Command, Output};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::super::{alpm, apk, deb, freebsd, rpm, xbps};

struct Oracle(Vec<String>);

impl Oracle {
    fn find(name: &str) -> Option<Self> {
        let variable = format!("PATCHWAVE_ORACLE_{}", name.to_uppercase().replace('-', "_"));
        let command = std::env::var(variable).unwrap_or_else(|_| name.to_owned());
        let oracle = Self(command.split_whitespace().map(str::to_owned).collect());
        let found = oracle.0.first().is_some_and(|program| {
            std::env::var_os("PATH")
                .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
        });
        if !found {
            println!("skipped: this machine has no `{name}`");
        }
        found.then_some(oracle)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(&self.0[0])
            .args(&self.0[1..])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What it prints, without the blanks around it.
    fn ask(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run(arguments).stdout).unwrap().trim().to_owned()
    }
}

fn sign(text: &str) -> Option<Ordering> {
    match text {
        "<" | "-1" => Some(Ordering::Less),
        "=" | "0" => Some(Ordering::Equal),
        ">" | "1" => Some(Ordering::Greater),
        _ => None,
    }
}

/// Pairs of versions of a pattern: always the same ones, or as many random ones as `PATCHWAVE_ORACLE_PAIRS` asks for.
fn pairs(count: usize, pattern: &str) -> Vec<(String, String)> {
    let asked = std::env::var("PATCHWAVE_ORACLE_PAIRS")
        .ok()
        .and_then(|count| count.parse().ok());
    let mut runner = match asked {
        Some(_) => TestRunner::default(),
        None => TestRunner::deterministic(),
    };
    let strategy = proptest::string::string_regex(pattern).unwrap();
    let mut version = || strategy.new_tree(&mut runner).unwrap().current();
    (0..asked.unwrap_or(count)).map(|_| (version(), version())).collect()
}

#[test]
fn dpkg_agrees() {
    let Some(dpkg) = Oracle::find("dpkg") else { return };
    let is = |one: &str, relation: &str, other: &str| {
        dpkg.run(&["--compare-versions", one, relation, other]).status.success()
    };
    for (one, other) in pairs(500, "(1:)?[01]([0-9]|[.~+a-cA]|-1|~~){0,4}(-[0-9a~.+]{1,3})?") {
        let order = match (is(&one, "lt", &other), is(&one, "eq", &other)) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(deb::compare(&one, &other), order, "{one} {other}");
    }
}

/// One call for many pairs: rpm's macros run Lua.
#[test]
fn rpm_agrees() {
    let Some(rpm) = Oracle::find("rpm") else { return };
    let pairs = pairs(2000, "([01]:)?([0-9]|[.~^_+a-cA]|10|01){1,6}(-[0-9a~.^]{1,3})?");
    for pairs in pairs.chunks(500) {
        let call = |(one, other): &(String, String)| format!("print(rpm.vercmp('{one}','{other}')..' ')");
        let calls: String = pairs.iter().map(call).collect();
        let answers = rpm.ask(&["--eval", &format!("%{{lua:{calls}}}")]);
        let answers: Vec<&str> = answers.split_whitespace().collect();
        assert_eq!(answers.len(), pairs.len(), "{answers:?}");
        for ((one, other), answer) in pairs.iter().zip(answers) {
            assert_eq!(Some(rpm::compare(one, other)), sign(answer), "{one} {other}");
        }
    }
}

#[test]
fn vercmp_agrees() {
    let Some(vercmp) = Oracle::find("vercmp") else { return };
    // Versions that end in a separator are left out: vercmp has no order for them.
    for (one, other) in pairs(
        1000,
        "([01]:)?([0-9]|[._+]|[a-c]|rc|10|01){0,5}[0-9a](-[0-9](\\.[0-9])?)?",
    ) {
        let answer = vercmp.ask(&[&one, &other]);
        assert_eq!(Some(alpm::compare(&one, &other)), sign(&answer), "{one} {other}");
    }
}

#[test]
fn apk_agrees() {
    let Some(apk) = Oracle::find("apk") else { return };
    let pattern = "0?1(\\.(0|1|2|10|01|010)){0,2}[ab]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[012]?){0,2}(~[0-9a-f]{1,2})?(-r[0-9]{1,2})?";
    for (one, other) in pairs(1000, pattern) {
        let answer = apk.ask(&["version", "-t", &one, &other]);
        assert_eq!(Some(apk::compare(&one, &other)), sign(&answer), "{one} {other}");
    }
}

#[test]
fn pkg_agrees() {
    let Some(pkg) = Oracle::find("pkg") else { return };
    let pattern = "1([0-9.+a-c]|rc|pl|pre|alpha|beta|snap){0,5}(_[0-9])?(,[0-9])?";
    for (one, other) in pairs(500, pattern) {
        let answer = pkg.ask(&["version", "-t", &one, &other]);
        assert_eq!(Some(freebsd::compare(&one, &other)), sign(&answer), "{one} {other}");
    }
}

#[test]
fn xbps_agrees() {
    let Some(xbps) = Oracle::find("xbps-uhelper") else {
        return;
    };
    for (one, other) in pairs(500, "1([0-9.a-c]|rc|pl|pre|alpha|beta){0,5}_[0-9]") {
        let answer = match xbps.run(&["cmpver", &one, &other]).status.code() {
            Some(255) => Ordering::Less,
            Some(0) => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(xbps::compare(&one, &other), answer, "{one} {other}");
    }
}
