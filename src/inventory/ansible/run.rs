//! Asks an inventory program that stands where an inventory is expected: with `--list`, and with `--host NAME`
//! where it does not say everything at once. How a program is run safely is known to `sources::command`.

use std::path::{MAIN_SEPARATOR, Path};
use std::time::{Duration, Instant};

use super::program::{ProgramOutput, hosts_to_ask};
use crate::inventory::sources::command::run_words;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};

/// How long a program may take for one answer.
const LIMIT: Duration = Duration::from_secs(60);

/// How long all answers may take together.
const TOGETHER: Duration = Duration::from_secs(600);

/// What a program says.
///
/// # Errors
/// When it cannot be run, fails, or does not end in time.
pub(super) fn run_program(path: &Path) -> Result<ProgramOutput, Diagnostics> {
    let end = Instant::now() + TOGETHER;
    let list = answer(path, &["--list"], LIMIT)?;
    let mut output = ProgramOutput {
        command: format!("{} --list", path.display()),
        list,
        ..ProgramOutput::default()
    };
    for host in hosts_to_ask(&output.command, &output.list)? {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_slow(&output.command));
        }
        let variables = answer(path, &["--host", &host], left.min(LIMIT))?;
        output.hosts.insert(host, variables);
    }
    Ok(output)
}

fn too_slow(command: &str) -> Diagnostics {
    let message = "what it printed has no `_meta`, and asking it for each host took more than ten minutes";
    let hint = "let it print `\"_meta\": {\"hostvars\": {…}}` with the variables of all hosts";
    Diagnostic::new(Place::of_file(command), message).with_hint(hint).into()
}

fn answer(path: &Path, arguments: &[&str], limit: Duration) -> Result<Vec<u8>, Diagnostics> {
    let program = path.display().to_string();
    let place = Place::of_file(&format!("{program} {}", arguments.join(" ")));
    // A name without a folder would be looked for among the commands.
    let program = if program.contains(MAIN_SEPARATOR) {
        program
    } else {
        format!("./{program}")
    };
    let mut words = vec![program];
    words.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    run_words(words, limit).map_err(|message| {
        let hint = "run it by hand to see what it says; without the x bit it is no program";
        Diagnostics::from(Diagnostic::new(place, message).with_hint(hint))
    })
}
