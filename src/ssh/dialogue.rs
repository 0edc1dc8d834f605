//! The words exchanged with `sudo`, `doas` or `su` before a script may be sent: a pure state machine over bytes.
//!
//! What must stay true: the password is sent once, and only after the program's prompt was seen; nothing more is
//! sent before the shell that runs as the wanted user has said that it is there. Prompt and sign never reach the
//! output.

use crate::remote::privilege::TERMINAL_SIGN;
use crate::remote::transport::OUTPUT_LIMIT;

use super::prompt::{Prompt, find};

/// Most bytes that are kept of what comes before the shell is ready: greetings of login shells.
const NOISE_LIMIT: usize = 64 * 1024;

/// What is to be done after a piece of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Wait,
    /// Send the password and a line end.
    SendPassword,
    /// The shell is there, on a terminal: send what makes bytes go through that unchanged.
    SendShell,
    /// The shell is ready.
    Ready,
    /// The password was wrong: it is asked for again.
    WrongPassword,
}

/// A bounded buffer that notes when something did not fit.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    /// What was kept.
    pub(super) bytes: Vec<u8>,
    /// Whether more came.
    pub(super) truncated: bool,
}

impl Bounded {
    fn add(&mut self, more: &[u8], limit: usize) {
        let room = limit.saturating_sub(self.bytes.len());
        self.truncated |= more.len() > room;
        self.bytes.extend(more.iter().take(room));
    }
}

/// What a program that gives privilege will say.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// What is printed on a line of its own before the program starts; `None` when nothing is.
    pub(super) start: Option<String>,
    /// What the shell prints on a line of its own when it is ready; `None` for a program that needs no words.
    pub(super) sign: Option<String>,
    /// What the program may ask for the password with.
    pub(super) prompt: Option<Prompt>,
    /// Whether all of it comes over a terminal, as one stream.
    pub(super) on_terminal: bool,
}

/// The state of one program's output.
#[derive(Debug)]
pub(super) struct Dialogue {
    script: Script,
    started: bool,
    /// Whether the shell on a terminal has said that it is there.
    opened: bool,
    ready: bool,
    asked: bool,
    /// What came over standard output before the shell was ready, then the output of the script.
    stdout: Bounded,
    stderr: Bounded,
    /// End of the last prompt in standard output, before the shell was ready.
    stdout_prompt_end: usize,
    /// End of the last prompt in standard error.
    stderr_prompt_end: usize,
}

impl Dialogue {
    /// A program that needs no words: its output is the script's from the first byte.
    pub(super) fn silent() -> Self {
        Self::new(Script::default())
    }

    /// A program that will say these words.
    pub(super) fn new(script: Script) -> Self {
        Self {
            started: script.start.is_none(),
            ready: script.sign.is_none(),
            script,
            opened: false,
            asked: false,
            stdout: Bounded::default(),
            stderr: Bounded::default(),
            stdout_prompt_end: 0,
            stderr_prompt_end: 0,
        }
    }

    /// Whether the script's shell has been reached.
    pub(super) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether the program may ask for a password.
    pub(super) fn may_ask(&self) -> bool {
        self.script.prompt.is_some()
    }

    /// Whether the password was asked for.
    pub(super) fn was_asked(&self) -> bool {
        self.asked
    }

    /// Takes a piece of standard output.
    pub(super) fn stdout(&mut self, bytes: &[u8]) -> Step {
        if self.ready {
            self.stdout.add(bytes, OUTPUT_LIMIT);
            return Step::Wait;
        }
        self.stdout.bytes.extend_from_slice(bytes);
        if !self.started
            && let Some(after) = self.script.start.as_deref().and_then(|start| self.after_line(start))
        {
            self.stdout.bytes.drain(..after);
            self.started = true;
        }
        let sign = match self.opened {
            true => Some(TERMINAL_SIGN),
            false => self.script.sign.as_deref(),
        };
        if self.started
            && let Some(after) = sign.and_then(|sign| self.after_line(sign))
        {
            let rest = self.stdout.bytes.split_off(after.min(self.stdout.bytes.len()));
            self.stdout = Bounded::default();
            self.stdout.add(&rest, OUTPUT_LIMIT);
            self.stdout_prompt_end = 0;
            if self.script.on_terminal && !std::mem::replace(&mut self.opened, true) {
                return Step::SendShell;
            }
            self.ready = true;
            return Step::Ready;
        }
        // Keep the end: what is looked for may be cut in two.
        let surplus = self.stdout.bytes.len().saturating_sub(NOISE_LIMIT);
        self.stdout.bytes.drain(..surplus);
        self.stdout_prompt_end = self.stdout_prompt_end.saturating_sub(surplus);
        self.look_for_prompt()
    }

