//! The command lines by which a script reaches the user that it runs as: one text for everybody who starts
//! it, proves it or allows it in sudoers.
//!
//! What must stay true: the command that runs as that user is always the same, so that a rule can allow
//! exactly it; no value but the user's name and the prompt is part of a command line, and never a password.
//! No syntax is used in which Bourne shells, csh and fish differ.

use crate::model::host::PrivilegeMethod;

/// What the shell prints on a line of its own when it runs as the wanted user and reads its script.
///
/// It is no secret: whoever prints it early, as a login shell's start files could, is sent the script
/// early, and a script holds no secret. A password is only ever sent to a prompt.
pub const READY_SIGN: &str = "PATCHWAVE-READY";

/// The program that runs as the wanted user and its arguments: it says that it is there, then reads a script.
pub const PRIVILEGED_SHELL: [&str; 3] = ["/bin/sh", "-c", "echo PATCHWAVE-READY; exec /bin/sh -s"];

/// What the login shell prints before it becomes the program, followed by a word: what was printed before it
/// is a greeting, and what comes after it is the program's.
pub const START_SIGN: &str = "PATCHWAVE-START";

/// What the shell prints on a line of its own once bytes go through its terminal unchanged.
pub const TERMINAL_SIGN: &str = "PATCHWAVE-TERMINAL";

/// What [`PRIVILEGED_SHELL`] becomes where its input is a terminal: once the sign is printed, bytes go through it
/// unchanged. It reads a line `LENGTH WORD` and then a script of that many bytes, which runs without the
/// terminal; after the script's standard output comes a line `WORD EXIT-CODE`, then its standard error and a line
/// `WORD`. See [`terminal_shell`], [`terminal_head`] and [`split_terminal`].
const TERMINAL_SHELL: &str = "stty raw -echo 2>/dev/null; echo PATCHWAVE-TERMINAL; read -r length word; exec 3>&1; \
    { head -c \"$length\" | $(command -v setsid) /bin/sh -s >&3 3>&-; printf \"\\n%s %s\\n\" \"$word\" \"$?\" >&3; } 2>&1 | \
    { text=$(head -c 16777216; cat >/dev/null); printf \"%s\\n%s\\n\" \"$text\" \"$word\"; }";

/// What stands around a program on a terminal: all that it prints goes through a pipe, with its exit code kept. A shell
/// that finds a terminal on both sides takes it for a person, and prompts, edits and keeps a history.
const AROUND: &str = "exec 3>&1; code=$({ { \"$@\" 2>&1 3>&- 4>&-; echo \"$?\" >&4; } | cat >&3; } 4>&1); \
    exit \"${code:-1}\"";

/// Whether a user's name can stand in a command line: it means nothing to any shell and is no option.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The command that becomes `user` and starts [`PRIVILEGED_SHELL`], for the login shell of a host.
///
/// `prompt` is what `sudo` asks for the password with; without it, `sudo` and `doas` fail at once when they want a
/// password. `None` when the method needs no program, or the name is not [plain](is_plain_name).
#[must_use]
pub fn privileged_command(method: PrivilegeMethod, user: &str, prompt: Option<&str>) -> Option<String> {
    command(method, user, prompt, PRIVILEGED_SHELL[2])
}

/// As [`privileged_command`], for a program that wants a terminal. It is the same command, so that one rule allows
/// both; its shell is then sent [`terminal_shell`].
#[must_use]
pub fn terminal_command(method: PrivilegeMethod, user: &str, prompt: Option<&str>) -> Option<String> {
    let command = privileged_command(method, user, prompt)?;
    Some(format!("/bin/sh -c '{AROUND}' sh {command}"))
}

/// What a shell on a terminal is sent when it has said that it is there: it answers with [`TERMINAL_SIGN`]. One line, far
/// shorter than the shortest that a terminal takes (1,024 bytes, on macOS).
#[must_use]
pub fn terminal_shell() -> String {
    format!("exec /bin/sh -c '{TERMINAL_SHELL}'\n")
}

