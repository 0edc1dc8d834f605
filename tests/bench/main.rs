//! The benchmark: whole `patchwave scan`s of fleets, timed from outside, printed as a table, and the planning of a
//! large fleet. It asserts no times.
//!
//! The fleet runs in a process of its own, so that what is measured is the controller alone; both share the
//! machine's processors. `tests/bench/run` builds everything as it is released and starts it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod answer;
mod controller;
mod fleet;
mod open;
mod planning;
mod round_trips;
mod server;

use std::time::Duration;

use anyhow::{Context, Result, bail};

use self::controller::Figures;
use self::fleet::Fleet;
use self::server::Server;

/// Embedded fleets that are scanned, smallest first.
const EMBEDDED: [usize; 2] = [1_000, 10_000];
/// Hosts behind one real sshd.
const REAL: [usize; 2] = [200, 1_000];
/// The long line.
const LATENCY: Duration = Duration::from_millis(50);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["fleet", hosts, milliseconds, directory] => fleet::serve(hosts.parse()?, milliseconds.parse()?, directory),
        ["answer"] => answer::once(),
        ["planning"] => planning::measure(),
        ["open", hosts, directory] => open::measure(hosts.parse()?, directory),
        // Cargo says how it was started.
        words => everything(words.iter().copied().filter(|word| *word != "--bench").collect()),
    }
}

fn everything(only: Vec<&str>) -> Result<()> {
    let wanted = |name: &str| only.is_empty() || only.contains(&name);
    for word in &only {
        if !["embedded", "real", "memory", "round-trips", "plan"].contains(word) {
            bail!("`{word}` is none of: embedded, real, memory, round-trips, plan");
        }
    }
    if only != ["plan"] {
        println!("{}", Figures::HEADING);
    }
    if wanted("embedded") {
        for hosts in EMBEDDED {
            for latency in [Duration::ZERO, LATENCY] {
                let fleet = Fleet::start(hosts, latency).with_context(|| format!("a fleet of {hosts}"))?;
                println!(
                    "{}",
                    controller::scan("embedded fleet", hosts, latency, fleet.directory())?
                );
            }
        }
    }
    if wanted("real") {
        for hosts in REAL {
            for latency in [Duration::ZERO, LATENCY] {
                match Server::start(hosts, latency)? {
                    Ok(server) => println!("{}", controller::scan("real sshd", hosts, latency, server.directory())?),
                    Err(reason) => println!("real sshd left out: {reason}"),
                }
            }
        }
    }
    if wanted("memory") {
        let fleet = Fleet::start(1_000, Duration::ZERO)?;
        println!("{}", open::in_own_process(1_000, fleet.directory())?);
    }
    if wanted("round-trips") {
        round_trips::print()?;
    }
    if wanted("plan") {
        println!("{}", planning::in_own_process()?);
    }
    Ok(())
}