    /// Takes a piece of standard error.
    pub(super) fn stderr(&mut self, bytes: &[u8]) -> Step {
        self.stderr.add(bytes, OUTPUT_LIMIT);
        self.look_for_prompt()
    }

    /// Where the line after this one begins. A terminal may end it with a carriage return as well.
    fn after_line(&self, line: &str) -> Option<usize> {
        let end = |ending: &str| {
            let line = format!("{line}{ending}");
            find(&self.stdout.bytes, line.as_bytes()).map(|at| at + line.len())
        };
        end("\n").or_else(|| end("\r\n"))
    }

    /// Nothing counts as a prompt before the program has started or after the shell is there.
    fn look_for_prompt(&mut self) -> Step {
        let may_come = self.started && !self.opened && !self.ready;
        let Some(prompt) = self.script.prompt.as_ref().filter(|_| may_come) else {
            return Step::Wait;
        };
        // The prompt is near the end: what lies far behind is not read again and again.
        let near = self.stderr.bytes.len().saturating_sub(NOISE_LIMIT);
        let from = self.stderr_prompt_end.max(near);
        let unread = self.stderr.bytes.get(from..).unwrap_or_default();
        let found = if let Some(end) = prompt.end(unread) {
            self.stderr_prompt_end = from + end;
            true
        } else if self.prompts_on_stdout() {
            let unread = self.stdout.bytes.get(self.stdout_prompt_end..).unwrap_or_default();
            prompt.end(unread).is_some_and(|end| {
                self.stdout_prompt_end += end;
                true
            })
        } else {
            false
        };
        if !found {
            Step::Wait
        } else if std::mem::replace(&mut self.asked, true) {
            Step::WrongPassword
        } else {
            Step::SendPassword
        }
    }

    /// busybox's `su` asks on standard output, and on a terminal there is nothing else.
    fn prompts_on_stdout(&self) -> bool {
        self.script.on_terminal || self.script.prompt == Some(Prompt::Su)
    }

    /// The two outputs, without prompt, sign and what came before them, and whether something was cut off.
    pub(super) fn into_outputs(self) -> (Vec<u8>, Vec<u8>, bool) {
        let truncated = self.stdout.truncated || self.stderr.truncated;
        let mut stderr = self.stderr.bytes;
        if self.stderr_prompt_end > 0 {
            // The rest of the prompt's line is the prompt's.
            let rest = stderr.split_off(self.stderr_prompt_end.min(stderr.len()));
            let blank = rest
                .iter()
                .position(|byte| !b": \r\n".contains(byte))
                .unwrap_or(rest.len());
            stderr = rest.get(blank..).unwrap_or_default().to_vec();
        }
        (self.stdout.bytes, stderr, truncated)
    }

