//! Questions to the person at the terminal. Without a terminal nobody is asked, ever.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::model::secret::Secret;
use crate::rollout::Control;
use crate::ssh::Prompter;

/// Whether somebody can answer.
#[must_use]
pub fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// How the terminal was set before anything was asked. A question for a password that is still open at the end would
/// leave it without an echo.
#[derive(Debug)]
pub struct TerminalMode(Option<Termios>);

impl TerminalMode {
    /// As it is now; nothing where there is no terminal.
    #[must_use]
    pub fn now() -> Self {
        Self(tcgetattr(std::io::stdin()).ok())
    }

    /// Sets it so again.
    pub fn restore(&self) {
        let now = tcgetattr(std::io::stdin());
        if let (Some(before), Ok(now)) = (&self.0, now)
            && now.local_modes != before.local_modes
        {
            // Nothing else can be done at the end of the program.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
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
        let answer = ask();
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
