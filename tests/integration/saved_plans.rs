//! Plan files as a user handles them, on a simulated fleet over real SSH: written, shown, refused, fetched, applied.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use patchwave::simulator::distributions::{debian_12, rocky_9};
use patchwave::simulator::keys::SimulatedKey;
use patchwave::simulator::{FleetOptions, SimulatedFleet, SimulatedHostSpec, SimulatedSudo, SimulatedSystem};
use serde_json::Value;

use crate::program::{Outcome, Workplace};

const PLAYBOOK: &str =
    "name: monthly\nwaves:\n  - {name: test, select: web1}\n  - {name: rest, rest: true, batch: [1]}\n";

/// A running fleet of three hosts, and a workplace with its inventory.
struct Office {
    // Ends the fleet when it is dropped.
    _runtime: tokio::runtime::Runtime,
    fleet: SimulatedFleet,
    systems: BTreeMap<String, Arc<SimulatedSystem>>,
    workplace: Workplace,
}

impl Office {
    fn open() -> Self {
        let key = SimulatedKey::generate().unwrap();
        let systems: BTreeMap<String, Arc<SimulatedSystem>> = [debian_12("web1"), debian_12("web2"), rocky_9("db1")]
            .into_iter()
            .map(|mut system| {
                system.job_time = Duration::from_millis(10);
                system.down_time = Duration::from_millis(10);
                (system.name.clone(), SimulatedSystem::new(system))
            })
            .collect();
        let specs = systems.iter().map(|(name, system)| SimulatedHostSpec {
            name: name.clone(),
            handler: system.clone(),
            sudo: SimulatedSudo::NoPassword,
        });
        let options = FleetOptions {
            authorized_keys: vec![key.public_text().unwrap()],
            ..FleetOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let fleet = runtime
            .block_on(SimulatedFleet::start(specs.collect(), options))
            .unwrap();
        let workplace = Workplace::new();
        let path = workplace.write("key", &key.private_text().unwrap());
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
        let _ = workplace.write("inventories/known_hosts", &fleet.known_hosts().unwrap());
        let _ = workplace.write("monthly.yml", PLAYBOOK);
        let office = Self {
            _runtime: runtime,
            fleet,
            systems,
            workplace,
        };
        office.write_inventory(["web1", "web2", "db1"]);
        office
    }

    fn write_inventory<const N: usize>(&self, names: [&str; N]) {
        let mut text = "defaults: {user: operator, become: sudo, key: ../key}\nhosts:\n".to_owned();
        for name in names {
            let address = self.fleet.host(name).unwrap().address;
            text.push_str(&format!(
                "  {name}: {{address: {}, port: {}}}\n",
                address.ip(),
                address.port()
            ));
        }
        let _ = self.workplace.write("inventories/fleet.yml", &text);
    }

    fn run<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        self.workplace.run(arguments)
    }

