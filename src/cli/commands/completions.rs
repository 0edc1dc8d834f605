//! `completions`: for bash, zsh, fish, elvish and PowerShell.

use clap::CommandFactory;

use crate::cli::arguments::Arguments;
use crate::cli::exit::Exit;
use crate::cli::failure::CommandResult;
use crate::cli::printer::Printer;

/// Prints the completions.
///
/// # Errors
/// When standard output is closed.
pub fn run(shell: clap_complete::Shell, printer: &Printer) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "patchwave", &mut script);
    printer.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
