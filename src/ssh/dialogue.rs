//! The words exchanged with `sudo` before a script may be sent: a pure state machine over bytes.
//!
//! What must stay true: the password is sent once, and only after the prompt with this run's random word
//! was seen; the script is sent only after the shell that runs as the wanted user has said so. Prompt and
//! sign never reach the output.

use crate::remote::transport::OUTPUT_LIMIT;

/// Most bytes that are kept of what comes before the shell is ready: greetings of login shells.
const NOISE_LIMIT: usize = 64 * 1024;

/// What is to be done after a piece of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Wait,
    /// Send the password and a line end.
    SendPassword,
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

/// The state of one program's output.
#[derive(Debug)]
pub(super) struct Dialogue {
    sign: Option<Vec<u8>>,
    prompt: Option<Vec<u8>>,
    ready: bool,
    asked: bool,
    /// Up to here standard error has been searched for the prompt.
    searched: usize,
    /// End of the last prompt in standard error.
    prompt_end: usize,
    stdout: Bounded,
    stderr: Bounded,
}

impl Dialogue {
    /// A program that needs no words: its output is the script's from the first byte.
    pub(super) fn silent() -> Self {
        Self::new(None, None)
    }

    /// A shell that prints `sign` on a line of its own when it is ready, after a program that may ask by
    /// a prompt that holds `prompt`.
    pub(super) fn with_sign(sign: &str, prompt: Option<&str>) -> Self {
        let mut line = sign.as_bytes().to_vec();
        line.push(b'\n');
        Self::new(Some(line), prompt.map(|word| word.as_bytes().to_vec()))
    }

    fn new(sign: Option<Vec<u8>>, prompt: Option<Vec<u8>>) -> Self {
        Self {
            ready: sign.is_none(),
            sign,
            prompt,
            asked: false,
            searched: 0,
            prompt_end: 0,
            stdout: Bounded::default(),
            stderr: Bounded::default(),
        }
    }

    /// Whether the script's shell has been reached.
    pub(super) fn is_ready(&self) -> bool {
        self.ready
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
        let Some(sign) = &self.sign else {
            return Step::Wait;
        };
        let mut all = std::mem::take(&mut self.stdout.bytes);
        all.extend_from_slice(bytes);
        if let Some(at) = find(&all, sign) {
            let after = all.get(at + sign.len()..).unwrap_or_default();
            self.stdout = Bounded::default();
            self.stdout.add(after, OUTPUT_LIMIT);
            self.ready = true;
            return Step::Ready;
        }
        // Keep the end: the sign may be cut in two.
        let surplus = all.len().saturating_sub(NOISE_LIMIT);
        all.drain(..surplus);
        self.stdout.bytes = all;
        Step::Wait
    }

    /// Takes a piece of standard error.
    pub(super) fn stderr(&mut self, bytes: &[u8]) -> Step {
        self.stderr.add(bytes, OUTPUT_LIMIT);
        let Some(prompt) = self.prompt.as_ref().filter(|_| !self.ready) else {
            return Step::Wait;
        };
        let unsearched = self.stderr.bytes.get(self.searched..).unwrap_or_default();
        match find(unsearched, prompt) {
            Some(at) => {
                self.searched += at + prompt.len();
                self.prompt_end = self.searched;
                if std::mem::replace(&mut self.asked, true) {
                    Step::WrongPassword
                } else {
                    Step::SendPassword
                }
            }
            None => {
                let overlap = prompt.len().saturating_sub(1);
                let end = self.stderr.bytes.len().saturating_sub(overlap);
                self.searched = self.searched.max(end);
                Step::Wait
            }
        }
    }

    /// The two outputs, without prompt, sign and what came before them, and whether something was cut off.
    pub(super) fn into_outputs(self) -> (Vec<u8>, Vec<u8>, bool) {
        let truncated = self.stdout.truncated || self.stderr.truncated;
        let mut stderr = self.stderr.bytes;
        if self.prompt_end > 0 {
            // The rest of the prompt's line is the prompt's.
            let rest = stderr.split_off(self.prompt_end.min(stderr.len()));
            let blank = rest
                .iter()
                .position(|byte| !b": \r\n".contains(byte))
                .unwrap_or(rest.len());
            stderr = rest.get(blank..).unwrap_or_default().to_vec();
        }
        (self.stdout.bytes, stderr, truncated)
    }

    /// What standard error holds so far, without the prompt.
    pub(super) fn complaints(&self) -> &[u8] {
        self.stderr.bytes.get(self.prompt_end..).unwrap_or_default()
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len().max(1))
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking() -> Dialogue {
        Dialogue::with_sign("READY-7", Some("PROMPT-7"))
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
}
