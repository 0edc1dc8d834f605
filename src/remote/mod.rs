//! What runs on hosts: POSIX shell scripts, the framing of their output, and how they reach a host.
//!
//! - [`probe`]: one script, one round trip: facts, updates and, when asked for, all installed packages.
//! - [`job`]: the package transaction, detached from the connection: start, follow, clean up; simulate.
//! - [`phase`]: what a job says of itself in its log.
//! - [`reboot`]: a reboot that begins after the answer was sent.
//! - [`condition`]: what must be the same before and after. [`reboot_blockers`]: what keeps a host from being rebooted.
//! - [`restart`]: restarting units, as a job, and the proof that sshd still lets in.
//! - [`doctor`]: an examination: everything that a scan and an update need, and what is in their way.
//! - [`hook`]: a program of the operator's own, for a limited time.
//! - [`snapshot`]: the root file system as it was before a host is changed.
//! - [`left_over`]: what a job left beside configuration files in use.
//! - [`privilege`]: the command lines that reach the user a script runs as.
//! - [`frame`]: how one pair of streams carries many named sections.
//! - [`rules`]: what sudo and doas must allow for it.
//! - [`resolve`]: what a planned transaction would come to. [`secure`]: what a job that puts package files aside says.
//! - [`script`]: a script as it goes over standard input. [`transport`]: how it reaches a host.
//! - [`windows`]: the one other kind of host, told by its answer, and its probe.
//!
//! Building a script and reading its answer are pure; only a transport does input and output.

pub mod command;
pub mod condition;
pub mod diagnosis;
pub mod doctor;
pub mod facts;
pub mod frame;
pub mod hook;
pub mod job;
pub mod left_over;
pub mod phase;
pub mod privilege;
pub mod probe;
mod program;
pub mod reboot;
pub mod reboot_blockers;
pub mod repair;
pub mod resolve;
pub mod restart;
pub mod rules;
pub mod script;
pub mod secure;
pub mod snapshot;
pub mod transport;
pub mod unit;
pub mod windows;

#[cfg(test)]
mod detect_test;
#[cfg(test)]
mod fixtures_test;
#[cfg(test)]
mod guard_test;
#[cfg(test)]
mod interpreters_test;
#[cfg(test)]
mod jobs_test;
#[cfg(test)]
mod offers_test;
#[cfg(test)]
mod removal_test;
#[cfg(test)]
mod scripts_test;
#[cfg(test)]
mod space_test;
