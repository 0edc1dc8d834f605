//! What the demo says between the commands: headings, verdicts, the end.

use std::io;
use std::path::Path;

use crate::cli::exit::Exit;
use crate::cli::printer::Printer;
use crate::report::page::{Line, Page, Tone};

/// Fits a terminal of 80 columns.
const WIDTH: usize = 78;

/// What the demo is, before its first step.
pub(super) fn introduction(printer: &Printer, hosts: usize, folder: &Path) -> io::Result<()> {
    let mut page = Page::new();
    page.line("patchwave demo: the whole job on a simulated fleet", Tone::Strong);
    page.lines(
        [
            format!("Simulated: {hosts} hosts with six package managers, inside this process on 127.0.0.1;"),
            "their packages, versions and advisories are made up.".to_owned(),
            "Real: the SSH connections, and the code of every command below.".to_owned(),
            "Files: the demo's own, and nothing of yours:".to_owned(),
        ]
        .iter()
        .map(|words| Line::new(0, words, Tone::Plain))
        .chain([Line::new(2, folder.display().to_string(), Tone::Strong)])
        .collect(),
    );
    printer.page(&page)
}

/// The heading of a step, and what a user would type.
pub(super) fn heading(printer: &Printer, title: &str, command: Option<&str>) -> io::Result<()> {
    let rule = "─".repeat(WIDTH.saturating_sub(title.chars().count() + 4));
    let mut lines = vec![
        Line::new(0, "", Tone::Plain),
        Line::new(0, format!("── {title} {rule}"), Tone::Strong),
    ];
    lines.extend(
        command.map(|command| Line::new(0, "$ ", Tone::Quiet).and(format!("patchwave {command}"), Tone::Strong)),
    );
    lines.push(Line::new(0, "", Tone::Plain));
    let mut page = Page::new();
    page.lines(lines);
    printer.page(&page)
}

/// How a command ended, when it ended as it should.
pub(super) fn verdict(printer: &Printer, exit: Exit, words: &str) -> io::Result<()> {
    let mut page = Page::new();
    page.lines(vec![
        Line::new(0, "", Tone::Plain),
        Line::new(0, format!("exit code {}", exit as u8), Tone::Quiet).and(format!(": {words}"), Tone::Quiet),
    ]);
    printer.page(&page)
}

/// Lines of the demo's own.
pub(super) fn remarks(printer: &Printer, remarks: &[(String, Tone)]) -> io::Result<()> {
    let mut page = Page::new();
    page.lines(remarks.iter().map(|(words, tone)| Line::new(0, words, *tone)).collect());
    printer.page(&page)
}

/// A step did not end as it should.
pub(super) fn unexpected(printer: &Printer, what: &str) -> io::Result<()> {
    let mut page = Page::new();
    page.lines(vec![
        Line::new(0, "", Tone::Plain),
        Line::new(0, "The demo did not go as it should", Tone::Bad).and(format!(": {what}"), Tone::Plain),
        Line::new(2, "→ this is a fault of patchwave: please report it", Tone::Quiet),
    ]);
    printer.page(&page)
}

/// The folder stays.
pub(super) fn kept(printer: &Printer, folder: &Path) -> io::Result<()> {
    let folder = folder.display();
    let mut page = Page::new();
    page.lines(vec![
        Line::new(0, "", Tone::Plain),
        Line::new(0, format!("Kept: {folder}"), Tone::Strong),
        Line::new(
            2,
            "The simulated hosts are gone with this process; what they answered is in the ledger:",
            Tone::Plain,
        ),
        Line::new(2, format!("patchwave history --state-dir {folder}/state"), Tone::Plain),
        Line::new(2, format!("patchwave show --state-dir {folder}/state"), Tone::Plain),
    ]);
    printer.page(&page)
}

/// The folder is gone.
pub(super) fn removed(printer: &Printer, folder: &Path) -> io::Result<()> {
    let mut page = Page::new();
    page.lines(vec![
        Line::new(0, "", Tone::Plain),
        Line::new(
            0,
            format!(
                "Nothing is left: the simulated hosts are gone, and so is {}",
                folder.display()
            ),
            Tone::Quiet,
        ),
        Line::new(0, "(`patchwave demo --keep` keeps it)", Tone::Quiet),
    ]);
    printer.page(&page)
}

/// What to do with hosts of one's own.
pub(super) fn next_steps(printer: &Printer) -> io::Result<()> {
    let mut lines = vec![
        Line::new(0, "", Tone::Plain),
        Line::new(0, "Next, on hosts of your own:", Tone::Strong),
    ];
    for (command, why) in [
        (
            "patchwave init fleet && cd fleet",
            "writes an inventory and playbooks to edit",
        ),
        ("patchwave trust", "shows the hosts' keys and keeps them"),
        ("patchwave scan", "changes nothing"),
    ] {
        lines.push(Line::new(2, format!("{command:<34}"), Tone::Plain).and(format!("# {why}"), Tone::Quiet));
    }
    let mut page = Page::new();
    page.lines(lines);
    printer.page(&page)
}
