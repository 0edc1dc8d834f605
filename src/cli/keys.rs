//! Keys while bars are drawn: they say to the run what the commands say, and their line says what they do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::terminal::KeyMode;
use crate::report::key_line::KeyLine;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Stand still, or go on.
    PauseOrContinue,
    /// Cut a soak short, or let what is unknown pass.
    Promote,
    /// End the run for good.
    Abort,
    /// Leave.
    Leave,
}

/// Where keys are pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the run.
    Controller,
    /// In another shell.
    Watcher,
}

/// Reads keys until it is dropped, and leaves the terminal as it was.
pub struct Keys {
    is_over: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Keys {
    /// Begins to read keys; `None` where nobody can press one.
    #[must_use]
    pub fn begin(place: Place, line: KeyLine, wish: impl Fn(Wish) + Send + 'static) -> Option<Self> {
        let mode = KeyMode::begin()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ended = is_over.clone();
        line.show(usual_words(place));
        let read = move || {
            let mut pressed = Pressed::default();
            while !ended.load(Ordering::Relaxed) {
                let Some(key) = mode.read() else {
                    // Where nobody may read, the answer comes at once.
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    continue;
                };
                let wished = pressed.press(key);
                line.show(pressed.words(place));
                if let Some(wished) = wished {
                    wish(wished);
                }
            }
        };
        Some(Self {
            is_over,
            reader: Some(std::thread::spawn(read)),
        })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            // It looks after a tenth of a second at the latest.
            let _ = reader.join();
        }
    }
}

/// What was pressed so far. Pure.
#[derive(Debug, Default)]
struct Pressed {
    asks_for_abort: bool,
}

impl Pressed {
    fn press(&mut self, key: u8) -> Option<Wish> {
        let was_asked = std::mem::take(&mut self.asks_for_abort);
        match key.to_ascii_lowercase() {
            b'y' if was_asked => Some(Wish::Abort),
            _ if was_asked => None,
            b'p' => Some(Wish::PauseOrContinue),
            b's' => Some(Wish::Promote),
            b'q' => Some(Wish::Leave),
            b'a' => {
                self.asks_for_abort = true;
                None
            }
            _ => None,
        }
    }

    fn words(&self, place: Place) -> &'static str {
        if self.asks_for_abort {
            "end the run for good, so that it cannot be resumed? y: yes, any other key: no"
        } else {
            usual_words(place)
        }
    }
}

fn usual_words(place: Place) -> &'static str {
    match place {
        Place::Controller => "p pause or go on · s skip the wait · a abort · q stop, as Ctrl-C",
        Place::Watcher => "p pause or go on · s skip the wait · a abort · q leave, the run goes on",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(keys: &str) -> Vec<Wish> {
        let mut pressed = Pressed::default();
        keys.bytes().filter_map(|key| pressed.press(key)).collect()
    }

    #[test]
    fn an_abort_is_asked_for_once_and_any_other_key_is_a_no() {
        assert_eq!(wishes("ay"), [Wish::Abort]);
        assert_eq!(wishes("anyap"), []);
        assert_eq!(wishes("y"), []);
        assert_eq!(wishes("aq"), [], "the key that says no says nothing else");
        assert_eq!(wishes("pSxq"), [Wish::PauseOrContinue, Wish::Promote, Wish::Leave]);
    }

    #[test]
    fn the_line_says_what_the_next_key_does() {
        let mut pressed = Pressed::default();
        pressed.press(b'a');
        assert!(pressed.words(Place::Controller).contains("y: yes"));
        pressed.press(b'n');
        assert!(pressed.words(Place::Watcher).contains("q leave"));
    }
}
