//! What apt prints: the sections that [`crate::manager::apt`] reads, and the log of a transaction.
//!
//! A repository is written `LABEL/SUITE`, as `Debian-Security/bookworm-security`.

use std::collections::BTreeSet;

use crate::remote::frame::FrameWriter;
use crate::simulator::system::{Package, Pending, System};
use crate::simulator::transaction::{PlanLine, Resolved, Step, Transaction, drift, resolve};

const HEAD: &str = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n";

pub(super) fn refresh(system: &System) -> String {
    let mut text = String::new();
    for (number, repository) in repositories(system).into_iter().enumerate() {
        text.push_str(&format!(
            "Get:{} {} InRelease [48.0 kB]\n",
            number + 1,
            place(repository)
        ));
    }
    text + "Fetched 48.0 kB in 0s (480 kB/s)\nReading package lists...\n"
}

pub(super) fn sections(system: &System, writer: &mut FrameWriter) {
    let pending = system.pending();
    let listed = [system.upgradable(), system.held()].concat();
    writer.section("simulation", &simulation(&pending, &system.held()), "", 0);
    let rows: String = listed.iter().map(upgradable).collect();
    writer.section("upgradable", &format!("Listing...\n{rows}"), "", 0);
    let mut named = listed.clone();
    named.extend(pending.iter().filter(|(package, _)| package.installed.is_empty()));
    let tables: String = named.iter().map(|(package, _)| policy(package)).collect();
    writer.section("policy", &tables, "", 0);
    writer.section("sources", &sources(system), "", 0);
    let holds: String = system
        .packages
        .iter()
        .filter(|package| package.held)
        .map(name_line)
        .collect();
    writer.section("holds", &holds, "", 0);
    let sizes: String = pending
        .iter()
        .map(|(package, offer)| format!("{}|{}|{}|{}\n", package.name, package.arch, offer.version, offer.size))
        .collect();
    writer.section("sizes", &sizes, "", 0);
    let broken: String = system
        .packages
        .iter()
        .filter(|package| package.broken)
        .map(|package| format!("{} iF\n", package.name))
        .collect();
    writer.section("broken", &broken, "", 0);
}

pub(super) fn transaction(system: &System, plan: &[PlanLine]) -> Transaction {
    let steps = match resolve(system, plan) {
        Resolved::Steps(steps) => steps,
        Resolved::Gone(line) => return Transaction::refused(gone(&line), 100),
        Resolved::Extra(step) => return guarded(&step),
        Resolved::Moved { line, found } => {
            let moved = Step {
                from: Some(found),
                ..unchecked_step(&line)
            };
            return guarded(&moved);
        }
    };
    let half_way = system.packages.iter().filter(|package| package.broken);
    let failing: BTreeSet<&str> = half_way
        .map(|package| package.name.as_str())
        .chain(steps.iter().filter(|step| step.fails).map(|step| step.name.as_str()))
        .collect();
    let mut log = HEAD.to_owned() + &summary(&steps) + &downloads(&steps) + &unpacking(&steps);
    for step in steps.iter().filter(|step| !failing.contains(step.name.as_str())) {
        log.push_str(&format!("Setting up {} ({}) ...\n", qualified(step), step.to));
    }
    for name in &failing {
        log.push_str(&failure(name, &steps));
    }
    log.push_str("Processing triggers for libc-bin ...\n");
    let exit_code = if failing.is_empty() {
        0
    } else {
        log.push_str("Errors were encountered while processing:\n");
        failing.iter().for_each(|name| log.push_str(&format!(" {name}\n")));
        log.push_str("E: Sub-process /usr/bin/dpkg returned an error code (1)\n");
        100
    };
    Transaction {
        log,
        exit_code,
        installed: steps,
        leaves_broken: true,
    }
}

pub(super) fn simulate(system: &System, plan: &[PlanLine]) -> (String, i32) {
    match resolve(system, plan) {
        Resolved::Steps(steps) => (HEAD.to_owned() + &summary(&steps) + &install_lines(&steps), 0),
        Resolved::Gone(line) => (gone(&line), 100),
        Resolved::Extra(step) => (install_lines(std::slice::from_ref(&step)) + &drift(&step), 78),
        Resolved::Moved { line, found } => {
            let step = Step {
                from: Some(found),
                ..unchecked_step(&line)
            };
            (install_lines(std::slice::from_ref(&step)) + &drift(&step), 78)
        }
    }
}

fn unchecked_step(line: &PlanLine) -> Step {
    Step {
        name: line.name.clone(),
        arch: line.arch.clone(),
        from: None,
        to: line.to.clone(),
        repository: String::new(),
        size: 0,
        fails: false,
    }
}

fn gone(line: &PlanLine) -> String {
    format!(
        "{HEAD}E: Version '{}' for '{}:{}' was not found\n",
        line.to, line.name, line.arch
    )
}

/// Refused by the guard that patchwave hands to dpkg.
fn guarded(step: &Step) -> Transaction {
    let log = format!(
        "{HEAD}{}E: Sub-process /var/lib/patchwave/jobs/guard returned an error code (1)\n\
         E: Failure running script /var/lib/patchwave/jobs/guard\n",
        drift(step)
    );
    Transaction::refused(log, 100)
}

fn simulation(pending: &[Pending<'_>], held: &[Pending<'_>]) -> String {
    let steps: Vec<Step> = pending
        .iter()
        .map(|(package, offer)| Step {
            name: package.name.clone(),
            arch: package.arch.clone(),
            from: package.version().map(str::to_owned),
            to: offer.version.clone(),
            repository: offer.repository.clone(),
            size: offer.size,
            fails: false,
        })
        .collect();
    let kept: Vec<&str> = held.iter().map(|(package, _)| package.name.as_str()).collect();
    let kept = if kept.is_empty() {
        String::new()
    } else {
        format!("The following packages have been kept back:\n  {}\n", kept.join(" "))
    };
    format!(
        "{HEAD}Calculating upgrade...\n{kept}{}{}",
        summary(&steps),
        install_lines(&steps)
    )
}

