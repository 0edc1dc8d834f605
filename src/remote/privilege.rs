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

/// Whether a user's name can stand in a command line: it means nothing to any shell and is no option.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The command that becomes `user` and starts [`PRIVILEGED_SHELL`], for the login shell of a host.
///
/// `prompt` is what `sudo` asks for the password with; without it, a program that wants a password fails at
/// once. `None` when the method needs no program, or the name is not [plain](is_plain_name).
#[must_use]
pub fn privileged_command(method: PrivilegeMethod, user: &str, prompt: Option<&str>) -> Option<String> {
    if !is_plain_name(user) {
        return None;
    }
    let [shell, option, text] = PRIVILEGED_SHELL;
    let shell = format!("{shell} {option} '{text}'");
    match (method, prompt) {
        (PrivilegeMethod::None, _) => None,
        (PrivilegeMethod::Sudo, None) => Some(format!("sudo -n -H -u {user} -- {shell}")),
        // -k: a remembered password must not decide whether we are asked.
        (PrivilegeMethod::Sudo, Some(prompt)) => Some(format!("sudo -k -S -H -p {prompt} -u {user} -- {shell}")),
        (PrivilegeMethod::Doas, None) => Some(format!("doas -n -u {user} -- {shell}")),
        // It asks by its own words, on a terminal alone.
        (PrivilegeMethod::Doas, Some(_)) => Some(format!("doas -u {user} -- {shell}")),
        // Its shell is the one that is named, whatever the user's own is, where it is not a restricted one.
        (PrivilegeMethod::Su, _) => Some(format!("su -s /bin/sh -c '{text}' {user}")),
    }
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
}
