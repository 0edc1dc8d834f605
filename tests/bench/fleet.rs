//! An embedded fleet in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use patchwave::simulator::distributions::{alpine_3_22, arch, debian_12, debian_13, rocky_9, ubuntu_24_04};
use patchwave::simulator::keys::SimulatedKey;
use patchwave::simulator::system::System;
use patchwave::simulator::{FleetOptions, SimulatedFleet, SimulatedHostSpec, SimulatedSudo, SimulatedSystem};
use tempfile::TempDir;

/// A running fleet; it ends when this is dropped.
pub struct Fleet {
    child: Child,
    directory: TempDir,
}

impl Fleet {
    /// Starts a fleet and waits until every host listens.
    pub fn start(hosts: usize, round_trip: Duration) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["fleet", &hosts.to_string(), &round_trip.as_millis().to_string()])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        if line.trim() != "ready" {
            let _ = child.kill();
            let _ = child.wait();
            bail!("the fleet did not start");
        }
        Ok(Self { child, directory })
    }

    /// Where its inventory, `known_hosts` and key are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // Its standard input ends, and so does it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The fleet's process: until its standard input ends.
#[tokio::main]
pub async fn serve(hosts: usize, milliseconds: u64, directory: &str) -> Result<()> {
    let directory = Path::new(directory);
    let key = SimulatedKey::generate()?;
    let names: Vec<String> = (0..hosts).map(|number| format!("host{number:05}")).collect();
    let specs = names.iter().enumerate().map(|(number, name)| SimulatedHostSpec {
        name: name.clone(),
        handler: SimulatedSystem::new(system(number, name)),
        sudo: SimulatedSudo::NoPassword,
    });
    let options = FleetOptions {
        authorized_keys: vec![key.public_text()?],
        round_trip: Duration::from_millis(milliseconds),
    };
    let fleet = SimulatedFleet::start(specs.collect(), options)
        .await
        .context("as many file descriptors as hosts are needed (`ulimit -n`)")?;
    let mut inventory =
        String::from("defaults: {user: operator, become: sudo, key: key, address: 127.0.0.1}\nhosts:\n");
    for host in fleet.hosts() {
        inventory.push_str(&format!("  {}: {{port: {}}}\n", host.name, host.address.port()));
    }
    write_key(directory, &key.private_text()?)?;
    std::fs::write(directory.join("fleet.yml"), inventory)?;
    std::fs::write(directory.join("known_hosts"), fleet.known_hosts()?)?;
    println!("ready");
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await?;
    fleet.stop().await;
    Ok(())
}

/// Writes a private key as ssh wants it.
pub fn write_key(directory: &Path, text: &str) -> Result<()> {
    let path = directory.join("key");
    std::fs::write(&path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(())
}

fn system(number: usize, name: &str) -> System {
    match number % 6 {
        0 => debian_12(name),
        1 => debian_13(name),
        2 => ubuntu_24_04(name),
        3 => rocky_9(name),
        4 => arch(name),
        _ => alpine_3_22(name),
    }
}
