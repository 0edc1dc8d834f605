//! What apk prints: the sections that [`crate::manager::apk`] reads.

use serde_json::json;

use crate::remote::frame::FrameWriter;
use crate::simulator::system::{Package, Pending, System};
use crate::simulator::transaction::{PlanLine, Step};

use super::common::{Words, all_updates, lines};
use super::dnf::repositories;

pub(super) const WORDS: Words = Words {
    gone,
    gone_code: 1,
    progress,
    done,
    failed,
    failed_code: 1,
    failed_stays_old: false,
};

pub(super) fn refresh(system: &System) -> String {
    lines(repositories(system), |place| format!("[{place}]")) + "OK: 25400 distinct packages available\n"
}

pub(super) fn sections(system: &System, writer: &mut FrameWriter) {
    let updates = all_updates(system);
    let mut named = updates.clone();
    named.extend(system.new_dependencies(&system.upgradable()));
    writer.section("repositories", &lines(repositories(system), str::to_owned), "", 0);
    let steps: Vec<(Option<&str>, Pending<'_>)> = system
        .pending()
        .into_iter()
        .map(|(package, offer)| (package.version(), (package, offer)))
        .collect();
    let total = steps.len();
    let plan = lines(steps.iter().enumerate(), |(number, (from, (package, offer)))| {
        numbered(number, total, &package.name, *from, &offer.version)
    });
    writer.section("simulation", &(plan + &ending(system)), "", 0);
    let listed = updates.iter().flat_map(|(package, _)| upgradable(package));
    writer.section("updates", &lines(listed, |line| line), "", 0);
    let details = named.iter().flat_map(|(package, _)| details(package));
    writer.section("details", &lines(details, |line| line), "", 0);
    let policies: String = named.iter().map(|(package, _)| policy(package)).collect();
    writer.section("policy", &policies, "", 0);
    let sizes = named.iter().map(|(package, offer)| {
        json!({"name": package.name, "version": offer.version, "arch": package.arch, "file-size": offer.size})
    });
    let sizes = format!("{}\n", serde_json::Value::from_iter(sizes));
    writer.section("sizes", &sizes, "", 0);
    let installed = system.packages.iter().filter(|package| !package.installed.is_empty());
    let world = lines(installed, |package| match package.version() {
        Some(version) if package.held => format!("{}={version}", package.name),
        _ => package.name.clone(),
    });
    writer.section("world", &world, "", 0);
}

fn numbered(number: usize, total: usize, name: &str, from: Option<&str>, to: &str) -> String {
    let number = number + 1;
    match from {
        Some(from) => format!("({number}/{total}) Upgrading {name} ({from} -> {to})"),
        None => format!("({number}/{total}) Installing {name} ({to})"),
    }
}

fn ending(system: &System) -> String {
    format!("OK: 412 MiB in {} packages\n", system.installed().len())
}

fn upgradable(package: &Package) -> Vec<String> {
    let from = package.version().unwrap_or_default();
    package
        .newer_offers()
        .iter()
        .map(|offer| {
            format!(
                "{name}-{} {} {{{name}}} (MIT) [upgradable from: {name}-{from}]",
                offer.version,
                package.arch,
                name = package.name
            )
        })
        .collect()
}

fn details(package: &Package) -> Vec<String> {
    let plain = |version: &str, note: &str| {
        format!(
            "{name}-{version} {} {{{name}}} (MIT){note}",
            package.arch,
            name = package.name
        )
    };
    match package.version() {
        Some(version) => std::iter::once(plain(version, " [installed]"))
            .chain(upgradable(package))
            .collect(),
        None => package.offers.iter().map(|offer| plain(&offer.version, "")).collect(),
    }
}

fn policy(package: &Package) -> String {
    let mut text = format!("{} policy:\n", package.name);
    if let Some(version) = package.version() {
        text.push_str(&format!("  {version}:\n    lib/apk/db/installed\n"));
    }
    for offer in package.newer_offers() {
        text.push_str(&format!("  {}:\n    {}\n", offer.version, offer.repository));
    }
    text
}

fn gone(line: &PlanLine) -> String {
    format!(
        "ERROR: unable to select packages:\n  {name}-{found}:\n    breaks: world[{name}={}]\n",
        line.to,
        name = line.name,
        found = line.from
    )
}

fn progress(steps: &[Step]) -> String {
    let total = steps.len();
    lines(steps.iter().enumerate(), |(number, step)| {
        numbered(number, total, &step.name, step.from.as_deref(), &step.to)
    })
}

fn done(_steps: &[Step]) -> String {
    "Executing busybox-1.37.0-r12.trigger\nOK: 412 MiB in 97 packages\n".to_owned()
}

fn failed(failing: &[Step]) -> String {
    let errors = lines(failing, |step| {
        format!(
            "ERROR: {}-{}.post-upgrade: script exited with error 1",
            step.name, step.to
        )
    });
    errors + &format!("{} error; 412 MiB in 97 packages\n", failing.len())
}
