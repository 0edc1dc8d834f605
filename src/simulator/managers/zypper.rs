//! What zypper prints: the sections that [`crate::manager::zypper`] reads. Texts in XML need no escaping here:
//! names and versions hold no such character.

use crate::remote::frame::FrameWriter;
use crate::simulator::system::{Offer, Package, Pending, System};
use crate::simulator::transaction::{PlanLine, Step};

use super::common::{Words, all_updates, label, lines};
use super::dnf::{publishes, repositories};

pub(super) const WORDS: Words = Words {
    gone,
    gone_code: 104,
    progress,
    done,
    failed,
    failed_code: 8,
    failed_stays_old: true,
};

const HEAD: &str = "<?xml version='1.0'?>\n<stream>\n";

pub(super) fn refresh(system: &System) -> String {
    let rows = lines(repositories(system), |alias| {
        format!("Retrieving repository '{alias}' metadata [....done]\nBuilding repository '{alias}' cache [....done]")
    });
    rows + "All repositories have been refreshed.\n"
}

pub(super) fn sections(system: &System, writer: &mut FrameWriter) {
    let updates = all_updates(system);
    let folders = lines(repositories(system), |alias| {
        format!("{alias} {}", publishes(system, alias))
    });
    writer.section("repositories", &folders, "", 0);
    let rows: String = updates.iter().map(update).collect();
    let text = format!(
        "{HEAD}<update-status version=\"0.6\">\n<update-list>\n{rows}</update-list>\n</update-status>\n</stream>\n"
    );
    writer.section("updates", &text, "", 0);
    let simulation = simulation(&system.upgradable(), &system.new_dependencies(&system.upgradable()));
    writer.section("simulation", &simulation, "", 0);
    let fixes: Vec<(&Package, &Offer)> = updates
        .iter()
        .flat_map(|(package, _)| package.newer_offers().iter().map(move |offer| (*package, offer)))
        .filter(|(_, offer)| offer.advisory.is_some())
        .collect();
    let patches: String = fixes.iter().map(|(_, offer)| patch(offer)).collect();
    let text = format!(
        "{HEAD}<update-status version=\"0.6\">\n<update-list>\n{patches}</update-list>\n</update-status>\n</stream>\n"
    );
    writer.section("patches", &text, "", 0);
    let contents = lines(&fixes, |(package, offer)| {
        let id = offer
            .advisory
            .as_ref()
            .map(|advisory| advisory.id.as_str())
            .unwrap_or_default();
        format!(
            "Name        : {id}\nConflicts   : {}.{} < {}",
            package.name, package.arch, offer.version
        )
    });
    writer.section("patch-contents", &contents, "", 0);
    let held = system.packages.iter().filter(|package| package.held).enumerate();
    let rows = lines(held, |(number, package)| {
        format!("{} | {} | package | (any) |", number + 1, package.name)
    });
    let locks = if rows.is_empty() {
        "There are no package locks defined.\n".to_owned()
    } else {
        format!("# | Name | Type | Repository | Comment\n--+------+------+------------+--------\n{rows}")
    };
    writer.section("locks", &locks, "", 0);
    let (text, code) = reboot_check(system);
    writer.section("reboot-check", text, "", code);
}

fn update((package, offer): &Pending<'_>) -> String {
    format!(
        "<update kind=\"package\" name=\"{}\" edition=\"{}\" arch=\"{}\" edition-old=\"{}\"><summary></summary>\
         <source url=\"http://mirror.simulated/\" alias=\"{}\"/></update>\n",
        package.name,
        offer.version,
        package.arch,
        package.version().unwrap_or_default(),
        offer.repository
    )
}

fn simulation(upgraded: &[Pending<'_>], new: &[Pending<'_>]) -> String {
    let part = |name: &str, rows: &[Pending<'_>]| {
        if rows.is_empty() {
            String::new()
        } else {
            format!("<{name}>\n{}</{name}>\n", lines(rows, solvable))
        }
    };
    format!(
        "{HEAD}<install-summary packages-to-change=\"{}\" need-restart=\"0\" need-reboot=\"0\">\n{}{}\
         </install-summary>\n</stream>\n",
        upgraded.len() + new.len(),
        part("to-upgrade", upgraded),
        part("to-install", new)
    )
}

fn solvable((package, offer): &Pending<'_>) -> String {
    let old = package
        .version()
        .map(|version| format!(" edition-old=\"{version}\" arch-old=\"{}\"", package.arch))
        .unwrap_or_default();
    format!(
        "<solvable type=\"package\" name=\"{}\" edition=\"{}\" arch=\"{}\" repository=\"{}\"{old}></solvable>",
        package.name, offer.version, package.arch, offer.repository
    )
}

fn patch(offer: &Offer) -> String {
    let Some(advisory) = &offer.advisory else {
        return String::new();
    };
    let (category, severity) = match advisory.severity.as_str() {
        "" => ("recommended", "unspecified"),
        severity => ("security", severity),
    };
    let issues: String = advisory
        .cves
        .iter()
        .map(|cve| format!("<issue type=\"cve\" id=\"{cve}\"><title>{cve}</title></issue>"))
        .collect();
    format!(
        "<update kind=\"patch\" name=\"{}\" edition=\"1\" arch=\"noarch\" status=\"needed\" category=\"{category}\" \
         severity=\"{severity}\" restart=\"false\" interactive=\"false\"><issue-list>{issues}</issue-list></update>\n",
        advisory.id
    )
}

fn reboot_check(system: &System) -> (&'static str, i32) {
    if system.reboot_asked_by.is_empty() {
        (
            "No core libraries or services have been updated since the last system boot.\n\
             Reboot is probably not necessary.\n",
            0,
        )
    } else {
        (
            "Core libraries or services have been updated since the last system boot.\n\
             Reboot is suggested to ensure that your system benefits from these updates.\n",
            102,
        )
    }
}

fn gone(line: &PlanLine) -> String {
    format!(
        "Loading repository data...\nReading installed packages...\nNo provider of '{}.{} = {}' found.\n",
        line.name, line.arch, line.to
    )
}

fn progress(steps: &[Step]) -> String {
    let total = steps.len();
    let mut text = format!(
        "Loading repository data...\nReading installed packages...\nResolving package dependencies...\n\n\
         The following {total} packages are going to be changed:\n  {}\n",
        steps
            .iter()
            .map(|step| step.name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    );
    for (number, step) in steps.iter().enumerate() {
        let label = label(&step.name, &step.to, &step.arch);
        text.push_str(&format!("({}/{total}) Installing: {label} [..done]\n", number + 1));
    }
    text
}

fn done(_steps: &[Step]) -> String {
    "Executing %posttrans scripts [..done]\n".to_owned()
}

fn failed(failing: &[Step]) -> String {
    lines(failing, |step| {
        let label = label(&step.name, &step.to, &step.arch);
        format!(
            "Installation of {label} failed:\n\
             Error: Subprocess failed. Error: RPM failed: error: %prein({label}) scriptlet failed, exit status 1\n\
             Problem occurred during or after installation or removal of packages:\n\
             Installation has been aborted as directed."
        )
    })
}
