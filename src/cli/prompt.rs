//! Questions to the person at the terminal. Without a terminal nobody is asked, ever.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};

use super::terminal::in_usual_mode;
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

/// Asks for passphrases, passwords and second factors on the terminal, one question at a time however many
/// hosts ask at once. Bars are taken away meanwhile and come back after it: nothing that draws waits for a person.
#[derive(Debug, Clone)]
pub struct TerminalPrompter {
    bars: MultiProgress,
    turn: Arc<Mutex<()>>,
}

impl TerminalPrompter {
    /// A prompter beside the bars that own the lower end of the terminal.
    #[must_use]
    pub fn new(bars: MultiProgress) -> Self {
        Self {
            bars,
            turn: Arc::default(),
        }
    }

    fn ask_with(&self, ask: impl FnOnce() -> std::io::Result<String>) -> Option<Secret> {
        if !somebody_is_there() {
            return None;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let draws = !self.bars.is_hidden();
        if draws {
            // A bar that cannot be taken away is merely overwritten.
            let _ = self.bars.clear();
            self.bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        let answer = in_usual_mode(ask);
        if draws {
            self.bars.set_draw_target(ProgressDrawTarget::stderr());
        }
        answer.ok().map(Secret::new)
    }
}

impl Prompter for TerminalPrompter {
    fn ask(&self, question: &str) -> Option<Secret> {
        self.ask_with(|| rpassword::prompt_password(format!("{} ", question.trim_end())))
    }

    fn ask_openly(&self, question: &str) -> Option<Secret> {
        self.ask_with(|| {
            let mut stderr = std::io::stderr().lock();
            write!(stderr, "{} ", question.trim_end())?;
            stderr.flush()?;
            drop(stderr);
            let mut answer = String::new();
            if std::io::stdin().read_line(&mut answer)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            Ok(answer.trim_end_matches(['\r', '\n']).to_owned())
        })
    }

    fn is_there(&self) -> bool {
        somebody_is_there()
    }
}