/// A command that says when the program starts, by a word that is random and fresh. The program's own words are
/// English, so that its prompt is known.
#[must_use]
pub fn announced(command: &str, word: &str) -> String {
    format!("echo {START_SIGN}-{word}; exec env LC_ALL=C {command}")
}

fn command(method: PrivilegeMethod, user: &str, prompt: Option<&str>, text: &str) -> Option<String> {
    if !is_plain_name(user) {
        return None;
    }
    match (method, prompt) {
        (PrivilegeMethod::None, _) => None,
        (PrivilegeMethod::Sudo, None) => Some(format!("sudo -n -H -u {user} -- /bin/sh -c '{text}'")),
        // -k: a remembered password must not decide whether we are asked.
        (PrivilegeMethod::Sudo, Some(prompt)) => {
            Some(format!("sudo -k -S -H -p {prompt} -u {user} -- /bin/sh -c '{text}'"))
        }
        (PrivilegeMethod::Doas, None) => Some(format!("doas -n -u {user} -- /bin/sh -c '{text}'")),
        // It asks by its own words, on a terminal alone.
        (PrivilegeMethod::Doas, Some(_)) => Some(format!("doas -u {user} -- /bin/sh -c '{text}'")),
        // The shell is the one that is named, whatever the user's own is, unless that is a restricted one.
        (PrivilegeMethod::Su, _) => Some(format!("su -s /bin/sh -c '{text}' {user}")),
    }
}

/// What goes before a script of that many bytes to a shell on a terminal.
#[must_use]
pub fn terminal_head(length: usize, word: &str) -> String {
    format!("{length} {word}\n")
}

/// What a script on a terminal printed, apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalOutput {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, which the shell ends before its last line breaks.
    pub stderr: Vec<u8>,
    /// The exit code; `None` when the end did not arrive.
    pub exit_code: Option<u32>,
}

