//! What a host behind the real sshd does: reads the script and answers as the simulator would.
//!
//! The hosts' own work is not what is measured; a real probe of this machine would take its processors.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use patchwave::remote::script::ReceivedScript;
use patchwave::simulator::distributions::debian_12;
use patchwave::simulator::{ScriptHandler, SimulatedSystem};

/// Answers the one script on standard input. An answer with another exit code than 0 is an error: the
/// benchmark asks for nothing that could fail.
pub fn once() -> Result<()> {
    let mut script = String::new();
    std::io::stdin().read_to_string(&mut script)?;
    let script = ReceivedScript::parse(&script).context("this is no script of patchwave")?;
    let answer = SimulatedSystem::new(debian_12("host")).answer(&script);
    std::io::stderr().write_all(&answer.stderr)?;
    std::io::stdout().write_all(&answer.stdout)?;
    ensure!(answer.exit_code == Some(0), "the simulated host failed");
    Ok(())
}