fn install_lines(steps: &[Step]) -> String {
    let line = |word: &str, step: &Step| {
        let from = match &step.from {
            Some(from) if word == "Inst" => format!("[{from}] "),
            _ => String::new(),
        };
        let (label, suite) = split(&step.repository);
        format!(
            "{word} {} {from}({} {label}:1/{suite} [{}])\n",
            step.name, step.to, step.arch
        )
    };
    let words = ["Inst", "Conf"];
    words
        .iter()
        .flat_map(|word| steps.iter().map(move |step| line(word, step)))
        .collect()
}

fn summary(steps: &[Step]) -> String {
    let names = |new: bool| {
        let names: Vec<&str> = steps
            .iter()
            .filter(|step| step.from.is_none() == new)
            .map(|step| step.name.as_str())
            .collect();
        names
    };
    let paragraph = |title: &str, names: &[&str]| {
        if names.is_empty() {
            String::new()
        } else {
            format!("The following {title}:\n  {}\n", names.join(" "))
        }
    };
    let (new, upgraded) = (names(true), names(false));
    format!(
        "{}{}{} upgraded, {} newly installed, 0 to remove and 0 not upgraded.\n",
        paragraph("NEW packages will be installed", &new),
        paragraph("packages will be upgraded", &upgraded),
        upgraded.len(),
        new.len()
    )
}

fn downloads(steps: &[Step]) -> String {
    let kilobytes = |bytes: u64| bytes.div_ceil(1000);
    let total = kilobytes(steps.iter().map(|step| step.size).sum());
    let mut text = format!("Need to get {total} kB of archives.\n");
    for (number, step) in steps.iter().enumerate() {
        text.push_str(&format!(
            "Get:{} {} {} {} {} {} [{} kB]\n",
            number + 1,
            place(&step.repository),
            step.arch,
            step.name,
            step.arch,
            step.to,
            kilobytes(step.size)
        ));
    }
    text + &format!("Fetched {total} kB in 0s (99.9 MB/s)\n")
}

fn unpacking(steps: &[Step]) -> String {
    let mut text = "(Reading database ... 31337 files and directories currently installed.)\n".to_owned();
    for step in steps {
        let over = step
            .from
            .as_ref()
            .map(|from| format!(" over ({from})"))
            .unwrap_or_default();
        text.push_str(&format!(
            "Preparing to unpack .../{}_{}_{}.deb ...\nUnpacking {} ({}){over} ...\n",
            step.name,
            step.to.replace(':', "%3a"),
            step.arch,
            qualified(step),
            step.to
        ));
    }
    text
}

fn failure(name: &str, steps: &[Step]) -> String {
    let setting_up = steps
        .iter()
        .find(|step| step.name == name)
        .map(|step| format!("Setting up {} ({}) ...\n", qualified(step), step.to))
        .unwrap_or_default();
    format!(
        "{setting_up}dpkg: error processing package {name} (--configure):\n \
         installed {name} package post-installation script subprocess returned error exit status 1\n"
    )
}

fn qualified(step: &Step) -> String {
    if step.arch == "all" {
        step.name.clone()
    } else {
        format!("{}:{}", step.name, step.arch)
    }
}

fn upgradable((package, offer): &Pending<'_>) -> String {
    let (_, suite) = split(&offer.repository);
    let from = package.version().unwrap_or_default();
    format!(
        "{}/{suite} {} {} [upgradable from: {from}]\n",
        package.name, offer.version, package.arch
    )
}

fn policy(package: &Package) -> String {
    let installed = package.version().unwrap_or("(none)");
    let candidate = package.offers.last().map_or(installed, |offer| &offer.version);
    let mut text = format!(
        "{}:\n  Installed: {installed}\n  Candidate: {candidate}\n  Version table:\n",
        package.name
    );
    for offer in package.newer_offers().iter().rev() {
        text.push_str(&format!(
            "     {} 500\n        500 {} Packages\n",
            offer.version,
            place(&offer.repository)
        ));
    }
    if let Some(version) = package.version() {
        text.push_str(&format!(" *** {version} 100\n        100 /var/lib/dpkg/status\n"));
    }
    text
}

fn sources(system: &System) -> String {
    let mut text = "Package files:\n 100 /var/lib/dpkg/status\n     release a=now\n".to_owned();
    for repository in repositories(system) {
        let (label, suite) = split(repository);
        text.push_str(&format!(
            " 500 {} Packages\n     release v=1,o={label},a={suite},n={suite},l={label},c=main,b=amd64\n     \
             origin mirror.simulated\n",
            place(repository)
        ));
    }
    text + "Pinned packages:\n"
}

fn repositories(system: &System) -> BTreeSet<&str> {
    let offers = system.packages.iter().flat_map(|package| &package.offers);
    offers.map(|offer| offer.repository.as_str()).collect()
}

/// Where a repository is, as apt names it. There is no such machine.
fn place(repository: &str) -> String {
    let (label, suite) = split(repository);
    format!("http://mirror.simulated/{} {suite}/main amd64", label.to_lowercase())
}

fn split(repository: &str) -> (&str, &str) {
    repository.split_once('/').unwrap_or((repository, "stable"))
}

fn name_line(package: &Package) -> String {
    format!("{}\n", package.name)
}
