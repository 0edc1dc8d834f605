//! `init`: writes a commented inventory and playbooks that work as they are. Never overwrites anything.

use std::path::{Path, PathBuf};

use crate::cli::arguments::InitArguments;
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::report::page::{Line, Page, Tone};

/// What is written, relative to the folder. The examples of the repository are the same files.
const FILES: [(&str, &str); 3] = [
    (
        "inventories/fleet.yml",
        include_str!("../../../inventories/starter.yml"),
    ),
    ("playbooks/monthly.yml", include_str!("../../../playbooks/monthly.yml")),
    (
        "playbooks/security.yml",
        include_str!("../../../playbooks/security.yml"),
    ),
];

/// Writes the files.
///
/// # Errors
/// When one of them is there already, or the folder cannot be written.
pub fn run(arguments: &InitArguments, printer: &Printer) -> CommandResult {
    let paths: Vec<PathBuf> = FILES.iter().map(|(name, _)| arguments.dir.join(name)).collect();
    let present: Vec<String> = paths
        .iter()
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !present.is_empty() {
        return Err(Failure::usage(
            format!("there already: {}; nothing was written", present.join(", ")),
            "name another folder: `patchwave init DIR`",
        ));
    }
    for (path, (_, text)) in paths.iter().zip(FILES) {
        write(path, text)?;
    }
    printer.page(&next_steps(&arguments.dir, &paths))?;
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(
            format!("{} cannot be written: {error}", path.display()),
            "look at the folder's permissions",
        )
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

fn next_steps(folder: &Path, paths: &[PathBuf]) -> Page {
    let mut page = Page::new();
    page.lines(
        paths
            .iter()
            .map(|path| Line::new(0, format!("wrote {}", path.display()), Tone::Good))
            .collect(),
    );
    let enter = if folder == Path::new(".") {
        String::new()
    } else {
        format!("cd {} && ", folder.display())
    };
    let steps = [
        (
            format!("{enter}patchwave scan"),
            "looks at this machine, the one host that is not commented out",
        ),
        (
            "patchwave trust".to_owned(),
            "after you have added hosts: shows and keeps their keys",
        ),
        (
            "patchwave plan playbooks/monthly.yml".to_owned(),
            "says what would be done",
        ),
    ];
    page.lines(
        std::iter::once(Line::new(0, "Next:", Tone::Strong))
            .chain(
                steps
                    .iter()
                    .map(|(command, why)| Line::new(2, command, Tone::Plain).and(format!("   # {why}"), Tone::Quiet)),
            )
            .collect(),
    );
    page
}
