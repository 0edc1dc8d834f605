//! The commands that refresh the package lists, where that takes root: one text for the scripts that run them and for
//! the rules that allow them. Pure.
//!
//! What must stay true: a rule allows exactly what the probe runs (`scripts/metadata.sh`, `refreshing`); a test holds
//! it. Every word is fixed and the program's path is absolute, so that a rule needs no wildcard.

use crate::model::manager::Manager;

/// The words of a command, the program's absolute path first.
pub type Command = &'static [&'static str];

/// How a manager's package lists are refreshed by a login that is not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnprivilegedRefresh {
    /// Into a cache of the login's own, or into a copy: no rule is needed. The text says where to.
    OfItsOwn(&'static str),
    /// By one of these commands as root.
    AsRoot(&'static [Command]),
    /// patchwave has no such way. The text says what to do.
    Impossible(&'static str),
}

/// How a manager's package lists are refreshed by a login that is not root.
#[must_use]
pub fn unprivileged_refresh(manager: Manager) -> UnprivilegedRefresh {
    use UnprivilegedRefresh::{AsRoot, Impossible, OfItsOwn};
    match manager {
        // The second is for apt before 2.1.16, which does not know the option.
        Manager::Apt => AsRoot(&[
            &[
                "/usr/bin/timeout",
                "240",
                "/usr/bin/apt-get",
                "-q",
                "--error-on=any",
                "update",
            ],
            &["/usr/bin/timeout", "240", "/usr/bin/apt-get", "-q", "-q", "update"],
        ]),
        Manager::Zypper => AsRoot(&[&["/usr/bin/timeout", "300", "/usr/bin/zypper", "-n", "refresh"]]),
        Manager::Apk => AsRoot(&[&["/usr/bin/timeout", "240", "/sbin/apk", "--wait", "5", "update"]]),
        Manager::Dnf4 | Manager::Dnf5 | Manager::Yum => {
            OfItsOwn("it keeps a cache of its own for each user, and refreshes that")
        }
        Manager::Pacman => {
            OfItsOwn("its databases are refreshed into a copy, as the login, where fakeroot is installed")
        }
        Manager::Xbps => OfItsOwn("the repositories' indexes are read into memory"),
        Manager::Brew => OfItsOwn("it belongs to a user, who must be the login"),
        Manager::Microdnf | Manager::Tdnf | Manager::Pkg | Manager::Opkg => {
            Impossible("its refresh has no rule of its own yet: it needs the rule for `--for apply`")
        }
        Manager::Winget | Manager::Chocolatey => Impossible("Windows has no sudoers: the login is scanned as it is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_has_a_word_that_means_something_to_sudoers() {
        for manager in Manager::ALL {
            let UnprivilegedRefresh::AsRoot(commands) = unprivileged_refresh(manager) else {
                continue;
            };
            for command in commands {
                assert!(
                    command[0].starts_with('/') && command[2].starts_with('/'),
                    "{command:?}"
                );
                let harmless = |word: &&str| {
                    word.chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '=' | '.' | '_'))
                };
                assert!(command.iter().all(harmless), "{command:?}");
            }
        }
    }
}
