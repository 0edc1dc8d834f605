//! The file itself: what is in it, how it is shown, when it is refused, and what it may replace.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use super::{PLAYBOOK, office};

#[test]
fn a_plan_is_written_shown_and_applied_as_it_is() {
    let stage = office();
    let written = stage
        .workplace
        .run(["plan", "monthly.yml", "--out", "plan.json", "--valid", "2d"])
        .expect_exit(0);
    assert!(written.stderr.contains("Written to plan.json"), "{}", written.stderr);
    assert!(
        written.stderr.contains("patchwave apply plan.json"),
        "{}",
        written.stderr
    );
    let about = std::fs::metadata(stage.workplace.path("plan.json")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o644);

    let connections = stage.connections();
    let shown = stage.workplace.run(["plan", "plan.json"]).expect_exit(0).stdout;
    for words in [" made by ", "holds until", "SHA-256", "Wave 1 of 2: test", "web[1:2]"] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let document = stage
        .workplace
        .run(["plan", "plan.json", "--format", "json"])
        .expect_exit(0)
        .json();
    let saved: Value = serde_json::from_str(&stage.text("plan.json")).unwrap();
    assert_eq!(document["sha256"], saved["sha256"]);
    assert_eq!(document["expires"], saved["expires"]);
    assert!(document["repositories"][0]["download_bytes"].as_u64().unwrap() > 0);
    let markdown = stage
        .workplace
        .run(["plan", "plan.json", "--format", "markdown"])
        .expect_exit(0);
    assert!(markdown.stdout.contains("<details><summary>"), "{}", markdown.stdout);
    let rows = stage
        .workplace
        .run(["plan", "plan.json", "--format", "csv"])
        .expect_exit(0)
        .stdout;
    assert!(rows.starts_with("WAVE,BATCH,HOST,PACKAGE"), "{rows}");
    assert_eq!(stage.connections(), connections, "showing a plan contacts nothing");

    let report = stage
        .workplace
        .run(["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0);
    assert!(report.stderr.contains(" made by "), "{}", report.stderr);
    let report = report.json();
    assert_eq!(report["plan"]["id"], saved["id"]);
    assert_eq!(report["plan"]["sha256"], saved["sha256"]);
    assert_eq!(stage.transactions(), [1, 1, 1]);
    let history = stage
        .workplace
        .run(["history", "--format", "json"])
        .expect_exit(0)
        .json();
    assert_eq!(history["runs"][0]["plan"]["id"], saved["id"]);
    let id = saved["id"].as_str().unwrap();
    assert!(stage.workplace.run(["history"]).expect_exit(0).stdout.contains(id));
    assert!(stage.workplace.run(["show"]).expect_exit(0).stdout.contains(id));
}

#[test]
fn the_checksum_is_what_the_documented_line_prints() {
    let stage = office();
    let saved: Value = serde_json::from_str(&stage.plan()).unwrap();
    let output = Command::new("sh")
        .args(["-c", "sed '$d' plan.json | sed '$d' | sha256sum"])
        .current_dir(stage.workplace.path(""))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.split(' ').next(), saved["sha256"].as_str());
}

/// What may differ between two plans of the same: times and ids.
fn without_times(text: &str) -> Vec<&str> {
    const TIMES: [&str; 6] = [
        "\"id\"",
        "\"scan\"",
        "\"made\"",
        "\"expires\"",
        "\"sha256\"",
        "\"first_seen\"",
    ];
    text.lines()
        .filter(|line| !TIMES.iter().any(|word| line.trim_start().starts_with(word)))
        .collect()
}

#[test]
fn the_same_scan_gives_the_same_plan_apart_from_times_and_ids() {
    let stage = office();
    let first = stage.plan();
    let second = stage.plan();
    assert_ne!(first, second);
    assert_eq!(without_times(&first), without_times(&second));
}

#[test]
fn a_file_that_is_not_as_it_was_made_is_refused_before_anything_is_contacted() {
    let stage = office();
    let text = stage.plan();
    let apply = ["apply", "bad.json", "--yes"];
    for (bad, words) in [
        (
            text.replacen("\"tolerated\": 0", "\"tolerated\": 9", 1),
            "was changed after it was made",
        ),
        (text.replace('\n', "\r\n"), "refused"),
        (text[..text.len() / 2].to_owned(), "damaged or no plan"),
        (String::new(), "damaged or no plan"),
        (
            text.replacen("\"format_version\": \"1\"", "\"format_version\": \"7\"", 1),
            "it has format 7",
        ),
    ] {
        let _ = stage.workplace.write("bad.json", &bad);
        stage.refuses(apply, 2, words);
        stage.refuses(["plan", "bad.json"], 2, words);
        stage.refuses(["fetch", "bad.json"], 2, words);
    }
    assert_eq!(stage.transactions(), [0, 0, 0]);
}

#[test]
fn a_plan_replaces_a_plan_and_no_other_file() {
    let stage = office();
    let _ = stage.workplace.write("notes.txt", "mine");
    stage.refuses(
        ["plan", "monthly.yml", "--out", "notes.txt"],
        2,
        "is no plan; it was not touched",
    );
    stage.refuses(
        ["plan", "monthly.yml", "--out", "monthly.yml"],
        2,
        "is no plan; it was not touched",
    );
    stage.refuses(
        ["plan", "monthly.yml", "--out", "missing/plan.json"],
        2,
        "is in a folder that is not there",
    );
    stage.refuses(["plan", "monthly.yml", "--out", "inventories"], 2, "is no file");
    assert_eq!(stage.text("notes.txt"), "mine");
    let _ = stage.workplace.write("package.json", "{\"name\": \"mine\"}\n");
    stage.refuses(
        ["plan", "monthly.yml", "--out", "package.json"],
        2,
        "is no plan; it was not touched",
    );
    let first = stage.plan();
    assert_ne!(stage.plan(), first);
}

#[test]
fn a_plan_that_is_shown_is_counted_and_not_narrowed() {
    let stage = office();
    let _ = stage.plan();
    let _ = stage
        .workplace
        .run(["plan", "plan.json", "--expect", "3"])
        .expect_exit(0);
    stage.refuses(
        ["plan", "plan.json", "--expect", "2"],
        2,
        "3 hosts selected, but 2 expected",
    );
    stage.refuses(["plan", "plan.json", "--limit", "web1"], 2, "does not narrow");
}

/// The lines of the first block of commands under that heading of the README, without their comments.
fn readme_commands(heading: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let part = readme.split(heading).nth(1).unwrap();
    let block = part.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let without_comment = |line: &str| line.split(" #").next().unwrap().trim().to_owned();
    block.lines().map(without_comment).collect()
}

#[test]
fn the_commands_of_the_readme_work_as_they_are_printed() {
    let stage = office();
    let _ = stage.workplace.write("playbooks/monthly.yml", PLAYBOOK);
    let commands = readme_commands("## A plan as a file, and pull requests");
    assert_eq!(commands.len(), 6, "{commands:?}");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_patchwave"));
    let path = std::env::join_paths(
        std::iter::once(program.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    for command in commands {
        // Nobody is there to be asked.
        let answered = command.replace("apply ", "apply --yes ");
        let mut shell = Command::new("sh");
        let output = shell
            .args(["-c", &answered])
            .current_dir(stage.workplace.path(""))
            .env_clear()
            .env("PATH", &path)
            .env("HOME", stage.workplace.path("home"))
            .env("PATCHWAVE_STATE_DIR", stage.workplace.path("state"))
            .env("PATCHWAVE_SSH_CONFIG", "none")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{command}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for system in stage.systems.values() {
        assert_eq!(system.system().upgradable_names(), Vec::<String>::new());
    }
    assert!(stage.text("plan.md").contains("<details>"));
}