    fn plan(&self) -> String {
        let _ = self.run(["plan", "monthly.yml", "--out", "plan.json"]).expect_exit(0);
        self.text("plan.json")
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.workplace.path(name)).unwrap()
    }

    fn transactions(&self) -> Vec<usize> {
        self.systems.values().map(|system| system.transactions()).collect()
    }

    fn connections(&self) -> usize {
        self.fleet.hosts().iter().map(|host| host.connections_accepted()).sum()
    }

    /// Refused with that exit code and these words, and no host was contacted.
    #[track_caller]
    fn refuses<const N: usize>(&self, arguments: [&str; N], exit: i32, words: &str) {
        let before = self.connections();
        let outcome = self.run(arguments).expect_exit(exit);
        assert!(outcome.stderr.contains(words), "{words} is not in\n{}", outcome.stderr);
        assert_eq!(self.connections(), before, "a host was contacted");
    }
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
fn a_plan_is_written_shown_and_applied_as_it_is() {
    let office = Office::open();
    let written = office
        .run(["plan", "monthly.yml", "--out", "plan.json", "--valid", "2d"])
        .expect_exit(0);
    assert!(written.stderr.contains("Written to plan.json"), "{}", written.stderr);
    assert!(
        written.stderr.contains("patchwave apply plan.json"),
        "{}",
        written.stderr
    );
    let about = std::fs::metadata(office.workplace.path("plan.json")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o644);

    let connections = office.connections();
    let shown = office.run(["plan", "plan.json"]).expect_exit(0).stdout;
    for words in [" made by ", "holds until", "SHA-256", "Wave 1 of 2: test", "web[1:2]"] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let document = office
        .run(["plan", "plan.json", "--format", "json"])
        .expect_exit(0)
        .json();
    let saved: Value = serde_json::from_str(&office.text("plan.json")).unwrap();
    assert_eq!(document["sha256"], saved["sha256"]);
    assert_eq!(document["expires"], saved["expires"]);
    assert!(document["repositories"][0]["download_bytes"].as_u64().unwrap() > 0);
    let markdown = office.run(["plan", "plan.json", "--format", "markdown"]).expect_exit(0);
    assert!(markdown.stdout.contains("<details><summary>"), "{}", markdown.stdout);
    let rows = office
        .run(["plan", "plan.json", "--format", "csv"])
        .expect_exit(0)
        .stdout;
    assert!(rows.starts_with("WAVE,BATCH,HOST,PACKAGE"), "{rows}");
    assert_eq!(office.connections(), connections, "showing a plan contacts nothing");

    let report = office
        .run(["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0);
    assert!(report.stderr.contains(" made by "), "{}", report.stderr);
    let report = report.json();
    assert_eq!(report["plan"]["id"], saved["id"]);
    assert_eq!(report["plan"]["sha256"], saved["sha256"]);
    assert_eq!(office.transactions(), [1, 1, 1]);
    let history = office.run(["history", "--format", "json"]).expect_exit(0).json();
    assert_eq!(history["runs"][0]["plan"]["id"], saved["id"]);
    let id = saved["id"].as_str().unwrap();
    assert!(office.run(["history"]).expect_exit(0).stdout.contains(id));
    assert!(office.run(["show"]).expect_exit(0).stdout.contains(id));
}

#[test]
fn the_checksum_is_what_the_documented_line_prints() {
    let office = Office::open();
    let saved: Value = serde_json::from_str(&office.plan()).unwrap();
    let output = Command::new("sh")
        .args(["-c", "sed '$d' plan.json | sed '$d' | sha256sum"])
        .current_dir(office.workplace.path(""))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.split(' ').next(), saved["sha256"].as_str());
}

#[test]
fn the_same_scan_gives_the_same_plan_apart_from_times_and_ids() {
    let office = Office::open();
    let first = office.plan();
    let second = office.plan();
    assert_ne!(first, second);
    assert_eq!(without_times(&first), without_times(&second));
}

#[test]
fn a_file_that_is_not_as_it_was_made_is_refused_before_anything_is_contacted() {
    let office = Office::open();
    let text = office.plan();
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
        let _ = office.workplace.write("bad.json", &bad);
        office.refuses(apply, 2, words);
        office.refuses(["plan", "bad.json"], 2, words);
        office.refuses(["fetch", "bad.json"], 2, words);
    }
    assert_eq!(office.transactions(), [0, 0, 0]);
}

#[test]
fn a_plan_that_does_not_fit_is_refused_with_the_reason() {
    let office = Office::open();
    let _ = office.plan();
    office.refuses(
        ["apply", "plan.json", "--yes", "--security"],
        2,
        "`--security` would change the plan",
    );
    office.refuses(
        ["apply", "plan.json", "--yes", "--package", "bash"],
        2,
        "`--package` would change",
    );
    office.refuses(
        ["apply", "plan.json", "--yes", "--expect", "2"],
        2,
        "3 hosts selected, but 2 expected",
    );
    office.refuses(["apply", "plan.json"], 2, "nobody is there to be asked");
    office.write_inventory(["web1", "db1"]);
    office.refuses(["apply", "plan.json", "--yes"], 2, "not in the inventory: web2");
    office.write_inventory(["web1", "web2", "db1"]);
    let moved = office
        .text("inventories/fleet.yml")
        .replacen("127.0.0.1", "127.0.0.2", 1);
    let _ = office.workplace.write("inventories/fleet.yml", &moved);
    office.refuses(
        ["apply", "plan.json", "--yes"],
        24,
        "another address in the inventory: web1",
    );
    assert_eq!(office.transactions(), [0, 0, 0]);
}