/// Takes apart what came over a terminal after the shell's sign.
#[must_use]
pub fn split_terminal(bytes: &[u8], word: &str) -> TerminalOutput {
    let whole = TerminalOutput {
        stdout: bytes.to_vec(),
        stderr: Vec::new(),
        exit_code: None,
    };
    let mark = format!("\n{word} ");
    let Some(at) = find(bytes, mark.as_bytes()) else {
        return whole;
    };
    let (stdout, rest) = bytes.split_at(at);
    let rest = rest.get(mark.len()..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (code, rest) = rest.split_at(end);
    let last = format!("\n{word}\n");
    let Some(stderr) = rest.strip_suffix(last.as_bytes()) else {
        return whole;
    };
    let mut stderr = stderr.strip_prefix(b"\n").unwrap_or(stderr).to_vec();
    if !stderr.is_empty() {
        // The shell cannot keep it.
        stderr.push(b'\n');
    }
    TerminalOutput {
        stdout: stdout.to_vec(),
        stderr,
        exit_code: std::str::from_utf8(code).ok().and_then(|code| code.trim().parse().ok()),
    }
}

/// Where a text stands in bytes.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len().max(1)).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_reach_a_command_line() {
        for name in ["root", "_apt", "svc-patch.1", "0day"] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in ["", "-u", "a b", "a;b", "$(id)", "#0", "a'b", "ä"] {
            assert!(!is_plain_name(name), "{name}");
            assert_eq!(privileged_command(PrivilegeMethod::Sudo, name, None), None);
        }
    }

    #[test]
    fn the_sign_is_the_one_that_the_shell_prints() {
        assert_eq!(PRIVILEGED_SHELL[2], format!("echo {READY_SIGN}; exec /bin/sh -s"));
    }

    #[test]
    fn what_runs_as_root_is_the_same_for_every_run() {
        let one = privileged_command(PrivilegeMethod::Sudo, "root", Some("P1")).unwrap();
        assert!(
            one.ends_with("-p P1 -u root -- /bin/sh -c 'echo PATCHWAVE-READY; exec /bin/sh -s'"),
            "{one}"
        );
        assert_eq!(
            privileged_command(PrivilegeMethod::Doas, "root", None).as_deref(),
            Some("doas -n -u root -- /bin/sh -c 'echo PATCHWAVE-READY; exec /bin/sh -s'")
        );
    }

    #[test]
    fn what_comes_over_a_terminal_is_taken_apart() {
        let split = |text: &str| split_terminal(text.as_bytes(), "w7");
        let output = split("one\nw77 is text\n\nw7 3\nbad\nworse\nw7\n");
        assert_eq!(output.stdout, b"one\nw77 is text\n");
        assert_eq!(output.stderr, b"bad\nworse\n");
        assert_eq!(output.exit_code, Some(3));
        assert_eq!(split("a\nw7 0\n\nw7\n").stderr, b"");
        for cut in ["", "one", "one\nw7 3\nbad", "one\nw7 3\nbad\nw7"] {
            assert_eq!(split(cut).exit_code, None, "{cut}");
        }
    }

    /// On pipes in place of a terminal: the streams and the exit code are the same.
    #[test]
    fn the_shell_for_terminals_keeps_streams_and_exit_code_apart() {
        use std::io::{BufRead, BufReader, Read, Write};
        use std::process::{Command, Stdio};
        let script = "main() { while read -r line; do echo \"$line\"; done; echo bad >&2; printf end; exit 7; }\n\
                      main <<'END'\na b\nEND\n";
        let mut child = Command::new("/bin/sh")
            .args(["-c", AROUND, "sh"])
            .args(PRIVILEGED_SHELL)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        // A shell may read on beyond its line: nothing is sent before the sign.
        for (sign, sent) in [
            (READY_SIGN, terminal_shell()),
            (TERMINAL_SIGN, format!("{}{script}", terminal_head(script.len(), "w7"))),
        ] {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), sign);
            stdin.write_all(sent.as_bytes()).unwrap();
        }
        let mut body = Vec::new();
        stdout.read_to_end(&mut body).unwrap();
        child.wait().unwrap();
        let output = split_terminal(&body, "w7");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "a b\nend");
        assert_eq!(output.stderr, b"bad\n");
        assert_eq!(output.exit_code, Some(7));
        drop(stdin);
    }

    #[test]
    fn no_command_holds_what_shells_read_differently() {
        for method in [PrivilegeMethod::Sudo, PrivilegeMethod::Doas, PrivilegeMethod::Su] {
            let command = announced(&terminal_command(method, "root", Some("P")).unwrap(), "w7");
            // Inside single quotes csh still reads `!`, and no shell a further quote.
            assert_eq!(command.matches('\'').count(), 4, "{command}");
            assert!(!command.contains('!') && !command.contains('\n'), "{command}");
        }
        let line = terminal_shell();
        assert!(line.len() < 1000 && line.find('\n') == Some(line.len() - 1), "{line}");
        assert_eq!(line.matches('\'').count(), 2, "{line}");
        assert!(line.contains(&format!("echo {TERMINAL_SIGN};")), "{line}");
    }

    /// A rule of sudoers or doas.conf holds this command and nothing else.
    #[test]
    fn what_runs_as_root_is_the_same_on_a_terminal() {
        for method in [PrivilegeMethod::Sudo, PrivilegeMethod::Doas] {
            for prompt in [None, Some("P")] {
                let command = terminal_command(method, "root", prompt).unwrap();
                let [shell, option, text] = PRIVILEGED_SHELL;
                assert!(
                    command.ends_with(&format!(" -u root -- {shell} {option} '{text}'")),
                    "{command}"
                );
            }
        }
    }

    #[test]
    fn the_program_keeps_its_exit_code_and_its_words() {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", AROUND, "sh", "/bin/sh", "-c", "echo bad >&2; exit 41"])
            .output()
            .unwrap();
        assert_eq!(
            (output.stdout.as_slice(), output.status.code()),
            (&b"bad\n"[..], Some(41))
        );
    }
}
