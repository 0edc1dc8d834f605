//! The guards of jobs and planned removals: exactly these at exactly their versions, and no others.

use std::fs;
use std::path::Path;
use std::process::Command;

const COMMON: &str = include_str!("scripts/jobs/common.sh");
const APT: &str = include_str!("scripts/jobs/apt.sh");

const PLAN: &str = "app:all=2|app|all|1|2|r\n|old|*|1.0-1|nothing|\n";

/// What a script says that reads this, and its exit code.
fn run(test: &str, plan: &str, script: &str, input: &str) -> (String, Option<i32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/removal").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("plan"), plan).unwrap();
    fs::write(folder.join("input"), input).unwrap();
    fs::write(folder.join("script.sh"), format!("{COMMON}{APT}\n{script}\n")).unwrap();
    let output = Command::new("sh")
        .arg(folder.join("script.sh"))
        .env("work", &folder)
        .stdin(fs::File::open(folder.join("input")).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{test}");
    (
        String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        output.status.code(),
    )
}

#[test]
fn steps_may_have_planned_removals_and_no_others() {
    let steps =
        |test: &str, plan: &str, removal: &str| run(test, plan, "compare_steps", &format!("app|all|1|2\n{removal}\n"));
    for (test, removal) in [("arch", "old|noarch|1.0-1|nothing"), ("none", "old|*|1.0-1|nothing")] {
        assert_eq!(steps(test, PLAN, removal), (String::new(), Some(0)), "{test}");
    }
    for (test, removal) in [
        ("version", "old|noarch|1.1-1|nothing"),
        ("other", "other|noarch|1.0-1|nothing"),
    ] {
        let (said, code) = steps(test, PLAN, removal);
        assert_eq!(code, Some(78), "{test}: {said}");
        assert!(said.contains("E_DRIFT"), "{test}: {said}");
    }
    let without = PLAN.lines().next().unwrap().to_owned() + "\n";
    assert_eq!(steps("unplanned", &without, "old|*|1.0-1|nothing").1, Some(78));
}

#[test]
fn apt_is_kept_from_removing_by_itself_and_by_the_guard() {
    let without = PLAN.lines().next().unwrap().to_owned() + "\n";
    assert_eq!(run("option", PLAN, "apt_keeps", "").0, "");
    assert_eq!(run("no-option", &without, "apt_keeps", "").0, "--no-remove");
    let guard = |test: &str, plan: &str, removal: &str| {
        let told = format!(
            "VERSION 3\nAPT::Architecture=amd64\n\n{removal}\napp 1 all none < 2 all none /var/cache/app.deb\n"
        );
        run(test, plan, "apt_write_guard; \"$work/guard\"", &told)
    };
    let removal = |name: &str, version: &str| format!("{name} {version} all none > - - none **REMOVE**");
    assert_eq!(
        guard("planned", PLAN, &removal("old", "1.0-1")),
        (String::new(), Some(0))
    );
    for (test, plan, removal) in [
        ("guard-version", PLAN, removal("old", "1.1-1")),
        ("guard-other", PLAN, removal("other", "1.0-1")),
        ("guard-unplanned", without.as_str(), removal("old", "1.0-1")),
    ] {
        let (said, code) = guard(test, plan, &removal);
        assert_eq!(code, Some(1), "{test}");
        assert!(said.contains("the transaction would also remove"), "{test}: {said}");
    }
}
