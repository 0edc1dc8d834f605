//! The questions of a server (keyboard-interactive, RFC 4256): who answers which, a pure function.
//!
//! What must stay true: the configured password answers only what looks like a question for a password and is
//! not shown while it is typed; foreign text is made printable and short before anybody sees it.

use crate::model::name::HostName;
use crate::model::text::{printable, shorten};

/// Longest text of a server that is shown.
const TEXT_LIMIT: usize = 200;

/// Who answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answerer {
    /// The configured password.
    Password,
    /// Whoever sits at the terminal.
    Person,
    /// Nobody: the password is to be changed, which no program should do.
    Nobody,
}

/// Says who answers. PAM's prompts are English where sshd runs in the C locale, as it does everywhere.
pub(super) fn answerer(prompt: &str, shown: bool) -> Answerer {
    let text = prompt.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let secret = has(&["password", "passwort", "mot de passe", "contraseña"]);
    if secret && has(&["new ", "retype", "again", "current", "old "]) {
        return Answerer::Nobody;
    }
    let once = has(&["one-time", "one time", "otp", "token", "code", "duo", "passcode"]);
    if secret && !shown && !once {
        Answerer::Password
    } else {
        Answerer::Person
    }
}

/// A question as a person sees it, with the host that asks it.
pub(super) fn wording(host: &HostName, instructions: &str, prompt: &str) -> String {
    let instructions = safe(instructions);
    let prompt = safe(prompt);
    if instructions.is_empty() {
        format!("{host} asks: {prompt}")
    } else {
        format!("{host} asks: {instructions} {prompt}")
    }
}

/// Foreign text in one short line.
pub(super) fn safe(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    shorten(&printable(&words.join(" ")), TEXT_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_questions_for_a_password_get_it() {
        for (prompt, shown, expected) in [
            ("Password: ", false, Answerer::Password),
            ("(operator@web01) Password: ", false, Answerer::Password),
            ("Password: ", true, Answerer::Person),
            ("Verification code: ", false, Answerer::Person),
            ("One-time password (OATH) for `operator': ", false, Answerer::Person),
            ("Enter PASSCODE: ", false, Answerer::Person),
            ("New password: ", false, Answerer::Nobody),
            ("(current) UNIX password: ", false, Answerer::Nobody),
            ("Retype new password: ", false, Answerer::Nobody),
            ("Your name? ", true, Answerer::Person),
        ] {
            assert_eq!(answerer(prompt, shown), expected, "{prompt}");
        }
    }

    #[test]
    fn a_servers_text_cannot_move_the_cursor_or_fill_the_screen() {
        let host = HostName::new("web01").unwrap();
        let text = wording(&host, "\u{1b}[2JDuo\n\nlogin", &"x".repeat(1000));
        assert!(text.starts_with("web01 asks: \u{fffd}[2JDuo login xxx"), "{text}");
        assert!(text.chars().count() < 2 * TEXT_LIMIT + 30 && !text.contains(char::is_control));
    }
}
