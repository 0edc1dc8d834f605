//! The few commands that gates and hooks may run on a simulated host.

use crate::remote::frame::FrameWriter;
use crate::remote::hook::words_of;

use super::system::System;

/// Answers the script `command`. The deadline before the words is nothing to commands that take no time.
pub(super) fn answer(system: &System, data: &[String], writer: &mut FrameWriter) {
    let words: Vec<&str> = data.iter().skip(1).map(String::as_str).collect();
    let (stdout, stderr, code) = run(system, &words);
    writer.section("command", &stdout, &stderr, code);
}

/// Answers the script that asks for a unit, as systemd does.
pub(super) fn unit(system: &System, data: &[String], writer: &mut FrameWriter) {
    let unit = data.first().map_or("", String::as_str);
    let load = match is_active(system, unit) {
        (_, 4) => "not-found",
        _ => "loaded",
    };
    let (active, _) = is_active(system, unit);
    let stdout = format!("Init=systemd\nLoadState={load}\nActiveState={active}\n");
    writer.section("unit", &stdout, "", 0);
}

/// Answers the script `hook`.
pub(super) fn answer_hook(system: &System, data: &[String], writer: &mut FrameWriter) {
    let words = words_of(data);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (stdout, stderr, code) = run(system, &words);
    writer.section("hook", &stdout, &stderr, code);
    writer.section("in-time", "", "", 0);
}

fn run(system: &System, words: &[&str]) -> (String, String, i32) {
    let quiet = |code| (String::new(), String::new(), code);
    match words {
        ["true"] => quiet(0),
        ["false"] => quiet(1),
        ["uname", "-r"] => (format!("{}\n", system.running_kernel), String::new(), 0),
        ["systemctl", "is-active", "--quiet", unit] => quiet(is_active(system, unit).1),
        ["systemctl", "is-active", unit] => {
            let (word, code) = is_active(system, unit);
            (format!("{word}\n"), String::new(), code)
        }
        ["rc-service", unit, "status"] => match is_active(system, unit) {
            (_, 0) => (" * status: started\n".to_owned(), String::new(), 0),
            _ => (" * status: crashed\n".to_owned(), String::new(), 32),
        },
        _ => {
            let complaint = format!("{}: this simulated host does not know the command\n", words.join(" "));
            (String::new(), complaint, 127)
        }
    }
}

/// As `systemctl is-active` says it: a unit that does not exist is inactive, too, and so is a program that ended
/// by itself. Only a gate finds that out; for systemd it is no failure.
fn is_active(system: &System, unit: &str) -> (&'static str, i32) {
    let unit = unit.strip_suffix(".service").unwrap_or(unit);
    match system.services.iter().find(|service| service.unit == unit) {
        Some(service) if service.active => ("active", 0),
        Some(_) => ("inactive", 3),
        None => ("inactive", 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manager::Manager;

    #[test]
    fn a_service_is_asked_for_as_systemd_does() {
        let mut system = System::new("a", Manager::Apt, "", "6").with_service("web");
        assert_eq!(run(&system, &["systemctl", "is-active", "web.service"]).2, 0);
        system.services[0].active = false;
        let (said, _, code) = run(&system, &["systemctl", "is-active", "web"]);
        assert_eq!((said.as_str(), code), ("inactive\n", 3));
        assert_eq!(run(&system, &["systemctl", "is-active", "other"]).2, 4);
        assert_eq!(run(&system, &["rm", "-rf", "/"]).2, 127);
    }
}
