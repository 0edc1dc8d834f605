//! One `patchwave scan` as a process of its own, and what it cost, as the kernel counts it.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often the peak memory is read; it only grows, so the last reading counts.
const INTERVAL: Duration = Duration::from_millis(10);

/// What one scan cost.
pub struct Figures {
    what: &'static str,
    hosts: usize,
    latency: Duration,
    wall: Duration,
    processor: Duration,
    peak_kib: u64,
}

impl Figures {
    /// The heading of the lines that [`Figures`] prints.
    pub const HEADING: &'static str =
        "fleet             hosts   round trip      wall   CPU/host   peak memory   memory/host";
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = u32::try_from(self.hosts).unwrap_or(u32::MAX);
        write!(
            formatter,
            "{:<15} {:>7} {:>9} ms {:>7.2} s {:>7.2} ms {:>9.1} MiB {:>9.0} KiB",
            self.what,
            self.hosts,
            self.latency.as_millis(),
            self.wall.as_secs_f64(),
            (self.processor / hosts.max(1)).as_secs_f64() * 1000.0,
            self.peak_kib as f64 / 1024.0,
            self.peak_kib as f64 / f64::from(hosts.max(1)),
        )
    }
}

/// Scans the fleet of a directory with the default settings. Every host must answer.
pub fn scan(what: &'static str, hosts: usize, latency: Duration, directory: &Path) -> Result<Figures> {
    let begin = Instant::now();
    let state = tempfile::tempdir()?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_patchwave"))
        .arg("--inventory")
        .arg(directory.join("fleet.yml"))
        .arg("--state-dir")
        .arg(state.path())
        .args([
            "scan",
            "--refresh",
            "never",
            "--format",
            "json",
            "--quiet",
            "--no-progress",
        ])
        .env_remove("SSH_AUTH_SOCK")
        .env("HOME", directory)
        .stdin(Stdio::null())
        .stdout(Stdio::from(std::fs::File::create(directory.join("scan.json"))?))
        .spawn()?;
    let process = Path::new("/proc").join(child.id().to_string());
    let mut peak_kib = 0;
    // A process that has ended keeps its times until it is waited for.
    let ticks = loop {
        let status = std::fs::read_to_string(process.join("status"))?;
        if let Some(peak) = number_after(&status, "VmHWM:") {
            peak_kib = peak;
        }
        let (state, ticks) = times(&std::fs::read_to_string(process.join("stat"))?)?;
        if state == 'Z' {
            break ticks;
        }
        sleep(INTERVAL);
    };
    let wall = begin.elapsed();
    let status = child.wait()?;
    if !status.success() {
        bail!("the scan ended with {status}");
    }
    let told = std::fs::read_to_string(directory.join("scan.json"))?;
    let told: serde_json::Value = serde_json::from_str(&told)?;
    if told.pointer("/summary/ok") != Some(&serde_json::json!(hosts)) {
        bail!("not every host answered: {:?}", told.get("summary"));
    }
    Ok(Figures {
        what,
        hosts,
        latency,
        wall,
        // Linux counts in hundredths of a second for user space (`USER_HZ`).
        processor: Duration::from_millis(ticks * 10),
        peak_kib,
    })
}

/// The time of one scan alone.
pub fn wall(directory: &Path) -> Result<Duration> {
    Ok(scan("", 1, Duration::ZERO, directory)?.wall)
}

/// The number after a word at the beginning of a line, as in `/proc/PID/status`.
pub fn number_after(text: &str, word: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_whitespace().next()?.parse().ok()
}

/// State and processor time in ticks, from `/proc/PID/stat` (proc(5)).
fn times(stat: &str) -> Result<(char, u64)> {
    // The name in parentheses may hold anything.
    let (_, rest) = stat.rsplit_once(") ").context("a line of /proc/PID/stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    let state = fields.first().and_then(|field| field.chars().next());
    match (state, number(11), number(12)) {
        (Some(state), Some(user), Some(system)) => Ok((state, user + system)),
        _ => bail!("/proc/PID/stat cannot be read: {stat}"),
    }
}