    /// What the program has said so far, without the prompt.
    pub(super) fn complaints(&self) -> &[u8] {
        let said = self.stdout.bytes.get(self.stdout_prompt_end..).unwrap_or_default();
        if self.script.on_terminal && self.started && !self.ready && !said.is_empty() {
            return said;
        }
        self.stderr.bytes.get(self.stderr_prompt_end..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking() -> Dialogue {
        Dialogue::new(Script {
            sign: Some("READY-7".to_owned()),
            prompt: Some(Prompt::Word("PROMPT-7".to_owned())),
            ..Script::default()
        })
    }

    #[test]
    fn the_password_is_sent_once_and_only_after_the_prompt() {
        let mut dialogue = asking();
        assert_eq!(dialogue.stderr(b"We trust you have received\n"), Step::Wait);
        assert_eq!(dialogue.stderr(b"PROM"), Step::Wait);
        assert_eq!(dialogue.stderr(b"PT-7: "), Step::SendPassword);
        assert_eq!(dialogue.stdout(b"READY-7\nout"), Step::Ready);
        // The script may print whatever it likes now.
        assert_eq!(dialogue.stderr(b"PROMPT-7: "), Step::Wait);
        let (stdout, stderr, truncated) = dialogue.into_outputs();
        assert_eq!(stdout, b"out");
        assert_eq!(stderr, b"PROMPT-7: ");
        assert!(!truncated);
    }

    #[test]
    fn a_second_prompt_means_a_wrong_password() {
        let mut dialogue = asking();
        assert_eq!(dialogue.stderr(b"PROMPT-7: "), Step::SendPassword);
        assert_eq!(dialogue.stderr(b"Sorry, try again.\nPROMPT-7: "), Step::WrongPassword);
    }

    #[test]
    fn a_sign_cut_in_pieces_after_noise_is_found() {
        let mut dialogue = asking();
        assert_eq!(
            dialogue.stdout(b"Welcome!\nPROMPT-7 is not a prompt here\nREA"),
            Step::Wait
        );
        assert_eq!(dialogue.stdout(b"DY-7"), Step::Wait);
        assert_eq!(dialogue.stdout(b"\n@@begin"), Step::Ready);
        assert!(!dialogue.was_asked());
        assert_eq!(dialogue.into_outputs().0, b"@@begin");
    }

    #[test]
    fn endless_noise_is_bounded_and_the_sign_is_still_found() {
        let mut dialogue = asking();
        for _ in 0..100 {
            assert_eq!(dialogue.stdout(&[b'x'; 10_000]), Step::Wait);
        }
        assert!(dialogue.stdout.bytes.len() <= NOISE_LIMIT);
        assert_eq!(dialogue.stdout(b"READY-7\n"), Step::Ready);
    }

    #[test]
    fn output_is_cut_at_its_limit() {
        let mut dialogue = Dialogue::silent();
        for _ in 0..17 {
            dialogue.stdout(&vec![b'x'; 1024 * 1024]);
        }
        let (stdout, _, truncated) = dialogue.into_outputs();
        assert_eq!(stdout.len(), OUTPUT_LIMIT);
        assert!(truncated);
    }

    fn asking_su(on_terminal: bool) -> Dialogue {
        Dialogue::new(Script {
            start: Some("START-7".to_owned()),
            sign: Some("READY".to_owned()),
            prompt: Some(Prompt::Su),
            on_terminal,
        })
    }

    #[test]
    fn a_program_that_asks_by_its_own_words_is_answered_once_and_only_after_it_started() {
        let mut dialogue = asking_su(true);
        // A login shell may print whatever it likes.
        assert_eq!(dialogue.stdout(b"READY\nPassword: "), Step::Wait);
        assert_eq!(dialogue.stdout(b"\r\nSTART-7\r\nPass"), Step::Wait);
        assert_eq!(dialogue.stdout(b"word: "), Step::SendPassword);
        assert_eq!(dialogue.stdout(b"\r\n"), Step::Wait);
        assert_eq!(dialogue.stdout(b"READY\n"), Step::SendShell);
        assert!(!dialogue.is_ready());
        // What was sent may come back.
        assert_eq!(
            dialogue.stdout(b"echo PATCHWAVE-TERMINAL; read\r\nPassword: "),
            Step::Wait
        );
        assert_eq!(dialogue.stdout(b"\r\nPATCHWAVE-TERMINAL\nout"), Step::Ready);
        assert_eq!(dialogue.stdout(b"\nPassword: "), Step::Wait);
        assert_eq!(dialogue.into_outputs().0, b"out\nPassword: ");
        let mut dialogue = asking_su(true);
        assert_eq!(dialogue.stdout(b"START-7\nPassword: "), Step::SendPassword);
        assert_eq!(dialogue.stdout(b"\nSorry\nPassword: "), Step::WrongPassword);
    }

    #[test]
    fn on_pipes_the_prompt_may_come_before_the_start_is_seen() {
        let mut dialogue = asking_su(false);
        assert_eq!(dialogue.stderr(b"Password: "), Step::Wait);
        assert_eq!(dialogue.stdout(b"START-7\n"), Step::SendPassword);
        assert_eq!(dialogue.stderr(b"\nsu: Authentication failure\n"), Step::Wait);
        assert_eq!(dialogue.complaints(), b"\nsu: Authentication failure\n");
    }
}
