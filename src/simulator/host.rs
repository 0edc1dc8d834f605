//! The behaviour of a simulated host: answers patchwave's scripts from the state of a simulated system.
//!
//! The answers have the same sections and texts as the real scripts print, so the real parsers read them.
//! What must stay true: nothing happens twice for one job id, and the clock is read for delays, and to
//! be told to who asks what time it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::remote::frame::FrameWriter;
use crate::remote::script::ReceivedScript;
use crate::remote::{condition, doctor, job, probe, reboot, reboot_blockers, repair, resolve, restart};

use super::jobs::{self, Job};
use super::shell::{AfterAnswer, ScriptHandler, SimulatedAnswer};
use super::system::System;
use super::{commands, conditions, examinations, probes, resolutions};

/// Between the answer to a reboot and the end of the old boot, as the fleet's server has it.
const UNTIL_DOWN: Duration = Duration::from_millis(200);

/// The state of a simulated host.
pub(super) struct Machine {
    pub system: System,
    pub jobs: BTreeMap<String, Job>,
    /// When the reboot that was ordered takes place.
    pub reboots_at: Option<Instant>,
    pub transactions: usize,
    /// Jobs that restart services.
    pub restarts: usize,
}

impl Machine {
    /// Lets everything happen that was due by now.
    fn settle(&mut self, now: Instant) {
        let down = self.reboots_at.take_if(|at| *at <= now);
        let until = down.unwrap_or(now);
        for job in self.jobs.values_mut() {
            job.settle(&mut self.system, until);
        }
        if down.is_some() {
            self.jobs.values_mut().for_each(Job::lose);
            self.system.reboot();
        }
    }
}

/// A simulated host, ready to be put behind a listener of the fleet.
pub struct SimulatedSystem {
    machine: Mutex<Machine>,
}

impl SimulatedSystem {
    /// A host in that state.
    #[must_use]
    pub fn new(system: System) -> Arc<Self> {
        Arc::new(Self {
            machine: Mutex::new(Machine {
                system,
                jobs: BTreeMap::new(),
                reboots_at: None,
                transactions: 0,
                restarts: 0,
            }),
        })
    }

    /// The state as it is now.
    #[must_use]
    pub fn system(&self) -> System {
        self.locked().system.clone()
    }

    /// Changes the state behind patchwave's back, as an administrator or a repository does.
    pub fn change(&self, change: impl FnOnce(&mut System)) {
        change(&mut self.locked().system);
    }

    /// How many package transactions were really started.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.locked().transactions
    }

    /// How many jobs that restart services were really started.
    #[must_use]
    pub fn restarts(&self) -> usize {
        self.locked().restarts
    }

    /// How many jobs have left something on the host.
    #[must_use]
    pub fn jobs_left(&self) -> usize {
        self.locked().jobs.len()
    }

    /// Reboots at once, in the middle of whatever runs.
    pub fn lose_power(&self) {
        let mut machine = self.locked();
        machine.reboots_at = Some(Instant::now());
        machine.settle(Instant::now());
    }

    fn locked(&self) -> MutexGuard<'_, Machine> {
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        machine.settle(Instant::now());
        machine
    }
}

impl ScriptHandler for SimulatedSystem {
    fn answer(&self, script: &ReceivedScript) -> SimulatedAnswer {
        let now = Instant::now();
        let mut machine = self.locked();
        let mut writer = FrameWriter::new(script.nonce.clone());
        let mut answer = SimulatedAnswer::default();
        match script.kind.as_str() {
            probe::KIND => probes::answer(&mut machine.system, &script.data, &mut writer),
            doctor::KIND => examinations::answer(&machine, Timestamp::now().as_second(), &mut writer),
            job::START_KIND => jobs::start(&mut machine, &script.data, now, &mut writer),
            restart::START_KIND => jobs::restart(&mut machine, &script.data, now, &mut writer),
            job::FOLLOW_KIND => answer.delay = jobs::follow(&machine, &script.data, now, &mut writer),
            job::CLEANUP_KIND => jobs::clean_up(&mut machine, &script.data, &mut writer),
            // Nothing in it is ever broken this way.
            repair::KIND => writer.section("findings", "", "", 0),
            job::SIMULATE_KIND => jobs::simulate(&machine.system, &script.data, &mut writer),
            resolve::KIND => resolutions::answer(&machine.system, &script.data, &mut writer),
            reboot::KIND => {
                writer.section("reboot", "", "", 0);
                machine.reboots_at = Some(now + UNTIL_DOWN);
                answer.then = AfterAnswer::GoDown(machine.system.down_time);
            }
            condition::KIND => conditions::answer(&machine.system, &script.data, &mut writer),
            reboot_blockers::KIND => conditions::blockers(&machine.system, &script.data, &mut writer),
            "command" => commands::answer(&machine.system, &script.data, &mut writer),
            other => return not_simulated(other),
        }
        let output = writer.finish();
        SimulatedAnswer {
            stdout: output.stdout,
            stderr: output.stderr,
            exit_code: output.exit_code,
            ..answer
        }
    }
}

fn not_simulated(kind: &str) -> SimulatedAnswer {
    SimulatedAnswer {
        stderr: format!("this simulated host does not know the script `{kind}`\n").into_bytes(),
        exit_code: Some(127),
        ..SimulatedAnswer::default()
    }
}
