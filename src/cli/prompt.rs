//! Questions to the person at the terminal. Without a terminal nobody is asked, ever.

use std::io::{IsTerminal, Write};

use indicatif::MultiProgress;

use crate::model::secret::Secret;
use crate::rollout::Control;
use crate::ssh::Prompter;

/// Whether somebody can answer.
#[must_use]
pub fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a yes. Anything else, the end of input and Ctrl-C are a no.
pub async fn confirm(question: &str, control: &Control) -> bool {
    let question = question.to_owned();
    tokio::select! {
        answer = tokio::task::spawn_blocking(move || ask_yes_or_no(&question)) => answer.unwrap_or(false),
        () = control.drained() => false,
    }
}

fn ask_yes_or_no(question: &str) -> bool {
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

/// Asks for passphrases and passwords on the terminal, without echo. Bars are taken away meanwhile.
#[derive(Debug, Clone)]
pub struct TerminalPrompter {
    /// The bars that own the lower end of the terminal.
    pub bars: MultiProgress,
}

impl Prompter for TerminalPrompter {
    fn ask(&self, question: &str) -> Option<Secret> {
        if !somebody_is_there() {
            return None;
        }
        let ask = || rpassword::prompt_password(format!("{question} "));
        self.bars
            .suspend(ask)
            .ok()
            .filter(|answer| !answer.is_empty())
            .map(Secret::new)
    }
}
