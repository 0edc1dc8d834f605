//! The processes of a job at two moments.

use super::reason::Reason;
use super::shown;
use crate::model::section::Sections;
use crate::model::text::shorten;

/// Below these, what a job uses is what waiting costs: in percent of a processor, in bytes a second.
const LITTLE_TIME: u64 = 20;
const LITTLE_DATA: u64 = 16 * 1024;

/// Programs of which the script that they run says more than their own name.
const INTERPRETERS: [&str; 8] = ["sh", "dash", "bash", "ash", "busybox", "perl", "python3", "systemd-run"];

/// A process of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub id: u32,
    parent: u32,
    state: char,
    ticks: u64,
    bytes: u64,
    name: String,
    waits_in: Option<String>,
    arguments: String,
    /// The shell of the job itself: looking at locks costs it something.
    is_ours: bool,
}

impl Process {
    fn read(line: &str) -> Option<Self> {
        let mut parts = line.splitn(8, '|');
        let id = parts.next()?.parse().ok()?;
        let parent = parts.next()?.parse().ok()?;
        let state = parts.next()?.chars().next()?;
        let ticks = parts.next()?.parse().unwrap_or(0);
        let name = parts.next()?;
        let bytes = parts.next()?.parse().unwrap_or(0);
        let waits_in = parts.next()?.trim();
        let arguments = parts.next()?;
        let is_ours = INTERPRETERS.contains(&name) && arguments.contains("/var/lib/patchwave/jobs/");
        Some(Self {
            id,
            parent,
            state,
            ticks,
            bytes,
            name: if is_ours {
                "the job".to_owned()
            } else {
                named(name, arguments)
            },
            // The kernel writes a nought where it may not say it.
            waits_in: Some(shown(waits_in)).filter(|name| !name.is_empty() && name != "0"),
            arguments: shorten(&shown(arguments), 120),
            is_ours,
        })
    }

    /// `dpkg (pid 812)`.
    pub fn in_words(&self) -> String {
        format!("{} (pid {})", self.name, self.id)
    }
}

/// Its name, and where an interpreter runs a script, the script's. The kernel cuts the names that it keeps.
fn named(name: &str, arguments: &str) -> String {
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut words = arguments.split(' ').filter(|word| !word.is_empty());
    let is_interpreter = words
        .next()
        .is_some_and(|word| INTERPRETERS.contains(&base(word).as_str()));
    let script = words
        .find(|word| !word.starts_with('-'))
        .filter(|word| word.starts_with('/'));
    let own = match script.map(base) {
        Some(script) if is_interpreter && !script.is_empty() => script,
        _ => name.to_owned(),
    };
    shorten(&shown(&own), 60)
}

/// The processes of a job, and what they used in the seconds after.
#[derive(Debug)]
pub(super) struct Sample {
    pub processes: Vec<Process>,
    later: Vec<Process>,
    ticks: u64,
    seconds: u64,
}

impl Sample {
    pub fn read(sections: &Sections) -> Self {
        let processes = |name| sections.text(name).lines().filter_map(Process::read).collect();
        let number = |key: &str| {
            let lines = sections.text("silence").lines().filter_map(|line| line.split_once('='));
            let mut numbers = lines.filter(|(name, _)| *name == key);
            numbers.find_map(|(_, value)| value.parse::<u64>().ok())
        };
        Self {
            processes: processes("processes"),
            later: processes("processes-later"),
            ticks: number("ticks").unwrap_or(100).max(1),
            seconds: number("seconds").unwrap_or(1).max(1),
        }
    }

    pub fn stopped(&self) -> impl Iterator<Item = Reason> + '_ {
        let stopped = self
            .processes
            .iter()
            .filter(|process| matches!(process.state, 'T' | 't'));
        stopped.take(3).map(|process| Reason::Stopped {
            process: process.in_words(),
            id: process.id,
        })
    }

    /// Those that were in such a wait at both moments: a short one is how every disk is read.
    pub fn uninterruptible(&self) -> impl Iterator<Item = Reason> + '_ {
        let stuck = self.processes.iter().filter(|process| {
            process.state == 'D'
                && self
                    .later
                    .iter()
                    .any(|again| again.id == process.id && again.state == 'D' && again.bytes == process.bytes)
        });
        stuck.take(3).map(|process| Reason::Uninterruptible {
            process: process.in_words(),
            waits_in: process.waits_in.clone(),
        })
    }

    /// What the processes used that were there at both moments.
    pub fn at_work(&self) -> Option<Reason> {
        let pairs = self
            .processes
            .iter()
            .filter(|process| !process.is_ours)
            .filter_map(|process| {
                let again = self.later.iter().find(|again| again.id == process.id)?;
                Some((
                    again.ticks.saturating_sub(process.ticks),
                    again.bytes.saturating_sub(process.bytes),
                ))
            });
        let (ticks, bytes) = pairs.fold((0_u64, 0_u64), |all, one| {
            (all.0.saturating_add(one.0), all.1.saturating_add(one.1))
        });
        let percent = ticks.saturating_mul(100) / (self.ticks.saturating_mul(self.seconds)).max(1);
        let bytes_per_second = bytes / self.seconds;
        (percent >= LITTLE_TIME || bytes_per_second >= LITTLE_DATA).then_some(Reason::AtWork {
            percent,
            bytes_per_second,
        })
    }

    /// The last of the processes: what the others wait for.
    pub fn waiting(&self) -> Reason {
        let last = self.processes.last();
        let in_full = |process: &Process| match process.arguments.as_str() {
            arguments if arguments.contains(' ') && !process.is_ours => {
                format!("`{arguments}` (pid {})", process.id)
            }
            _ => process.in_words(),
        };
        Reason::Waits {
            process: last.map(in_full),
            waits_in: last.and_then(|process| process.waits_in.clone()),
        }
    }

    /// `the job (pid 3) > apt-get (pid 5) > dpkg (pid 6), http (pid 7)`: `>` stands before a child.
    pub fn in_a_line(&self) -> String {
        let mut line = String::new();
        let mut before: Option<&Process> = None;
        for process in &self.processes {
            if let Some(before) = before {
                line.push_str(if before.id == process.parent { " > " } else { ", " });
            }
            line.push_str(&process.in_words());
            before = Some(process);
        }
        shorten(&line, 300)
    }
}
