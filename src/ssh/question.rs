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

const PASSWORD: [&str; 4] = ["password", "passwort", "mot de passe", "contraseña"];
/// Words that tell the change of a password.
const CHANGE: [&str; 5] = ["new", "retype", "again", "current", "old"];
/// Words that tell a password that is good for once.
const ONCE: [&str; 13] = [
    "one time",
    "onetime",
    "otp",
    "totp",
    "hotp",
    "token",
    "tokencode",
    "code",
    "codes",
    "passcode",
    "duo",
    "pin",
    "authenticator",
];

/// Says who answers the question that is put to a user. PAM's prompts are English where sshd runs in the C locale,
/// as it does everywhere.
pub(super) fn answerer(prompt: &str, shown: bool, user: &str) -> Answerer {
    let text = without_names(&prompt.to_lowercase(), &user.to_lowercase());
    let has_word = |words: &[&str]| words.iter().any(|word| text.contains(&format!(" {word} ")));
    let secret = PASSWORD.iter().any(|word| text.contains(word));
    if secret && has_word(&CHANGE) {
        return Answerer::Nobody;
    }
    let once = has_word(&ONCE) || text.contains("einmal");
    if secret && !shown && !once {
        Answerer::Password
    } else {
        Answerer::Person
    }
}

/// The words of a prompt, each between blanks, without whom and what it names: `(user@host)`, `for user@host`,
/// `for user`. A host may be called `otp-1`, or a user `decoder`.
fn without_names(prompt: &str, user: &str) -> String {
    let mut words = String::from(" ");
    let mut after_for = false;
    for part in prompt.split_whitespace() {
        let bare = part.trim_matches(|c: char| !c.is_alphanumeric());
        let is_name = part.contains('@') || (after_for && bare == user);
        after_for = part == "for";
        if !is_name {
            for word in part
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
            {
                words.push_str(word);
                words.push(' ');
            }
        }
    }
    words
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
            // FreeBSD and Kerberos name the user and the host; so do OpenBSD, dropbear and others.
            ("Password for operator@freebsd-current:", false, Answerer::Password),
            ("Password for operator@gitcode1:", false, Answerer::Password),
            ("Password for `operator@TOKEN.EXAMPLE': ", false, Answerer::Password),
            ("(operator@otp-1) Password:", false, Answerer::Password),
            ("operator@duo-new's password: ", false, Answerer::Password),
            ("operator@old password: ", false, Answerer::Password),
            ("Password for operator:", false, Answerer::Password),
            // What is asked for counts all the same.
            ("(operator@web01) One-time password: ", false, Answerer::Person),
            ("otp-md5 497 fr1234 ext\nPassword: ", false, Answerer::Person),
            ("Password+OTP for operator@web01: ", false, Answerer::Person),
            (
                "Duo two-factor login for operator\n\nPasscode or option (1-2): ",
                false,
                Answerer::Person,
            ),
            ("(operator@web01) New password:", false, Answerer::Nobody),
            ("Old Password:", false, Answerer::Nobody),
            ("Current password: ", false, Answerer::Nobody),
        ] {
            assert_eq!(answerer(prompt, shown, "operator"), expected, "{prompt}");
        }
        for user in ["decoder", "otp", "new"] {
            let prompt = format!("Password for {user}:");
            assert_eq!(answerer(&prompt, false, user), Answerer::Password, "{prompt}");
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
