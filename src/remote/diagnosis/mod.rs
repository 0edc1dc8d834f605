//! Why a job prints nothing: what its host says about it, and what that means.
//!
//! Data line of the script: the job's id. Sections, each of lines whose parts are separated by `|`:
//!
//! - `silence`: `silent=` seconds since the log grew, `ticks=` of a processor in a second, `seconds=` between the two
//!   looks at the processes. Exit code 77 without root.
//! - `processes` and, some seconds later, `processes-later`: the job and what it started, parents first:
//!   `PID|PARENT|STATE|TICKS|NAME|BYTES|WAITS IN|ARGUMENTS`. The state is that of proc_pid_stat(5).
//! - `locks`: `FILE|PID|STATE|HOLDER` of each lock of the package manager that is held.
//! - `connections`: `PID|PROTOCOL|STATE|REMOTE` as `/proc/net/tcp` writes them.
//! - `space`: `FREE KIB|FOLDER`. `killed`: lines of the kernel. `tail`: the end of the log, as it is.
//!
//! What must stay true: looking changes nothing on the host, and what it prints is data: any answer is read.

mod address;
mod processes;
mod question;
mod reason;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use reason::Reason;

use super::frame;
use super::job::{JobId, needs_root};
use super::program;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use crate::model::error::HostError;
use crate::model::section::Sections;
use crate::model::text::{printable, shorten};
use processes::{Process, Sample};

/// The kind of the script.
pub const KIND: &str = "diagnose";

/// Below this much free space, in KiB, a file system is as good as full.
const FULL: u64 = 1024;

/// What was found out about a job that prints nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What keeps it, the most telling first; never empty.
    pub reasons: Vec<Reason>,
    /// Its processes, parents first, in a line.
    pub processes: String,
    /// The last line of its log that is not empty.
    pub last_line: Option<String>,
}

impl Diagnosis {
    /// Whether it uses a processor or moves data.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.reasons
            .iter()
            .any(|reason| matches!(reason, Reason::AtWork { .. }))
    }

    /// The same reasons, however much is moved by now.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let plain =
            |diagnosis: &Self| -> Vec<Reason> { diagnosis.reasons.iter().map(Reason::without_amounts).collect() };
        plain(self) == plain(other)
    }

    /// A line for each reason, one for the processes, one for the log's end; safe to show.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
        if !self.processes.is_empty() {
            lines.push(format!("processes: {}", self.processes));
        }
        let is_told = |line: &String| self.reasons.iter().any(|reason| reason.has_line(line));
        if let Some(line) = self.last_line.as_ref().filter(|line| !is_told(line)) {
            lines.push(format!("the log ends with: {line}"));
        }
        lines
    }
}

/// The script that looks at a job. It needs root.
///
/// # Errors
/// None in practice: no value of it holds a line break.
pub fn diagnose_script(id: &JobId, nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(KIND, &program::diagnose(), nonce, [id.as_str()])
}

/// Reads what looking printed, and judges it.
///
/// # Errors
/// `E_SUDO` without root, `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_diagnosis(output: &ScriptOutput, nonce: &Nonce) -> Result<Diagnosis, HostError> {
    let sections = frame::parse(output, nonce)?;
    if sections.get("silence").is_some_and(|section| section.exit_code == 77) {
        return Err(needs_root("looking why a job prints nothing"));
    }
    Ok(judge(&sections))
}

fn judge(sections: &Sections) -> Diagnosis {
    let sample = Sample::read(sections);
    let log = sections.text("tail");
    let at_work = sample.at_work();
    let mut reasons: Vec<Reason> = sample.stopped().collect();
    reasons.extend(locks(sections.text("locks"), &sample.processes));
    if at_work.is_none() {
        reasons.extend(question::question(log).map(|question| Reason::Asks { question }));
    }
    reasons.extend(sample.uninterruptible());
    reasons.extend(full(sections.text("space")));
    reasons.extend(killed(sections.text("killed")));
    if at_work.is_none() {
        reasons.extend(address::waited_for(sections.text("connections"), &sample.processes));
    }
    reasons.extend(at_work);
    if reasons.is_empty() {
        reasons.push(sample.waiting());
    }
    Diagnosis {
        reasons,
        processes: sample.in_a_line(),
        last_line: log.lines().rev().find(|line| !line.trim().is_empty()).map(shown),
    }
}

/// Locks that another process holds: what the job itself holds keeps nobody of it.
fn locks<'a>(text: &'a str, own: &'a [Process]) -> impl Iterator<Item = Reason> + 'a {
    let mut seen = BTreeSet::new();
    text.lines().filter_map(move |line| {
        let mut parts = line.splitn(4, '|');
        let (file, id, state, holder) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_own = own.iter().any(|process| process.id.to_string() == id);
        if file.is_empty() || is_own || !seen.insert((id, holder)) {
            return None;
        }
        Some(Reason::Locked {
            file: shown(file),
            holder: Some(shown(holder)).filter(|words| !words.is_empty()),
            is_stopped: matches!(state, "T" | "t"),
        })
    })
}

fn full(text: &str) -> impl Iterator<Item = Reason> + '_ {
    text.lines().filter_map(|line| {
        let (free, folder) = line.split_once('|')?;
        let free: u64 = free.parse().ok()?;
        (free < FULL).then(|| Reason::Full { folder: shown(folder) })
    })
}

fn killed(text: &str) -> impl Iterator<Item = Reason> + '_ {
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.map(|line| Reason::Killed { line: shown(line) }).into_iter()
}

/// Safe to show, and no longer than the eye takes in.
fn shown(text: &str) -> String {
    shorten(&without_passwords(&printable(text.trim())), 200)
}

/// Without what stands before the `@` of an address: mirrors and proxies have passwords there.
fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', ' ', '\'', '"']).unwrap_or(part.len());
        let at = part.get(..end).and_then(|authority| authority.rfind('@'));
        clean.push_str("://");
        clean.push_str(at.and_then(|at| part.get(at + 1..)).unwrap_or(part));
    }
    clean
}