#[test]
fn what_the_inventory_forbids_by_now_is_not_done() {
    let office = Office::open();
    let _ = office.plan();
    let text = office.text("inventories/fleet.yml");
    let excluded = text.replacen("  web2: {", "  web2: {exclude: ['*'], ", 1);
    let _ = office.workplace.write("inventories/fleet.yml", &excluded);
    office.refuses(["apply", "plan.json", "--yes"], 24, "on web2 (`*`)");
    let _ = office
        .run(["apply", "plan.json", "--yes", "--limit", "web1"])
        .expect_exit(0);
}

#[test]
fn an_expired_plan_is_not_run() {
    let office = Office::open();
    let _ = office
        .run(["plan", "monthly.yml", "--out", "plan.json", "--valid", "1s"])
        .expect_exit(0);
    std::thread::sleep(Duration::from_millis(1600));
    office.refuses(["apply", "plan.json", "--yes"], 24, "held until");
    office.refuses(["fetch", "plan.json"], 24, "held until");
    let _ = office.run(["plan", "plan.json"]).expect_exit(0);
}

#[test]
fn a_limit_leaves_hosts_of_the_plan_for_later() {
    let office = Office::open();
    let _ = office.plan();
    let outcome = office
        .run(["apply", "plan.json", "--yes", "--limit", "web2", "--expect", "1"])
        .expect_exit(0);
    assert!(outcome.stderr.contains("wave `test` falls away"), "{}", outcome.stderr);
    let done: Vec<usize> = ["web1", "web2", "db1"]
        .iter()
        .map(|name| office.systems[*name].transactions())
        .collect();
    assert_eq!(done, [0, 1, 0]);
}

#[test]
fn what_was_fetched_is_installed_later() {
    let office = Office::open();
    let _ = office.plan();
    let before: Vec<_> = office
        .systems
        .values()
        .map(|system| system.system().installed())
        .collect();
    let fetched = office.run(["fetch", "plan.json"]).expect_exit(0);
    assert!(fetched.stderr.contains("REPOSITORY"), "{}", fetched.stderr);
    assert!(
        fetched.stderr.contains("3 hosts now have what the plan installs"),
        "{}",
        fetched.stderr
    );
    let after: Vec<_> = office
        .systems
        .values()
        .map(|system| system.system().installed())
        .collect();
    assert_eq!(before, after, "no package is changed");
    let _ = office.run(["apply", "plan.json", "--yes"]).expect_exit(0);
    let history = office.run(["history", "--format", "json"]).expect_exit(0).json();
    assert_eq!(history["runs"][0]["plan"], history["runs"][1]["plan"]);
}

#[test]
fn a_plan_replaces_a_plan_and_no_other_file() {
    let office = Office::open();
    let _ = office.workplace.write("notes.txt", "mine");
    office.refuses(
        ["plan", "monthly.yml", "--out", "notes.txt"],
        2,
        "is no plan; it was not touched",
    );
    office.refuses(
        ["plan", "monthly.yml", "--out", "monthly.yml"],
        2,
        "is no plan; it was not touched",
    );
    office.refuses(
        ["plan", "monthly.yml", "--out", "missing/plan.json"],
        2,
        "is in a folder that is not there",
    );
    office.refuses(["plan", "monthly.yml", "--out", "inventories"], 2, "is no file");
    assert_eq!(office.text("notes.txt"), "mine");
    let _ = office.workplace.write("package.json", "{\"name\": \"mine\"}\n");
    office.refuses(
        ["plan", "monthly.yml", "--out", "package.json"],
        2,
        "is no plan; it was not touched",
    );
    let first = office.plan();
    assert_ne!(office.plan(), first);
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
    let office = Office::open();
    let _ = office.workplace.write("playbooks/monthly.yml", PLAYBOOK);
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
            .current_dir(office.workplace.path(""))
            .env_clear()
            .env("PATH", &path)
            .env("HOME", office.workplace.path("home"))
            .env("PATCHWAVE_STATE_DIR", office.workplace.path("state"))
            .env("PATCHWAVE_SSH_CONFIG", "none")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{command}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for system in office.systems.values() {
        assert_eq!(system.system().upgradable_names(), Vec::<String>::new());
    }
    assert!(office.text("plan.md").contains("<details>"));
}

