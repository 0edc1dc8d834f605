//! Plan files as a user handles them, on a simulated fleet over real SSH: written, shown, refused, fetched, applied.

mod fetching;
mod files;
mod fitting;

use std::time::Duration;

use patchwave::simulator::distributions::{debian_12, rocky_9};

use crate::stage::Stage;

const PLAYBOOK: &str =
    "name: monthly\nwaves:\n  - {name: test, select: web1}\n  - {name: rest, rest: true, batch: [1]}\n";

/// A running fleet of three hosts, and a workplace with its inventory.
fn office() -> Stage {
    let systems = [debian_12("web1"), debian_12("web2"), rocky_9("db1")].map(|mut system| {
        system.job_time = Duration::from_millis(10);
        system.down_time = Duration::from_millis(10);
        system
    });
    Stage::of(systems, PLAYBOOK)
}

impl Stage {
    fn plan(&self) -> String {
        let _ = self
            .workplace
            .run(["plan", "monthly.yml", "--out", "plan.json"])
            .expect_exit(0);
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
        let outcome = self.workplace.run(arguments).expect_exit(exit);
        assert!(outcome.stderr.contains(words), "{words} is not in\n{}", outcome.stderr);
        assert_eq!(self.connections(), before, "a host was contacted");
    }
}
