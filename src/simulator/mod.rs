//! An embedded fleet of SSH hosts, in this process, on 127.0.0.1. Simulated, and named so.
//!
//! The SSH is real: sockets, key exchange, host keys, logins, exec, `sudo` with its dialogue, forwarding.
//! What answers is not a shell: a [`ScriptHandler`] is given the script's kind and data and says what a host
//! would print. So demos, rehearsals and tests use the same code paths as real hosts, without root.
//!
//! - [`server`]: the fleet, its listeners, and what can be made to go wrong.
//! - [`keys`]: key pairs made in memory. [`latency`]: a network that takes its time. [`port`]: where a host listens.
//! - [`system`]: the state of a simulated system. [`host`]: how it answers. `managers`: what each package
//!   manager prints. [`distributions`]: ready-made systems.

mod commands;
mod conditions;
pub mod distributions;
mod examinations;
pub mod host;
mod jobs;
pub mod keys;
pub mod latency;
mod managers;
mod package;
pub mod port;
mod probes;
mod resolutions;
pub mod server;
mod session;
mod shell;
mod state;
pub mod system;
mod transaction;

#[cfg(test)]
mod tests;

pub use host::SimulatedSystem;
pub use server::{FleetError, FleetOptions, SimulatedFleet, SimulatedHost, SimulatedHostSpec};
pub use shell::{AfterAnswer, ScriptHandler, SimulatedAnswer};
pub use state::{Fault, SimulatedSudo};
