//! Jobs of a simulated host: started once for an id, running for a while, followed by offset.
//!
//! A transaction is worked out when it is started, and takes effect when its time is over.

use std::time::Duration;

use tokio::time::Instant;

use crate::remote::frame::FrameWriter;
use crate::remote::phase::{DOWNLOADING, INSTALLING};
use crate::remote::{restart, secure};

use super::host::Machine;
use super::managers;
use super::system::System;
use super::transaction::{PlanLine, Resolved, Transaction, resolve};

/// A job on a simulated host.
#[derive(Debug, Clone)]
pub(super) struct Job {
    began: Instant,
    ends: Instant,
    transaction: Transaction,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its time is not over.
    Ahead,
    /// It took effect.
    Finished,
    /// The host was rebooted first; nothing took effect.
    LostInReboot,
}

impl Job {
    /// Takes effect when its time is over at `until`. Whoever reboots then calls [`Job::lose`].
    pub(super) fn settle(&mut self, system: &mut System, until: Instant) {
        if self.end == End::Ahead && self.ends <= until {
            self.transaction.take_effect(system);
            self.end = End::Finished;
        }
    }

    /// The host reboots: a job that has not ended never will.
    pub(super) fn lose(&mut self) {
        if self.end == End::Ahead {
            self.end = End::LostInReboot;
        }
    }

    /// The word of `doctor` for it.
    pub(super) fn in_a_word(&self) -> &'static str {
        match self.end {
            End::Ahead => "running",
            End::Finished => "ended",
            End::LostInReboot => "died",
        }
    }

    /// The log as far as it is written at `now`: whole lines, in proportion to the time.
    fn log_at(&self, now: Instant) -> &str {
        let log = self.transaction.log.as_str();
        if now >= self.ends {
            return log;
        }
        let share = now.duration_since(self.began).as_secs_f64() / self.ends.duration_since(self.began).as_secs_f64();
        let lines = log.lines().count();
        // Truncation is meant: a line that is not complete is not written.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let written = (lines as f64 * share) as usize;
        let end = log
            .match_indices('\n')
            .nth(written.saturating_sub(1))
            .filter(|_| written > 0)
            .map_or(0, |(position, _)| position + 1);
        log.get(..end).unwrap_or_default()
    }
}

/// Answers `job-start`.
pub(super) fn start(machine: &mut Machine, data: &[String], now: Instant, writer: &mut FrameWriter) {
    let [id, _manager, _lock_wait, step, plan @ ..] = data else {
        return writer.section("start", "state=not-written\n", "the plan is not complete\n", 1);
    };
    if machine.jobs.contains_key(id) {
        let stderr = format!("mkdir: cannot create directory '/var/lib/patchwave/jobs/{id}': File exists\n");
        return writer.section("start", "state=attached\n", &stderr, 0);
    }
    let Some(plan) = PlanLine::parse_all(plan) else {
        return writer.section("start", "state=not-written\n", "the plan is not complete\n", 1);
    };
    let other = machine
        .jobs
        .iter()
        .find(|(_, job)| job.end == End::Ahead)
        .map(|(id, _)| id);
    let transaction = match other {
        Some(other) => {
            let complaint = format!("patchwave: E_LOCK: another job of patchwave runs on this host: {other}\n");
            Transaction::refused(complaint, 75)
        }
        None => {
            machine.transactions += 1;
            in_phases(&machine.system, &plan, step)
        }
    };
    let job = Job {
        began: now,
        ends: now + machine.system.job_time,
        transaction,
        end: End::Ahead,
    };
    machine.jobs.insert(id.clone(), job);
    writer.section("start", "state=started\n", "", 0);
}

/// Answers `restart-start`: every unit runs again at once; nobody has to prove an sshd.
pub(super) fn restart(machine: &mut Machine, data: &[String], now: Instant, writer: &mut FrameWriter) {
    let [id, _, _, _, lines @ ..] = data else {
        return writer.section("start", "state=not-written\n", "the plan is not complete\n", 1);
    };
    if machine.jobs.contains_key(id) {
        return writer.section("start", "state=attached\n", "", 0);
    }
    machine.restarts += 1;
    let mut transaction = Transaction::refused(String::new(), 0);
    for line in lines {
        if let Some((_, unit)) = line.split_once(' ') {
            transaction
                .log
                .push_str(&format!("{}restarted {unit}\n", restart::MARK));
            let name = unit.strip_suffix(".service").unwrap_or(unit);
            transaction.restarted.push(name.to_owned());
        }
    }
    let job = Job {
        began: now,
        ends: now + machine.system.job_time,
        transaction,
        end: End::Ahead,
    };
    machine.jobs.insert(id.clone(), job);
    writer.section("start", "state=started\n", "", 0);
}

