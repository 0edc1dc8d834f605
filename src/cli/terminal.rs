//! The mode of the terminal on standard input: usual, or single keys without an echo.
//!
//! What must stay true: Ctrl-C and its kin stay signals; whoever asks a question has the usual mode, and nobody else
//! reads meanwhile; however the process ends, short of SIGKILL, the terminal is as it was before. A process in the
//! background touches nothing.

use std::io::stdin;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// The terminal as it was before keys were read; `None` while they are not. There is one terminal, so there is one of it.
static BEFORE_KEYS: Mutex<Option<Termios>> = Mutex::new(None);

static RESTORE_ON_PANIC: Once = Once::new();

fn before_keys() -> MutexGuard<'static, Option<Termios>> {
    BEFORE_KEYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the terminal was set at the start of the program. A question for a password that is still open at the end would
/// leave it without an echo.
#[derive(Debug)]
pub struct TerminalMode(Option<Termios>);

impl TerminalMode {
    /// As it is now; nothing where there is no terminal.
    #[must_use]
    pub fn now() -> Self {
        Self(tcgetattr(stdin()).ok())
    }

    /// Sets it so again.
    pub fn restore(&self) {
        let now = tcgetattr(stdin());
        if let (Some(before), Ok(now)) = (&self.0, now)
            && now.local_modes != before.local_modes
        {
            set(before);
        }
    }
}

/// Single keys can be read until this is dropped.
pub struct KeyMode(());

impl KeyMode {
    /// `None` where standard input is no terminal, or belongs to another process now.
    #[must_use]
    pub fn begin() -> Option<Self> {
        let mut before = before_keys();
        if before.is_some() || !is_in_foreground() {
            return None;
        }
        let usual = tcgetattr(stdin()).ok()?;
        RESTORE_ON_PANIC.call_once(restore_on_panic);
        set(&for_keys(&usual));
        *before = Some(usual);
        Some(Self(()))
    }

    /// The next key; `None` when none came for a tenth of a second, or nobody may read now.
    #[must_use]
    pub fn read(&self) -> Option<u8> {
        let before = before_keys();
        let usual = before.as_ref().filter(|_| is_in_foreground())?;
        // A shell that had stopped the process may have set the terminal in its own way.
        if tcgetattr(stdin()).is_ok_and(|now| now.local_modes.contains(LocalModes::ICANON)) {
            set(&for_keys(usual));
        }
        let mut key = [0];
        match rustix::io::read(stdin(), &mut key) {
            Ok(1) => key.first().copied(),
            _ => None,
        }
    }
}

impl Drop for KeyMode {
    fn drop(&mut self) {
        if let Some(usual) = before_keys().take().filter(|_| is_in_foreground()) {
            set(&usual);
        }
    }
}

/// Does something in the terminal's usual mode, while nobody reads keys.
pub fn in_usual_mode<R>(ask: impl FnOnce() -> R) -> R {
    let before = before_keys();
    let usual = before.as_ref().filter(|_| is_in_foreground());
    if let Some(usual) = usual {
        set(usual);
    }
    let answer = ask();
    if let Some(usual) = usual {
        set(&for_keys(usual));
    }
    answer
}

/// Single keys at once, without an echo; signals as usual. A read returns after a tenth of a second without a key.
fn for_keys(usual: &Termios) -> Termios {
    let mut mode = usual.clone();
    mode.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    mode.local_modes.insert(LocalModes::ISIG);
    mode.special_codes[SpecialCodeIndex::VMIN] = 0;
    mode.special_codes[SpecialCodeIndex::VTIME] = 1;
    mode
}

fn set(mode: &Termios) {
    // Nobody can do anything about a terminal that went away.
    let _ = tcsetattr(stdin(), OptionalActions::Now, mode);
}

/// Whether the terminal is this process's own now: reading from the background would stop it.
fn is_in_foreground() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

fn restore_on_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Whoever panicked may hold the lock.
        if let Ok(before) = BEFORE_KEYS.try_lock()
            && let Some(mode) = before.as_ref().filter(|_| is_in_foreground())
        {
            set(mode);
        }
        usual(panic);
    }));
}
