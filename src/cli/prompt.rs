//! Questions to the person at the terminal. Without a terminal nobody is asked, ever.

use std::io::{IsTerminal, Write};

use crate::model::secret::Secret;
use crate::ssh::Prompter;

/// Whether somebody can answer.
#[must_use]
pub fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a yes. Anything else, and the end of input, is a no.
#[must_use]
pub fn confirm(question: &str) -> bool {
    let mut stderr = std::io::stderr().lock();
    if write!(stderr, "{question} [y/N] ")
        .and_then(|()| stderr.flush())
        .is_err()
    {
        return false;
    }
    let mut answer = String::new();
    match std::io::stdin().read_line(&mut answer) {
        Ok(_) => matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"),
        Err(_) => false,
    }
}

/// Asks for passphrases and passwords on the terminal, without echo.
#[derive(Debug, Clone, Copy, Default)]
pub struct TerminalPrompter;

impl Prompter for TerminalPrompter {
    fn ask(&self, question: &str) -> Option<Secret> {
        if !somebody_is_there() {
            return None;
        }
        rpassword::prompt_password(format!("{question} "))
            .ok()
            .filter(|answer| !answer.is_empty())
            .map(Secret::new)
    }
}
