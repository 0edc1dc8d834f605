//! The controller is killed with SIGKILL right before and right after every event of a run, and once more while the run
//! is gone on with. Each time `resume` completes it, and every simulated host has done everything exactly once.
//!
//! Real SSH on loopback, the real program, a ledger on disk. Needs the feature `failure-points`.

use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::stage::Stage;

/// As many points are tried at the most; a longer run is sampled evenly.
const MOST_POINTS: usize = 140;

const RESUME: &[&str] = &["resume"];

/// So many runs at once: they mostly wait.
const AT_ONCE: usize = 6;

/// What is killed.
#[derive(Clone, Copy)]
struct Scene {
    open: fn() -> Stage,
    command: &'static [&'static str],
    /// Everything that must be so in the end.
    check: fn(&Stage) -> Result<(), String>,
}

const APPLY: Scene = Scene {
    open: Stage::open,
    command: &["apply", "monthly.yml", "--yes"],
    check: Stage::check,
};

/// One run that is killed at these points, one after the other, and then goes on to its end. Gives how often it was
/// killed: a run may have fewer events than the undisturbed one, where that told of a delay.
fn survive(scene: Scene, points: &[String]) -> Result<usize, String> {
    let stage = (scene.open)();
    let mut arguments = scene.command;
    for (kills, point) in points.iter().enumerate() {
        let (status, said) = stage.run(arguments, Some(point));
        if status.signal() != Some(9) {
            return match status.code() {
                Some(0) => (scene.check)(&stage).map(|()| kills),
                _ => Err(format!("{point}: not killed: {status}\n{said}")),
            };
        }
        arguments = RESUME;
    }
    let (status, said) = stage.run(RESUME, None);
    if status.code() != Some(0) {
        return Err(format!("`resume` ended with {status}:\n{said}"));
    }
    let checked = (scene.check)(&stage);
    let (status, said) = stage.run(RESUME, None);
    let refused = if status.code() == Some(2) {
        Ok(())
    } else {
        Err(format!("a run that has ended was taken up: {said}"))
    };
    stage.close();
    checked.and(refused).map(|()| points.len())
}

/// Tries each, some at once. None may go wrong, and hardly any may have ended before it was killed.
#[track_caller]
fn survive_all(scene: Scene, scenes: &[Vec<String>], least_kills: usize) {
    let (next, kills) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(points) = scenes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match survive(scene, points) {
                        Ok(number) => {
                            kills.fetch_add(number, Ordering::Relaxed);
                        }
                        Err(error) => failures.lock().unwrap().push(format!("{points:?}: {error}")),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    let kills = kills.into_inner();
    assert!(
        kills >= least_kills,
        "killed {kills} times, at the least {least_kills} are wanted"
    );
}

/// The events of a run that nothing disturbs.
fn undisturbed(scene: Scene) -> u64 {
    let stage = (scene.open)();
    let (status, said) = stage.run(scene.command, None);
    assert_eq!(status.code(), Some(0), "{said}");
    (scene.check)(&stage).unwrap();
    let events = stage.events().len() as u64;
    stage.close();
    events
}

fn sample<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let every = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(every).collect()
}

/// Kills a run before and after each of its events.
#[track_caller]
fn survive_every_point(scene: Scene) {
    let events = undisturbed(scene);
    let points: Vec<Vec<String>> = (1..=events)
        .flat_map(|number| ["before", "after"].map(|side| vec![format!("{side}:{number}")]))
        .collect();
    let all = points.len();
    let points = sample(points, MOST_POINTS);
    eprintln!(
        "failure points: {events} events, {} of {all} points tried",
        points.len()
    );
    survive_all(scene, &points, points.len() * 19 / 20);
}

#[test]
fn a_run_that_is_killed_at_any_point_is_completed_and_nothing_is_done_twice() {
    survive_every_point(APPLY);
}

#[test]
fn hooks_are_undone_and_gates_and_soaks_are_seen_to_their_end_wherever_a_run_is_killed() {
    survive_every_point(Scene {
        open: Stage::with_hooks,
        ..APPLY
    });
}

#[test]
fn no_host_is_rebooted_twice_wherever_a_run_that_only_reboots_is_killed() {
    survive_every_point(Scene {
        command: &["reboot", "svc1,web1", "--always", "--yes"],
        check: Stage::check_reboots,
        ..APPLY
    });
}

#[test]
fn a_run_that_is_killed_again_while_it_is_gone_on_with_is_completed() {
    let events = undisturbed(APPLY);
    let scenes: Vec<Vec<String>> = (2..events)
        .step_by(5)
        .map(|number| {
            vec![
                format!("after:{number}"),
                format!("before:{}", number + 3),
                format!("after:{}", number + 7),
            ]
        })
        .collect();
    eprintln!("failure points: {} runs killed three times", scenes.len());
    survive_all(APPLY, &scenes, scenes.len() * 2);
}
