//! Runs that are steered from other shells, by signals and by keys: real processes, a ledger on disk, simulated hosts
//! behind real SSH.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use patchwave::model::manager::Manager;
use patchwave::simulator::system::{Offer, Package, System};
use serde_json::Value;

use crate::program::Outcome;
use crate::stage::Stage;

/// Nothing in these tests takes longer.
const DEADLINE: Duration = Duration::from_secs(90);

fn system(name: &str, job_time: Duration) -> System {
    let mut system =
        System::new(name, Manager::Apt, "ID=debian\nVERSION_ID=\"12\"\n", "6.1.0-30-amd64").with_packages([
            Package::installed("libssl3", "amd64", "3.0.16-1").offer(Offer::new("3.0.17-1", "Debian/stable", 2_000)),
        ]);
    system.job_time = job_time;
    system
}

impl Stage {
    /// Two hosts, a wave each; the first is followed by a soak.
    fn with_soak(soak: &str, job_time: Duration) -> Self {
        let playbook = format!(
            "name: monthly\nwaves:\n  - {{name: canary, select: a1, soak: {soak}}}\n  - {{name: fleet, rest: true}}\n"
        );
        Self::of(["a1", "b1"].map(|name| system(name, job_time)), &playbook)
    }

    fn apply(&self, more: &[&str]) -> Process {
        let arguments = ["apply", "monthly.yml", "--yes"].iter().chain(more);
        Process::start(self.workplace.command(arguments))
    }

    #[track_caller]
    fn check_done_once(&self, names: &[&str]) {
        for (name, system) in &self.systems {
            let expected = usize::from(names.contains(&name.as_str()));
            assert_eq!((system.transactions(), system.jobs_left()), (expected, 0), "{name}");
        }
    }
}

/// A program that runs; it is killed when a test fails.
struct Process(Option<Child>);

impl Process {
    fn start(mut command: Command) -> Self {
        Self(Some(
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(),
        ))
    }

