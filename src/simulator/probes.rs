//! A simulated host's answer to the probe: the sections that all managers share, then the manager's own.

use crate::model::manager::Manager;
use crate::remote::frame::FrameWriter;

use super::managers;
use super::system::System;

/// Age of metadata that was just fetched, in seconds.
const FRESH: u64 = 1;

/// Answers the probe. Refreshing makes the metadata young; nothing else changes.
pub(super) fn answer(system: &mut System, data: &[String], writer: &mut FrameWriter) {
    let word = |position: usize| data.get(position).map(String::as_str).unwrap_or_default();
    shared_sections(system, writer);
    let refresh = match word(0) {
        "never" => "not-wanted",
        "older-than" if system.metadata_age <= word(1).parse().unwrap_or(0) => "fresh-enough",
        _ => "wanted",
    };
    let metadata = format!("age={}\nrefresh={refresh}\n", system.metadata_age);
    writer.section("metadata", &metadata, "", 0);
    if refresh == "wanted" {
        writer.section("refresh", &managers::refresh(system), "", 0);
        system.metadata_age = FRESH;
    }
    managers::sections(system, writer);
    if word(2) == "yes" {
        writer.section("installed", &installed_lines(system), "", 0);
    }
}

/// What a host says of itself to every script that asks for facts.
pub(super) fn shared_sections(system: &System, writer: &mut FrameWriter) {
    writer.section("os-release", &system.os_release, "", 0);
    writer.section("system", &system_lines(system), "", 0);
    writer.section("kernels", &kernel_lines(system), "", 0);
    writer.section("reboot-flags", &reboot_flags(system), "", 0);
    let services: String = system
        .replaced_files
        .iter()
        .map(|(unit, path)| format!("unit {unit}.service {path}\n"))
        .collect();
    writer.section("services", &services, "", 0);
    // A service that a bad update brought down ended by itself: to systemd that is no failure.
    writer.section("failed-units", "", "", 0);
}

fn system_lines(system: &System) -> String {
    format!(
        "uid=0\nkernel={}\nmachine={}\nboot-id={}\ncontainer=no\nrefused=\nmanager={}\n",
        system.running_kernel,
        system.machine,
        system.boot_id(),
        system.manager
    )
}

fn kernel_lines(system: &System) -> String {
    let image = match system.manager {
        // One image of a fixed name, whatever its version.
        Manager::Pacman => "image linux\n",
        Manager::Apk => "image lts\n",
        _ => "",
    };
    let mut text = image.to_owned();
    for kernel in &system.kernels {
        if image.is_empty() {
            text.push_str(&format!("image {kernel}\n"));
        }
        text.push_str(&format!("modules {kernel}\n"));
    }
    text
}

/// Only Debian and Ubuntu leave such a file.
fn reboot_flags(system: &System) -> String {
    if system.manager != Manager::Apt || system.reboot_asked_by.is_empty() {
        return String::new();
    }
    let packages = system.reboot_asked_by.iter().map(|name| format!("package {name}\n"));
    std::iter::once("flag /run/reboot-required\n".to_owned())
        .chain(packages)
        .collect()
}

fn installed_lines(system: &System) -> String {
    system
        .packages
        .iter()
        .flat_map(|package| {
            package
                .installed
                .iter()
                .map(move |version| format!("{}|{}|{version}\n", package.name, package.arch))
        })
        .collect()
}