/// Another address of the same machine, so that the simulated host is another one for the plan.
fn move_first_host(office: &Office) {
    let text = office.text("inventories/fleet.yml");
    let moved = text.replacen("127.0.0.1", "127.0.0.2", 1);
    let _ = office.workplace.write("inventories/fleet.yml", &moved);
}

#[test]
fn a_limit_leaves_out_hosts_that_are_elsewhere_or_gone() {
    let office = Office::open();
    let _ = office.plan();
    office.write_inventory(["web1", "db1"]);
    move_first_host(&office);
    office.refuses(["apply", "plan.json", "--yes"], 2, "`--limit`");
    let _ = office
        .run(["apply", "plan.json", "--yes", "--limit", "db1", "--expect", "1"])
        .expect_exit(0);
    office.write_inventory(["web1", "web2", "db1"]);
    move_first_host(&office);
    office.refuses(
        ["apply", "plan.json", "--yes"],
        24,
        "leave such hosts out with `--limit`",
    );
    let outcome = office
        .run(["apply", "plan.json", "--yes", "--quiet", "--limit", "!web1"])
        .expect_exit(0);
    // The missing wave is told to those who want to hear little too.
    assert!(outcome.stderr.contains("wave `test` falls away"), "{}", outcome.stderr);
    assert_eq!(office.systems["web1"].transactions(), 0);
    assert_eq!(office.systems["web2"].transactions(), 1);
    assert_eq!(office.systems["db1"].transactions(), 1);
}

#[test]
fn the_policy_decides_about_hosts_that_are_elsewhere_or_gone() {
    let office = Office::open();
    let playbook = "name: monthly\ndrift: {host_changed: skip-host}\nwaves: [{name: all, rest: true}]\n";
    let _ = office.workplace.write("monthly.yml", playbook);
    let _ = office.plan();
    office.write_inventory(["web1", "db1"]);
    move_first_host(&office);
    let outcome = office
        .run(["apply", "plan.json", "--yes", "--expect", "3", "--format", "json"])
        .expect_exit(0);
    assert!(
        outcome.stderr.contains("not in the inventory: web2"),
        "{}",
        outcome.stderr
    );
    let report = outcome.json();
    let states: BTreeMap<&str, &str> = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| (host["name"].as_str().unwrap(), host["state"].as_str().unwrap()))
        .collect();
    let expected = [("db1", "patched"), ("web1", "skipped"), ("web2", "skipped")];
    assert_eq!(states, BTreeMap::from(expected));
}

#[test]
fn errors_about_hosts_that_are_left_out_do_not_stop_the_others() {
    let office = Office::open();
    let gated = "name: monthly\nlint: {errors: [wave-without-gate, unknown-host]}\nwaves: [{name: all, rest: true}]\n";
    let _ = office.workplace.write("monthly.yml", gated);
    let text = office.text("inventories/fleet.yml");
    let silent = format!("{text}  web3: {{address: 127.0.0.1, port: 1}}\n");
    let _ = office.workplace.write("inventories/fleet.yml", &silent);
    let _ = office.run(["plan", "monthly.yml", "--out", "plan.json"]);
    let whole = office.run(["apply", "plan.json", "--yes"]).expect_exit(2);
    assert!(whole.stderr.contains("unknown-host"), "{}", whole.stderr);
    let _ = office
        .run(["apply", "plan.json", "--yes", "--limit", "!web3"])
        .expect_exit(0);
    assert_eq!(office.transactions(), [1, 1, 1]);
}

