//! `demo`: the whole job on a simulated fleet in this process, over real SSH, by the code of the real commands.
//!
//! What must stay true: nothing of the user's is read or written, nothing is left behind unasked, and a
//! step that does not end as the demo says makes the exit code 1.

mod fleet;
mod folder;
mod screen;
mod story;
mod verdicts;

use self::folder::Folder;
use self::story::{Ending, Stage};
use crate::cli::arguments::{DemoArguments, Format, GlobalOptions, Surroundings};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::interrupt;
use crate::cli::printer::Printer;
use crate::rollout::Control;

/// Runs the demo from its first step to its last.
///
/// # Errors
/// When an option does not fit, or the fleet or its folder cannot be made.
pub async fn run(arguments: &DemoArguments, global: &GlobalOptions, printer: &Printer) -> CommandResult {
    refuse_unfit_options(global)?;
    let control = Control::new();
    interrupt::watch(&control);
    let fleet = fleet::start()
        .await
        .map_err(|error| Failure::internal(error, "the demo needs a dozen free ports of 127.0.0.1"))?;
    let folder = Folder::create(&fleet)?;
    let options = options(global, &folder);
    let stage = Stage {
        fleet,
        folder,
        options,
        printer,
        control,
    };
    let ended = story::tell(&stage).await;
    let Stage { fleet, folder, .. } = stage;
    let mut exit = match ended {
        Ok(()) => Exit::Done,
        Err(Ending::Interrupted) => Exit::Interrupted,
        Err(Ending::Unexpected(what)) => {
            screen::unexpected(printer, &what)?;
            Exit::Internal
        }
        Err(Ending::Failed(failure)) => {
            crate::cli::show_failure(printer, &failure);
            Exit::Internal
        }
    };
    fleet.fleet.stop().await;
    let path = folder.path().to_owned();
    if arguments.keep {
        folder.keep();
        screen::kept(printer, &path)?;
    } else if let Err(error) = folder.remove() {
        screen::unexpected(printer, &format!("{} could not be removed: {error}", path.display()))?;
        exit = Exit::Internal;
    } else {
        screen::removed(printer, &path)?;
    }
    if exit == Exit::Done {
        screen::next_steps(printer)?;
    }
    Ok(exit)
}

/// The demo shows pages of a fleet of its own; what asks for something else is not ignored in silence.
fn refuse_unfit_options(global: &GlobalOptions) -> Result<(), Failure> {
    let unfit = if global.format != Format::Table {
        "--format"
    } else if !global.limit.is_empty() {
        "--limit"
    } else if global.expect.is_some() {
        "--expect"
    } else {
        return Ok(());
    };
    Err(Failure::usage(
        format!("`demo` has no use for `{unfit}`"),
        "it shows its own fleet from beginning to end: `patchwave demo`",
    ))
}

/// The options of a user who stands in the demo's folder and has nothing else.
fn options(global: &GlobalOptions, folder: &Folder) -> GlobalOptions {
    GlobalOptions {
        inventory: vec![folder.file("inventories/fleet.yml")],
        state_dir: Some(folder.file("state")),
        parallel: None,
        yes: true,
        surroundings: Surroundings::Isolated,
        ..global.clone()
    }
}
