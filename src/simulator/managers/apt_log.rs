//! What apt and dpkg print while they install, and how a script that fails leaves its package half-way.

use std::collections::BTreeSet;

use crate::simulator::system::System;
use crate::simulator::transaction::{PlanLine, Resolved, Step, Transaction, drift, resolve};

use super::apt::{HEAD, install_lines, place};

pub(super) fn transaction(system: &System, plan: &[PlanLine]) -> Transaction {
    let steps = match resolve(system, plan) {
        Resolved::Steps(steps) => steps,
        Resolved::Gone(line) => return Transaction::refused(gone(&line), 100),
        Resolved::Unplanned(step) => return guarded(&step),
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
        restarted: Vec::new(),
        leaves_broken: true,
        kept: Vec::new(),
    }
}

pub(super) fn simulate(system: &System, plan: &[PlanLine]) -> (String, i32) {
    match resolve(system, plan) {
        Resolved::Steps(steps) => (HEAD.to_owned() + &summary(&steps) + &install_lines(&steps), 0),
        Resolved::Gone(line) => (gone(&line), 100),
        Resolved::Unplanned(step) => (install_lines(std::slice::from_ref(&step)) + &drift(&step), 78),
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

pub(super) fn summary(steps: &[Step]) -> String {
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
