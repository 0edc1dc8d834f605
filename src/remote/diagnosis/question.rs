//! Whether a log ends with a question to somebody at a terminal.

use super::shown;

/// How programs offer the answers, in lower case.
const OFFERS: [&str; 9] = [
    "[y/n",
    "(y/n",
    "[yes/no",
    "(yes/no",
    "(y/i/n/o/d/z)",
    "[default=",
    "press enter",
    "press any key",
    "press return",
];

/// What stands on the screens of debconf and its like.
const SCREENS: [&str; 4] = ["<ok>", "<yes>", "<cancel>", "[more]"];

/// The question that the end of a log asks; `None` when it asks nothing.
///
/// A line that offers answers is one, a password that is asked for, a screen of buttons, and a line that ends in `?`,
/// `:` or `]` and was not ended.
pub(super) fn question(log: &str) -> Option<String> {
    let last = log.lines().rev().find(|line| !line.trim().is_empty())?;
    let lowered = last.trim().to_lowercase();
    let offers = OFFERS.iter().any(|offer| lowered.contains(offer));
    let wants_secret = (lowered.contains("password") || lowered.contains("passphrase")) && lowered.ends_with(':');
    let is_open = !log.ends_with('\n') && lowered.ends_with(['?', ':', ']']);
    if offers || wants_secret || is_open {
        return Some(shown(last));
    }
    let mut screen = log.lines().rev().take(12);
    let has_button = screen.any(|line| SCREENS.iter().any(|word| line.to_lowercase().contains(word)));
    has_button.then(|| shown(last))
}