    fn signal(&self, signal: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn end(mut self) -> Outcome {
        let mut child = self.0.take().unwrap();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > DEADLINE {
                child.kill().unwrap();
                panic!("it did not end: {:?}", child.wait_with_output());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.wait_with_output().unwrap().into()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

const QUICK: Duration = Duration::from_millis(100);

#[test]
fn another_shell_sees_pauses_and_promotes_a_run() {
    let stage = Stage::with_soak("10m", QUICK);
    let apply = stage.apply(&[]);
    stage.wait_for("soak-started");
    let run = stage.run_id();
    let status = stage.workplace.run(["status"]).expect_exit(0);
    for told in [
        "soaking after wave canary",
        "carried out by",
        "patchwave promote",
        "passed",
    ] {
        assert!(
            told == "passed" || status.stdout.contains(told),
            "{told}: {}",
            status.stdout
        );
    }
    let document = stage
        .workplace
        .run(["status", &run, "--format", "json"])
        .expect_exit(0)
        .json();
    assert_eq!(document["command"], "status");
    assert_eq!(document["counts"]["patched"], 1, "{document:#}");
    assert_eq!(document["is_held"], true);
    assert!(document["controller"]["process"].is_u64());
    let watch = Process::start(stage.workplace.command(["watch", "--format", "jsonl", "--from", "3"]));
    let paused = stage.workplace.run(["pause"]).expect_exit(0);
    assert!(paused.stdout.contains("no further host starts"), "{}", paused.stdout);
    assert!(stage.workplace.run(["status"]).expect_exit(0).stdout.contains("soak"));
    let again = stage.workplace.run(["pause", &run]).expect_exit(2);
    assert!(again.stdout.contains("it is paused already"), "{}", again.stdout);
    let _ = stage.workplace.run(["promote"]).expect_exit(0);
    stage.wait_for("soak-finished");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(stage.number_of("batch-started"), 1, "it is paused");
    let resumed = stage.workplace.run(["resume", &run]).expect_exit(0);
    assert!(resumed.stdout.contains("it goes on"), "{}", resumed.stdout);
    let _ = apply.end().expect_exit(0);
    stage.check_done_once(&["a1", "b1"]);
    let seen = watch.end().expect_exit(0);
    let sequences: Vec<u64> = seen
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["sequence"]
                .as_u64()
                .unwrap()
        })
        .collect();
    let last = stage.events().last().unwrap()["sequence"].as_u64().unwrap();
    assert_eq!(sequences, (3..=last).collect::<Vec<u64>>());
    let over = stage.workplace.run(["promote", &run]).expect_exit(2);
    assert!(over.stderr.contains("is over: it completed"), "{}", over.stderr);
}

#[test]
fn a_drained_soak_passes_without_a_process_and_cron_goes_on_after_it() {
    let stage = Stage::with_soak("5s", QUICK);
    let apply = stage.apply(&[]);
    stage.wait_for("soak-started");
    apply.signal("TERM");
    let drained = apply.end().expect_exit(130);
    assert!(drained.stderr.contains("patchwave resume"), "{}", drained.stderr);
    let before = stage.events().len();
    let early = stage.workplace.run(["resume", "--no-wait"]).expect_exit(130);
    assert!(early.stderr.contains("wave canary soaks until"), "{}", early.stderr);
    assert_eq!(stage.events().len(), before, "a look at the clock is no event");
    let status = stage.workplace.run(["status"]).expect_exit(0);
    assert!(status.stdout.contains("nobody carries it out"), "{}", status.stdout);
    assert!(status.stdout.contains("interrupted, soaking"), "{}", status.stdout);
    std::thread::sleep(Duration::from_secs(5));
    let _ = stage.workplace.run(["resume", "--no-wait"]).expect_exit(0);
    assert_eq!(stage.number_of("soak-started"), 1);
    stage.check_done_once(&["a1", "b1"]);
}

#[test]
fn a_run_that_does_not_wait_leaves_its_soak_to_the_clock_and_to_a_promotion() {
    let stage = Stage::with_soak("10m", QUICK);
    let left = stage.apply(&["--no-wait"]).end().expect_exit(130);
    assert!(left.stdout.contains("soaks until"), "{}", left.stdout);
    let kept = stage.workplace.run(["promote"]).expect_exit(0);
    assert!(kept.stdout.contains("the word is kept"), "{}", kept.stdout);
    let _ = stage.workplace.run(["resume", "--no-wait"]).expect_exit(0);
    stage.check_done_once(&["a1", "b1"]);
    let nothing = stage.workplace.run(["resume", "--no-wait", "--quiet"]).expect_exit(0);
    assert_eq!(nothing.stdout + &nothing.stderr, "", "cron sends no mail");
}

#[test]
fn cron_does_not_undo_a_pause_and_a_person_does() {
    let stage = Stage::with_soak("10m", QUICK);
    let apply = stage.apply(&[]);
    stage.wait_for("soak-started");
    let _ = stage.workplace.run(["resume", "--no-wait"]).expect_exit(0);
    let _ = stage.workplace.run(["pause"]).expect_exit(0);
    let _ = stage.workplace.run(["promote"]).expect_exit(0);
    stage.wait_for("soak-finished");
    apply.signal("KILL");
    let _ = apply.end();
    let left = stage.workplace.run(["resume", "--no-wait"]).expect_exit(130);
    assert!(left.stderr.contains("paused it"), "{}", left.stderr);
    let _ = stage.workplace.run(["resume"]).expect_exit(0);
    stage.check_done_once(&["a1", "b1"]);
}

#[test]
fn an_aborted_run_is_over() {
    let stage = Stage::with_soak("10m", QUICK);
    let apply = stage.apply(&[]);
    stage.wait_for("soak-started");
    let run = stage.run_id();
    let _ = stage.workplace.run(["abort"]).expect_exit(0);
    let stopped = apply.end().expect_exit(21);
    assert!(stopped.stdout.contains("aborted by"), "{}", stopped.stdout);
    let refused = stage.workplace.run(["resume", &run]).expect_exit(2);
    assert!(refused.stderr.contains("for good"), "{}", refused.stderr);
    let _ = stage.workplace.run(["abort"]).expect_exit(2);
    let watched = stage.workplace.run(["watch"]).expect_exit(21);
    assert!(watched.stdout.contains("aborted by"), "{}", watched.stdout);
    stage.check_done_once(&["a1"]);
}

#[test]
fn a_run_that_nobody_carries_out_is_closed_by_resume_after_an_abort() {
    let stage = Stage::with_soak("10m", QUICK);
    let apply = stage.apply(&[]);
    stage.wait_for("soak-started");
    apply.signal("KILL");
    let _ = apply.end();
    let run = stage.run_id();
    let paused = stage.workplace.run(["pause"]).expect_exit(2);
    assert!(paused.stderr.contains("it stands still already"), "{}", paused.stderr);
    let watched = stage.workplace.run(["watch"]).expect_exit(130);
    assert!(watched.stderr.contains("nobody carries out"), "{}", watched.stderr);
    let kept = stage.workplace.run(["abort"]).expect_exit(0);
    assert!(
        kept.stdout.contains(&format!("patchwave resume {run}")),
        "{}",
        kept.stdout
    );
    let _ = stage.workplace.run(["resume"]).expect_exit(21);
    let _ = stage.workplace.run(["resume", &run]).expect_exit(2);
    stage.check_done_once(&["a1"]);
}

#[test]
fn a_wrong_name_is_told_with_the_nearest() {
    let stage = Stage::with_soak("10m", QUICK);
    let none = stage.workplace.run(["pause"]).expect_exit(2);
    assert!(none.stderr.contains("there is no run"), "{}", none.stderr);
    let _ = stage.apply(&["--no-wait"]).end().expect_exit(130);
    let run = stage.run_id();
    let wrong = format!("{}x", &run[..run.len() - 1]);
    for command in ["status", "watch", "pause", "promote", "abort", "resume"] {
        let outcome = stage.workplace.run([command, &wrong]).expect_exit(2);
        assert!(outcome.stderr.contains(&run), "{command}: {}", outcome.stderr);
    }
}

#[test]
fn a_second_signal_leaves_hosts_alone_and_resume_takes_them_up_again() {
    let stage = Stage::with_soak("0s", Duration::from_secs(4));
    let apply = stage.apply(&[]);
    stage.wait_for("host-job");
    apply.signal("TERM");
    stage.wait_for("draining");
    apply.signal("HUP");
    let begun = Instant::now();
    let _ = apply.end().expect_exit(130);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(stage.number_of("host-left"), 1);
    let _ = stage.workplace.run(["resume"]).expect_exit(0);
    stage.check_done_once(&["a1", "b1"]);
}

/// Types keys into a program that runs on a terminal of its own, and gives what the terminal was like afterwards.
struct Typist(Process);

impl Typist {
    fn start(stage: &Stage, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_patchwave");
        // The shell outlives Ctrl-C, to look at the terminal afterwards.
        let inside = format!("trap : INT; {program} {arguments}; echo \"exit code $?\"; stty -a");
        let template = stage.workplace.command(["--version"]);
        let mut command = Command::new("script");
        command
            .args(["-qec", &inside, "/dev/null"])
            .env_clear()
            .env("TERM", "xterm");
        command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
            .current_dir(template.get_current_dir().unwrap())
            .stdin(Stdio::piped());
        Self(Process::start(command))
    }

    fn press(&mut self, keys: &str) {
        let stdin = self.0.0.as_mut().unwrap().stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }
}

fn is_usual_again(screen: &str) -> bool {
    screen.contains(" icanon") && screen.contains(" echo ") && !screen.contains("-icanon")
}

#[test]
fn keys_of_a_watcher_say_what_commands_say() {
    let stage = Stage::with_soak("10m", QUICK);
    let apply = stage.apply(&[]);
    stage.wait_for("soak-started");
    let mut watch = Typist::start(&stage, "watch");
    std::thread::sleep(Duration::from_millis(800));
    watch.press("p");
    stage.wait_for("run-paused");
    std::thread::sleep(Duration::from_millis(500));
    watch.press("p");
    stage.wait_for("run-continued");
    watch.press("an");
    watch.press("q");
    let left = watch.0.end();
    assert!(left.stdout.contains("exit code 0"), "{}", left.stdout);
    assert!(left.stdout.contains("p pause or go on"), "{}", left.stdout);
    assert!(is_usual_again(&left.stdout), "{}", left.stdout);
    assert_eq!(stage.number_of("ordered"), 2, "{:#?}", stage.events());
    let mut watch = Typist::start(&stage, "watch");
    std::thread::sleep(Duration::from_millis(800));
    watch.press("s");
    let _ = apply.end().expect_exit(0);
    let seen = watch.0.end();
    assert!(
        seen.stdout.contains("exit code 0") && seen.stdout.contains("completed"),
        "{}",
        seen.stdout
    );
    assert!(is_usual_again(&seen.stdout), "{}", seen.stdout);
}

#[test]
fn keys_beside_the_run_steer_it_and_the_terminal_is_as_before() {
    let stage = Stage::with_soak("10m", QUICK);
    let mut apply = Typist::start(&stage, "apply monthly.yml --yes");
    stage.wait_for("soak-started");
    std::thread::sleep(Duration::from_millis(300));
    apply.press("ay");
    let ended = apply.0.end();
    assert!(ended.stdout.contains("exit code 21"), "{}", ended.stdout);
    assert!(is_usual_again(&ended.stdout), "{}", ended.stdout);
    // Ctrl-C is a signal all the same.
    let stage = Stage::with_soak("10m", QUICK);
    let mut apply = Typist::start(&stage, "apply monthly.yml --yes");
    stage.wait_for("soak-started");
    apply.press("\u{3}");
    let ended = apply.0.end();
    assert!(is_usual_again(&ended.stdout), "{}", ended.stdout);
    let begun = Instant::now();
    while stage.number_of("run-finished") == 0 && begun.elapsed() < DEADLINE {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(stage.events().last().unwrap()["outcome"], "interrupted");
}