/// The transaction with the lines of its phases. What is refused is refused before anything is installed; a job
/// that only downloads ends there.
fn in_phases(system: &System, plan: &[PlanLine], step: &str) -> Transaction {
    if step == "secure" {
        return secure(system, plan);
    }
    if step == "repair" {
        return Transaction::refused(format!("{INSTALLING}\n"), 0);
    }
    let whole = managers::transaction(system, plan);
    let Resolved::Steps(steps) = resolve(system, plan) else {
        return Transaction {
            log: format!("{DOWNLOADING}\n{}", whole.log),
            ..whole
        };
    };
    let bytes: u64 = steps.iter().map(|step| step.size).sum();
    let fetched = format!("{DOWNLOADING}\npatchwave: downloaded {bytes} bytes to /var/cache\n");
    if step == "download" {
        let kept = steps.into_iter().map(|step| (step.name, step.arch, step.to)).collect();
        return Transaction {
            kept,
            ..Transaction::refused(fetched, 0)
        };
    }
    Transaction {
        log: format!("{fetched}{INSTALLING}\n{}", whole.log),
        ..whole
    }
}

/// Keeps the installed versions that a repository still has, and names the others.
fn secure(system: &System, plan: &[PlanLine]) -> Transaction {
    let mut transaction = Transaction::refused(format!("{DOWNLOADING}\n"), 0);
    for line in plan.iter().filter(|line| !line.from.is_empty()) {
        let found = system
            .packages
            .iter()
            .find(|package| package.name == line.name && package.arch == line.arch);
        let word = match found.and_then(|package| package.find(&line.from)) {
            Some(_) => secure::KEPT,
            None => secure::MISSING,
        };
        transaction
            .log
            .push_str(&format!("{word}{} {} {}\n", line.name, line.arch, line.from));
        let kept = (line.name.clone(), line.arch.clone(), line.from.clone());
        transaction.kept.push(kept);
    }
    transaction
}

/// Answers `job-follow`: says how the job stands when it ends, at the latest after the time that the script
/// waits. The result is how long the answer takes.
pub(super) fn follow(machine: &Machine, data: &[String], now: Instant, writer: &mut FrameWriter) -> Duration {
    let word = |position: usize| data.get(position).map(String::as_str).unwrap_or_default();
    let offset: usize = word(1).parse().unwrap_or(0);
    let wait = Duration::from_secs(word(2).parse().unwrap_or(0));
    let Some(job) = machine.jobs.get(word(0)) else {
        writer.section(
            "state",
            &format!("state=unknown\nresult=\nsize=0\nnext={offset}\n"),
            "",
            0,
        );
        writer.section("log", "", "", 0);
        return Duration::ZERO;
    };
    let remaining = job.ends.saturating_duration_since(now);
    let (state, delay) = match job.end {
        End::LostInReboot => ("lost-in-reboot", Duration::ZERO),
        End::Finished => ("finished", Duration::ZERO),
        End::Ahead if remaining <= wait => ("finished", remaining),
        End::Ahead => ("running", wait),
    };
    let log = job.log_at(now + delay);
    let result = match state {
        "finished" => job.transaction.exit_code.to_string(),
        _ => String::new(),
    };
    let size = log.len();
    let text = format!(
        "state={state}\nresult={result}\nsize={size}\nnext={}\n",
        size.max(offset)
    );
    writer.section("state", &text, "", 0);
    writer.section("log", log.get(offset..).unwrap_or_default(), "", 0);
    delay
}

/// Answers `job-cleanup`.
pub(super) fn clean_up(machine: &mut Machine, data: &[String], writer: &mut FrameWriter) {
    let id = data.first().map(String::as_str).unwrap_or_default();
    if machine.jobs.get(id).is_some_and(|job| job.end == End::Ahead) {
        return writer.section("cleanup", "", "", 75);
    }
    machine.jobs.remove(id);
    writer.section("cleanup", "", "", 0);
}

/// Answers `job-simulate`. Nothing changes.
pub(super) fn simulate(system: &System, data: &[String], writer: &mut FrameWriter) {
    let [_manager, _lock_wait, plan @ ..] = data else {
        return;
    };
    // Without its last line the real script prints no section either.
    let Some(plan) = PlanLine::parse_all(plan) else { return };
    let (stdout, exit_code) = managers::simulate(system, &plan);
    writer.section("simulate", &stdout, "", exit_code);
}
