//! The words by which `sudo`, `doas` and `su` ask for a password.
//!
//! What must stay true: nothing else counts as a prompt. `sudo` asks by our own random word; the others ask by
//! words of their own, which count only as the last, unfinished line of what the program printed.

/// What is waited for before a password is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prompt {
    /// A random word of ours.
    Word(String),
    /// `Password:`, of util-linux, shadow and busybox.
    Su,
    /// `doas (USER@HOST) password:`, of doas and OpenDoas.
    Doas,
}

impl Prompt {
    /// Where the prompt ends in what was printed, if it was.
    pub(super) fn end(&self, printed: &[u8]) -> Option<usize> {
        match self {
            Self::Word(word) => find(printed, word.as_bytes()).map(|at| at + word.len()),
            Self::Su => is_last_line(printed, |line| line == "Password:"),
            Self::Doas => is_last_line(printed, |line| {
                line.starts_with("doas (") && line.ends_with(") password:")
            }),
        }
    }
}

fn is_last_line(printed: &[u8], is_prompt: impl Fn(&str) -> bool) -> Option<usize> {
    let start = printed
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |position| position + 1);
    let line = std::str::from_utf8(printed.get(start..)?).ok()?;
    is_prompt(line.trim_matches(|c: char| c == '\r' || c == ' ')).then_some(printed.len())
}

/// Where a text stands in bytes.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len().max(1))
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unfinished_last_line_is_a_prompt() {
        for (prompt, printed, is) in [
            (Prompt::Su, "Password: ", true),
            (Prompt::Su, "Last login: today\r\nPassword: ", true),
            (Prompt::Su, "Password: \n", false),
            (Prompt::Su, "Your Password: ", false),
            (Prompt::Su, "Password", false),
            (Prompt::Su, "New password: ", false),
            (Prompt::Doas, "\rdoas (operator@web01) password: ", true),
            (Prompt::Doas, "Password: ", false),
            (
                Prompt::Doas,
                "doas (operator@web01) password: \nVerification code: ",
                false,
            ),
        ] {
            assert_eq!(prompt.end(printed.as_bytes()), is.then_some(printed.len()), "{printed}");
        }
    }
}
