//! A snapshot of a host's root file system.
//!
//! Data lines of the script: the snapshot's name, `look` or `make`. Section `snapshot`: `state=` `possible`, `made`
//! (now, or before), `none`, `failed` or `needs-root` (77), and `tool=`, `place=`, `without=` (what is on other file
//! systems), `reason=`. A simulated host must answer the same.
//!
//! What must stay true: the name is that of the run, so asking twice makes one; only what was seen afterwards was made.

use crate::model::error::{ErrorCode, HostError};
use crate::model::name::RunId;
use crate::model::text::printable;

use super::frame;
use super::job::needs_root;
use super::program;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;

/// The kind of the script.
pub const KIND: &str = "snapshot";

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotStep {
    /// To know whether one can be made.
    Look,
    /// To have one.
    Make,
}

/// What a host has or can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotState {
    /// It can be made; how it will be named, with the tool.
    Possible(String),
    /// It is there.
    Made(String),
    /// It cannot be made, and why.
    None(String),
}

/// The name of the snapshot before a run.
#[must_use]
pub fn snapshot_name(run: &RunId) -> String {
    format!("patchwave-{run}")
}

/// The script. It needs root.
///
/// # Errors
/// None in practice: no value of it holds a line break.
pub fn snapshot_script(run: &RunId, step: SnapshotStep, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let step = match step {
        SnapshotStep::Look => "look",
        SnapshotStep::Make => "make",
    };
    Script::new(KIND, &program::snapshot(), nonce, [snapshot_name(run).as_str(), step])
}

/// Reads what it printed.
///
/// # Errors
/// `E_SUDO` without root, `E_MANAGER` when it could not be made, `E_LOST` or `E_PROTOCOL` when the answer is not
/// complete.
pub fn parse_snapshot(output: &ScriptOutput, nonce: &Nonce) -> Result<SnapshotState, HostError> {
    let sections = frame::parse(output, nonce)?;
    let text = sections.text("snapshot");
    let value = |key: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let mut values = lines
            .filter(|(name, _)| *name == key)
            .map(|(_, value)| printable(value));
        values.next().unwrap_or_default()
    };
    let named = || {
        let without = match value("without").as_str() {
            "" => String::new(),
            others => format!(", without {}", others.split(' ').collect::<Vec<_>>().join(", ")),
        };
        format!("{} {}{without}", value("tool"), value("place"))
    };
    match value("state").as_str() {
        "possible" => Ok(SnapshotState::Possible(named())),
        "made" => Ok(SnapshotState::Made(named())),
        "none" => Ok(SnapshotState::None(value("reason"))),
        "needs-root" => Err(needs_root("a snapshot")),
        "failed" => {
            let said = sections.get("snapshot").map_or("", |section| section.stderr.as_str());
            let said = said.lines().rev().find(|line| !line.trim().is_empty());
            Err(HostError::new(
                ErrorCode::Manager,
                format!(
                    "the snapshot could not be made: {}",
                    printable(said.unwrap_or("no reason given"))
                ),
                "make one by hand and look why it fails, or write `snapshot: if-possible`",
            ))
        }
        _ => Err(HostError::new(
            ErrorCode::Protocol,
            "the host's answer about a snapshot was not understood",
            "please report it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::FrameWriter;
    use super::*;

    fn read(text: &str, stderr: &str) -> Result<SnapshotState, HostError> {
        let nonce = Nonce::from_bits(1);
        let mut writer = FrameWriter::new(nonce.clone());
        writer.section("snapshot", text, stderr, 0);
        parse_snapshot(&writer.finish(), &nonce)
    }

    #[test]
    fn what_a_host_has_is_named_with_what_is_not_in_it() {
        let made = read(
            "state=made\ntool=snapper\nplace=42 patchwave-r1\nwithout=/var /boot\nreason=\n",
            "",
        );
        let words = "snapper 42 patchwave-r1, without /var, /boot".to_owned();
        assert_eq!(made.unwrap(), SnapshotState::Made(words));
        let none = read(
            "state=none\ntool=\nplace=\nwithout=\nreason=the root file system is ext4\n",
            "",
        );
        assert_eq!(
            none.unwrap(),
            SnapshotState::None("the root file system is ext4".to_owned())
        );
    }

    #[test]
    fn one_that_was_not_made_is_an_error() {
        let error = read("state=failed\n", "ERROR: no space\n\n").unwrap_err();
        assert_eq!(error.message, "the snapshot could not be made: ERROR: no space");
        assert!(read("", "").is_err());
        assert_eq!(read("state=needs-root\n", "").unwrap_err().code, ErrorCode::Sudo);
    }
}
