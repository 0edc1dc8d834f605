//! `playbook check|show`: a playbook as it will be used. Contacts no host.

use std::path::Path;

use crate::cli::arguments::{Format, GlobalOptions, PlaybookCommand};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::inventory::Inventory;
use crate::model::text::count;
use crate::playbook::load::load_playbook;
use crate::playbook::{Playbook, playbook_yaml};
use crate::report::page::{Page, Tone};

const FAULT: &str = "this is a fault of patchwave: please report it";

/// Checks or shows a playbook.
///
/// # Errors
/// When the playbook or the inventory has mistakes.
pub fn run(command: &PlaybookCommand, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    match command {
        PlaybookCommand::Check { playbook: path } => {
            let playbook = load_playbook(path)?;
            let mut page = Page::new();
            let words = format!(
                "`{}`: {}, no mistakes",
                playbook.name,
                count(playbook.waves.len(), "wave")
            );
            page.line(words, Tone::Good);
            printer.notice(&page);
        }
        PlaybookCommand::Show { playbook: path } => {
            let playbook = match path {
                Some(path) => load_playbook(path)?,
                // The built-in playbook depends on the groups of the inventory.
                None => load(None, &Session::open(options, printer)?.inventory)?,
            };
            let text = match printer.format {
                Format::Json | Format::Jsonl => playbook_json(&playbook)?,
                _ => playbook_yaml(&playbook).map_err(|error| Failure::internal(error, FAULT))?,
            };
            printer.data(&text)?;
        }
    }
    Ok(Exit::Done)
}

/// The playbook of that file, or the built-in one for this inventory.
pub(in crate::cli) fn load(path: Option<&Path>, inventory: &Inventory) -> Result<Playbook, Failure> {
    match path {
        Some(path) => Ok(load_playbook(path)?),
        None => {
            let groups = inventory
                .groups()
                .iter()
                .filter(|group| !group.members.is_empty())
                .map(|group| &group.name);
            Playbook::built_in(groups).map_err(|error| Failure::internal(error, FAULT))
        }
    }
}

fn playbook_json(playbook: &Playbook) -> Result<String, Failure> {
    let value = serde_json::to_value(playbook)?;
    Ok(crate::report::document::Document::new("playbook", value).to_text()?)
}
