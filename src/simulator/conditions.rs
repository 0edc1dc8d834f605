//! What a simulated host answers when it is asked for its condition, and for what keeps it from being rebooted.

use crate::remote::frame::FrameWriter;

use super::system::System;

/// What an ordinary host is like.
pub(super) fn usual() -> Vec<(&'static str, String)> {
    [
        ("active-units", "ssh.service active running enabled w"),
        ("active-units", "cron.service active running enabled w"),
        ("sockets", "range 32768 60999"),
        ("sockets", "tcp 00000000:0016 sshd"),
        ("mounts", "1 0 / ext4"),
        ("routes", "4 eth0 0100000A"),
        ("resolver", "nameserver 10.0.0.1"),
    ]
    .map(|(section, line)| (section, line.to_owned()))
    .into()
}

/// Answers the script that looks.
pub(super) fn answer(system: &System, data: &[String], writer: &mut FrameWriter) {
    let lines = |section: &str| -> String {
        let own = system.condition.iter().filter(|(other, _)| *other == section);
        own.map(|(_, line)| format!("{line}\n")).collect()
    };
    let sections: &[&str] = if data.first().is_some_and(|word| word == "everything") {
        &[
            "failed-units",
            "active-units",
            "sockets",
            "mounts",
            "routes",
            "resolver",
        ]
    } else {
        &["failed-units"]
    };
    for section in sections {
        writer.section(section, &lines(section), "", 0);
    }
}

/// Answers the script that looks for blockers: the first of them has all there is.
pub(super) fn blockers(system: &System, data: &[String], writer: &mut FrameWriter) {
    let mut number = 0;
    let mut lines = data.iter();
    while let Some(line) = lines.next() {
        number += 1;
        if let Some(words) = line.strip_prefix("command ").and_then(|count| count.parse().ok()) {
            lines.by_ref().take(words).for_each(drop);
        }
        let found: String = match number {
            1 => system.blockers.iter().map(|blocker| format!("{blocker}\n")).collect(),
            _ => String::new(),
        };
        writer.section(&format!("blocker-{number}"), &found, "", 0);
    }
}
