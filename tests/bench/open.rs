//! Memory of a connection that is open and quiet: many at once, in a process of their own.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use patchwave::inventory::ResolveContext;
use patchwave::inventory::load::load_inventory;
use patchwave::remote::transport::{Connection, Transport};
use patchwave::ssh::{SshSettings, SshTransport};
use tokio::task::JoinSet;

use crate::controller::number_after;

/// Measures in a new process, whose memory nothing else has used.
pub fn in_own_process(hosts: usize, directory: &Path) -> Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(["open", &hosts.to_string()])
        .arg(directory)
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// Opens the connections, reads this process's memory before and after, and prints the share of one.
#[tokio::main]
pub async fn measure(hosts: usize, directory: &str) -> Result<()> {
    let directory = Path::new(directory);
    let inventory = load_inventory(&[directory.join("fleet.yml")], &ResolveContext::default())?;
    let settings = SshSettings {
        known_hosts: vec![directory.join("known_hosts")],
        parallel: hosts + 1,
        ..SshSettings::isolated()
    };
    let transport = SshTransport::new(settings, Arc::new(|_| None));
    let mut all = inventory.hosts().iter().take(hosts).cloned();
    // The first brings what all share: files, keys, tables of the libraries.
    let first = transport.connect(&all.next().context("an empty fleet")?).await?;
    let before = resident_kib()?;
    let mut tasks = JoinSet::new();
    let mut open = Vec::new();
    for host in all {
        let transport = transport.clone();
        tasks.spawn(async move { transport.connect(&host).await });
        if tasks.len() >= 64 {
            open.push(tasks.join_next().await.context("no task")???);
        }
    }
    while let Some(connection) = tasks.join_next().await {
        open.push(connection??);
    }
    let grown = resident_kib()?.saturating_sub(before);
    println!(
        "memory per open connection: {:.0} KiB ({} open)",
        grown as f64 / open.len() as f64,
        open.len()
    );
    for connection in open {
        connection.close().await;
    }
    first.close().await;
    Ok(())
}

fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    number_after(&status, "VmRSS:").context("VmRSS in /proc/self/status")
}