#[test]
fn fetching_with_the_old_packages_prints_one_document() {
    let office = Office::open();
    let _ = office.plan();
    let fetched = office
        .run(["fetch", "plan.json", "--secure-old", "--format", "json"])
        .expect_exit(0);
    let report = fetched.json();
    assert_eq!(report["outcome"], "completed");
    assert_ne!(report["securing"]["run"], report["run"]);
    let secured = &report["securing"]["hosts"][0]["secured"]["missing"];
    assert!(!secured.as_array().unwrap().is_empty(), "{report}");
    assert!(report["hosts"][0]["downloaded_bytes"].is_number(), "{report}");
    let waiting = |system: &Arc<SimulatedSystem>| !system.system().upgradable_names().is_empty();
    assert!(office.systems.values().all(waiting), "a package was changed");
    let shown = office.run(["fetch", "plan.json", "--secure-old"]).expect_exit(0);
    assert!(shown.stderr.contains("put aside on the hosts"), "{}", shown.stderr);
}

#[test]
fn a_plan_that_is_shown_is_counted_and_not_narrowed() {
    let office = Office::open();
    let _ = office.plan();
    let _ = office.run(["plan", "plan.json", "--expect", "3"]).expect_exit(0);
    office.refuses(
        ["plan", "plan.json", "--expect", "2"],
        2,
        "3 hosts selected, but 2 expected",
    );
    office.refuses(["plan", "plan.json", "--limit", "web1"], 2, "does not narrow");
}

#[test]
fn a_fetch_takes_the_package_lists_as_they_are_where_it_is_told_to() {
    let office = Office::open();
    let _ = office.plan();
    // A refresh makes the simulated lists young.
    let age_of = |name: &str| office.systems[name].system().metadata_age;
    let _ = office.run(["fetch", "plan.json"]).expect_exit(0);
    office.systems["web1"].change(|system| system.metadata_age = 90_000);
    let _ = office.run(["fetch", "plan.json", "--refresh", "never"]).expect_exit(0);
    assert_eq!(age_of("web1"), 90_000);
    let _ = office.run(["fetch", "plan.json"]).expect_exit(0);
    assert!(age_of("web1") < 90_000);
}

#[test]
fn a_plan_can_be_told_to_secure_the_old_packages_first() {
    let office = Office::open();
    let _ = office
        .run(["plan", "monthly.yml", "--secure-old", "--out", "plan.json"])
        .expect_exit(0);
    let saved: Value = serde_json::from_str(&office.text("plan.json")).unwrap();
    assert_eq!(saved["plan"]["rules"]["secure_old"], true);
    let shown = office.run(["plan", "plan.json"]).expect_exit(0).stdout;
    assert!(shown.contains("put aside on every host first"), "{shown}");
    office.refuses(["plan", "plan.json", "--secure-old"], 2, "`--secure-old` would change");
    let report = office
        .run(["apply", "plan.json", "--yes", "--format", "json"])
        .expect_exit(0)
        .json();
    let secured = &report["securing"]["hosts"][0]["secured"]["missing"];
    assert!(!secured.as_array().unwrap().is_empty(), "{report}");
    assert_eq!(report["securing"]["plan"], report["plan"]);
    assert_eq!(report["outcome"], "completed");
    let done = |system: &Arc<SimulatedSystem>| system.system().upgradable_names().is_empty();
    assert!(office.systems.values().all(done));
}

#[test]
fn nothing_is_changed_where_the_old_packages_cannot_be_secured() {
    let office = Office::open();
    let playbook = format!("{PLAYBOOK}drift: {{host_changed: replan}}\n");
    let _ = office.workplace.write("monthly.yml", &playbook);
    let _ = office
        .run(["plan", "monthly.yml", "--secure-old", "--out", "plan.json"])
        .expect_exit(0);
    let port = office.fleet.host("web2").unwrap().address.port();
    let text = office.text("inventories/fleet.yml");
    let silent = text.replacen(&format!("port: {port}"), "port: 1", 1);
    let _ = office.workplace.write("inventories/fleet.yml", &silent);
    let outcome = office.run(["apply", "plan.json", "--yes"]).expect_exit(22);
    assert!(outcome.stderr.contains("no package was changed"), "{}", outcome.stderr);
    let waiting = |system: &Arc<SimulatedSystem>| !system.system().upgradable_names().is_empty();
    assert!(office.systems.values().all(waiting), "a package was changed");
}
