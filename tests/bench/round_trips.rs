//! Round trips of one scan, and of OpenSSH's client beside it: the same host over a line without and with
//! 100 ms of round trip; the difference counts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::controller;
use crate::fleet::Fleet;

const ROUND_TRIP: Duration = Duration::from_millis(100);

/// Measures and prints both.
pub fn print() -> Result<()> {
    let (near, far) = (Fleet::start(1, Duration::ZERO)?, Fleet::start(1, ROUND_TRIP)?);
    let ours = |fleet: &Fleet| controller::wall(fleet.directory());
    println!("round trips to the end of a scan: {:.1}", trips(ours, &near, &far)?);
    if Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_err() {
        println!("OpenSSH's client left out: it is not installed");
        return Ok(());
    }
    let theirs = |fleet: &Fleet| open_ssh(fleet.directory());
    println!(
        "round trips of OpenSSH's client for one command: {:.1}",
        trips(theirs, &near, &far)?
    );
    Ok(())
}

fn trips(measure: impl Fn(&Fleet) -> Result<Duration>, near: &Fleet, far: &Fleet) -> Result<f64> {
    let fastest = |fleet: &Fleet| -> Result<Duration> {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            best = best.min(measure(fleet)?);
        }
        Ok(best)
    };
    let difference = fastest(far)?.saturating_sub(fastest(near)?);
    Ok(difference.as_secs_f64() / ROUND_TRIP.as_secs_f64())
}

fn open_ssh(directory: &Path) -> Result<Duration> {
    let inventory = std::fs::read_to_string(directory.join("fleet.yml"))?;
    let port = inventory.rsplit("port: ").next().unwrap_or_default();
    let port = port.trim_end().trim_end_matches('}');
    let begin = Instant::now();
    let status = Command::new("ssh")
        .args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o"])
        .arg(format!(
            "UserKnownHostsFile={}",
            directory.join("known_hosts").display()
        ))
        .arg("-i")
        .arg(directory.join("key"))
        .args(["-p", port, "operator@127.0.0.1", "exec /bin/sh -s"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    // The simulated host says 2 to an empty script: the login and the command were real.
    if status.code() != Some(2) {
        bail!("ssh ended with {status}");
    }
    Ok(begin.elapsed())
}
