//! What keeps a host from being rebooted, asked right before the order, in one round trip.
//!
//! Data lines, for each blocker in turn: `users`, `inhibitors`, `unit GLOB`, `file PATH`, or `command COUNT` and that
//! many lines of words. Sections of the answer: `blocker-N` for the Nth, a line for each thing that blocks; another
//! exit code than 0 when it could not be looked at. A simulated host must print the same.
//!
//! What must stay true: what could not be looked at is not taken for absent.

use crate::model::error::{ErrorCode, HostError};
use crate::model::reboot_rule::Blocker;
use crate::model::section::Section;
use crate::model::text::{printable, shorten};

use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use super::{frame, program};

/// The kind of the script.
pub const KIND: &str = "reboot-blockers";

/// As many things as one blocker names.
const NAMED: usize = 5;

/// The longest word of a host that is shown, in characters.
const LONGEST: usize = 200;

/// The script that looks for them. Commands of the operator run as root.
///
/// # Errors
/// When a path, a glob or a word holds a line break.
pub fn blockers_script(blockers: &[Blocker], nonce: Nonce) -> Result<Script, UnsendableValue> {
    let mut data = Vec::new();
    for blocker in blockers {
        match blocker {
            Blocker::Users => data.push("users".to_owned()),
            Blocker::Inhibitors => data.push("inhibitors".to_owned()),
            Blocker::Unit(glob) => data.push(format!("unit {glob}")),
            Blocker::File(path) => data.push(format!("file {path}")),
            Blocker::Command(words) => {
                data.push(format!("command {}", words.len()));
                data.extend(words.iter().cloned());
            }
        }
    }
    Script::new(KIND, &program::reboot_blockers(), nonce, data)
}

/// What blocks, each in words; empty when nothing does.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_blockers(blockers: &[Blocker], output: &ScriptOutput, nonce: &Nonce) -> Result<Vec<String>, HostError> {
    let sections = frame::parse(output, nonce)?;
    let mut found = Vec::new();
    for (index, blocker) in blockers.iter().enumerate() {
        let section = sections.get(&format!("blocker-{}", index + 1)).ok_or_else(|| {
            HostError::new(
                ErrorCode::Protocol,
                format!(
                    "the host did not say whether {} keeps it from being rebooted",
                    named(blocker)
                ),
                "try again",
            )
        })?;
        found.extend(words(blocker, section));
    }
    Ok(found)
}

fn words(blocker: &Blocker, section: &Section) -> Vec<String> {
    if section.exit_code != 0 {
        return vec![format!("{} could not be looked at", named(blocker))];
    }
    let lines: Vec<&str> = section.stdout.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut words: Vec<String> = lines
        .iter()
        .take(NAMED)
        .map(|line| {
            let line = shorten(&printable(line.trim()), LONGEST);
            match blocker {
                Blocker::Users => format!("{line} is logged in"),
                Blocker::Inhibitors => format!("an inhibitor: {line}"),
                Blocker::Unit(_) => format!("{line} runs"),
                Blocker::File(_) => format!("{line} is there"),
                Blocker::Command(_) => format!("{}: {line}", named(blocker)),
            }
        })
        .collect();
    if lines.len() > NAMED {
        words.push(format!("and {} more", lines.len() - NAMED));
    }
    words
}

fn named(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Users => "the users that are logged in".to_owned(),
        Blocker::Inhibitors => "an inhibitor".to_owned(),
        Blocker::Unit(glob) => format!("the unit {}", printable(glob)),
        Blocker::File(path) => format!("the file {}", printable(path)),
        Blocker::Command(words) => format!("`{}`", printable(&words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::FrameWriter;
    use super::*;

    fn parse(blockers: &[Blocker], sections: &[(&str, i32)]) -> Result<Vec<String>, HostError> {
        let nonce = Nonce::from_bits(1);
        let mut writer = FrameWriter::new(nonce.clone());
        for (index, (text, code)) in sections.iter().enumerate() {
            writer.section(&format!("blocker-{}", index + 1), text, "", *code);
        }
        parse_blockers(blockers, &writer.finish(), &nonce)
    }

    #[test]
    fn every_blocker_is_told_in_words() {
        let blockers = [
            Blocker::Users,
            Blocker::Inhibitors,
            Blocker::Unit("borg*".to_owned()),
            Blocker::File("/run/backup.lock".to_owned()),
            Blocker::Command(vec!["may-reboot".to_owned(), "now".to_owned()]),
        ];
        let found = parse(
            &blockers,
            &[
                ("anna on pts/0\n", 0),
                ("backup 0 root 98 borg shutdown nightly\n", 0),
                ("", 69),
                ("", 0),
                ("exit 3: the ring is not whole\u{1b}[1m\n", 0),
            ],
        )
        .unwrap();
        assert_eq!(
            found,
            [
                "anna on pts/0 is logged in",
                "an inhibitor: backup 0 root 98 borg shutdown nightly",
                "the unit borg* could not be looked at",
                "`may-reboot now`: exit 3: the ring is not whole␛[1m",
            ]
        );
        let code = parse(&blockers, &[("", 0)]).unwrap_err().code;
        assert_eq!(code, ErrorCode::Protocol, "an answer that says less is none");
        assert!(parse(&blockers[..1], &[("", 0)]).unwrap().is_empty());
    }

    #[test]
    fn a_command_is_sent_word_by_word() {
        let blockers = [Blocker::Command(vec!["a".to_owned(), "b c".to_owned()]), Blocker::Users];
        let script = blockers_script(&blockers, Nonce::from_bits(1)).unwrap();
        assert!(script.text().contains("\ncommand 2\na\nb c\nusers\n"));
        let broken = [Blocker::File("/a\nusers".to_owned())];
        assert!(blockers_script(&broken, Nonce::from_bits(1)).is_err());
    }
}
