//! The state of one unit: systemd's `ActiveState`, or what a service of OpenRC says of itself in the same words.
//!
//! Section of the answer: `unit`, with `Init` (`systemd`, `openrc`, `none`), `LoadState`, and `ActiveState` and
//! `SubState` (systemctl(1)) or `Status`, the exit code of `rc-service NAME status` (openrc-run(8)).

use super::frame;
use super::program;
use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use crate::model::error::{ErrorCode, HostError};
use crate::model::text::printable;

/// The kind of the script that asks for a unit.
pub const KIND: &str = "unit";

/// What a host says of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitAnswer {
    /// It is in that state, with systemd's finer word when there is one.
    State {
        /// A value of `ActiveState`.
        active: String,
        /// A value of `SubState`, or nothing.
        sub: String,
    },
    /// The host has no such unit.
    Missing,
    /// The host has nothing that could tell, or what it has did not.
    Untold(String),
}

/// The script that asks for a unit.
///
/// # Errors
/// When the name holds a line break.
pub fn unit_script(unit: &str, nonce: Nonce) -> Result<Script, UnsendableValue> {
    Script::new(KIND, &program::unit_state(), nonce, [unit])
}

/// Whether a text can be the name of a unit (systemd.unit(5)) and no option.
#[must_use]
pub fn is_unit_name(name: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || ":-_.\\@".contains(letter);
    !name.is_empty() && name.len() <= 255 && !name.starts_with('-') && name.chars().all(is_name)
}

/// Reads the answer.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when it is not complete.
pub fn parse_unit(output: &ScriptOutput, nonce: &Nonce) -> Result<UnitAnswer, HostError> {
    let sections = frame::parse(output, nonce)?;
    let section = sections.get("unit").ok_or_else(|| {
        HostError::new(
            ErrorCode::Protocol,
            "the host did not answer for the unit",
            "try `systemctl status` by hand",
        )
    })?;
    let value = |key: &str| {
        let mut lines = section.stdout.lines();
        lines
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(str::trim)
    };
    if value("LoadState") == Some("not-found") {
        return Ok(UnitAnswer::Missing);
    }
    let state = |active: &str, sub: &str| UnitAnswer::State {
        active: printable(active),
        sub: printable(sub),
    };
    Ok(match (value("Init"), value("ActiveState"), value("Status")) {
        (Some("systemd"), Some(active), _) if section.exit_code == 0 => {
            state(active, value("SubState").unwrap_or_default())
        }
        (Some("openrc"), _, Some(status)) => match openrc_state(status) {
            Some(active) => state(active, ""),
            None => UnitAnswer::Untold(format!("`rc-service` ended with {}", printable(status))),
        },
        (Some("none"), ..) => UnitAnswer::Untold("it has neither systemd nor OpenRC".to_owned()),
        _ => UnitAnswer::Untold(match section.stderr.trim() {
            "" => format!("the question ended with exit code {}", section.exit_code),
            stderr => printable(stderr),
        }),
    })
}

/// The exit codes of `status` in openrc-run: started, stopped, stopping, starting, inactive, crashed, and a daemon that
/// its supervisor gave up.
fn openrc_state(status: &str) -> Option<&'static str> {
    Some(match status {
        "0" => "active",
        "3" | "16" => "inactive",
        "4" => "deactivating",
        "8" => "activating",
        "32" | "64" => "failed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::frame::FrameWriter;

    fn answered(stdout: &str, stderr: &str, code: i32) -> UnitAnswer {
        let nonce = Nonce::from_bits(7);
        let mut writer = FrameWriter::new(nonce.clone());
        writer.section("unit", stdout, stderr, code);
        parse_unit(&writer.finish(), &nonce).unwrap()
    }

    fn state(active: &str, sub: &str) -> UnitAnswer {
        UnitAnswer::State {
            active: active.to_owned(),
            sub: sub.to_owned(),
        }
    }

    #[test]
    fn systemd_and_openrc_say_the_same_in_their_own_way() {
        let systemd = "Init=systemd\nLoadState=loaded\nActiveState=active\nSubState=running\n";
        assert_eq!(answered(systemd, "", 0), state("active", "running"));
        let openrc = |status| format!("Init=openrc\nLoadState=loaded\nStatus={status}\n");
        assert_eq!(answered(&openrc(0), "", 0), state("active", ""));
        assert_eq!(answered(&openrc(3), "", 0), state("inactive", ""));
        assert_eq!(answered(&openrc(32), "", 0), state("failed", ""));
        assert!(matches!(answered(&openrc(1), "", 0), UnitAnswer::Untold(_)));
    }

    #[test]
    fn no_unit_is_not_the_same_as_nobody_to_tell() {
        let missing = "Init=systemd\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n";
        assert_eq!(answered(missing, "", 0), UnitAnswer::Missing);
        assert!(matches!(answered("Init=none\n", "", 0), UnitAnswer::Untold(_)));
        let no_bus = answered("Init=systemd\n", "Failed to connect to bus: No such file", 1);
        assert_eq!(
            no_bus,
            UnitAnswer::Untold("Failed to connect to bus: No such file".to_owned())
        );
    }

    #[test]
    fn an_option_or_a_path_is_no_unit() {
        assert!(is_unit_name("postgresql@16-main.service") && is_unit_name("dev-sda1.swap"));
        for wrong in ["", "-H", "../x", "a b", "a;b", "ä"] {
            assert!(!is_unit_name(wrong), "{wrong}");
        }
    }
}
