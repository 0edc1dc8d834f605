//! Names and versions as types of their own, so that one cannot stand where another belongs.
//!
//! A value that exists has been checked: it can be shown to a terminal and handed to a host as data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not a name of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {kind}: {reason}")]
pub struct InvalidName {
    /// What the text should have been, in words.
    pub kind: &'static str,
    /// The text, with control characters made visible.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// When the text is empty, too long, or holds a character that such a name never has.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                let check: fn(&str) -> Result<(), &'static str> = $check;
                match check(&text) {
                    Ok(()) => Ok(Self(text)),
                    Err(reason) => Err(InvalidName {
                        kind: $kind,
                        text: super::text::printable(&text),
                        reason,
                    }),
                }
            }

            /// The checked text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

const LONGEST: usize = 255;

fn check_length(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > LONGEST {
        return Err("it is longer than 255 bytes");
    }
    Ok(())
}

/// Characters with a meaning in target expressions cannot be part of a host, group or label.
fn check_selectable(text: &str) -> Result<(), &'static str> {
    check_length(text)?;
    if text.starts_with(['-', '~', '@', '!']) {
        return Err("it starts with `-`, `~`, `@` or `!`");
    }
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "*?[]{}()|&,!=<>\"'`$;\\/".contains(c);
    if text.contains(forbidden) {
        return Err("it holds a blank or a character that target expressions use");
    }
    Ok(())
}

fn check_token(text: &str, extra: &str) -> Result<(), &'static str> {
    check_length(text)?;
    if text.starts_with('-') {
        return Err("it starts with `-`");
    }
    if text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c)) {
        Ok(())
    } else {
        Err("it holds a character that package managers do not use there")
    }
}

name_type!(
    /// The name of a host in the inventory.
    HostName, "host name", check_selectable
);
name_type!(
    /// The name of a group of hosts.
    GroupName, "group name", check_selectable
);
name_type!(
    /// The name of a domain: hosts of which only so many may be down together.
    DomainName, "domain name", check_selectable
);
name_type!(
    /// The name of a wave of a playbook.
    WaveName, "wave name", |text| {
        check_length(text)?;
        if text.chars().any(char::is_control) { Err("it holds a control character") } else { Ok(()) }
    }
);
name_type!(
    /// A package's name, without version and architecture.
    PackageName, "package name", |text| {
        // A trailing `-` or `+` after a bare name means remove or install to apt, but `g++` is a package:
        // names always go to managers together with a version, so only `-` is refused.
        if text.ends_with('-') { return Err("it ends with `-`"); }
        check_token(text, "+-._@:~/")
    }
);
name_type!(
    /// A package's version as its manager writes it, epoch and release included.
    Version, "version", |text| {
        if text.ends_with('-') { return Err("it ends with `-`"); }
        check_token(text, "+-._:~^%@,")
    }
);
name_type!(
    /// An architecture as the manager writes it (`amd64`, `x86_64`, `noarch`, `all`).
    Architecture, "architecture", |text| check_token(text, "-_")
);
name_type!(
    /// Identifies one run or one scan: sortable by time, safe as a file name.
    RunId, "run id", |text| check_token(text, "-")
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_of_every_family_are_accepted() {
        for name in [
            "libssl3",
            "g++",
            "gtk+3.0",
            "python3.11",
            "so:libcrypto.so.3",
            "perl-Foo_Bar",
            "libstdc++",
        ] {
            assert!(PackageName::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_a_manager_would_read_as_an_option_or_a_removal_is_refused() {
        for name in ["-y", "--force", "vim-", "a b", "a;b", "a\nb", "", "$(id)", "`id`"] {
            assert!(PackageName::new(name).is_err(), "{name}");
        }
        for version in ["1.0-", "1 0", "$(x)", "-1"] {
            assert!(Version::new(version).is_err(), "{version}");
        }
    }

    #[test]
    fn versions_of_every_family_are_accepted() {
        for version in [
            "3.0.22-1~deb12u2",
            "1:2.0-2.el9_4",
            "1.1.1w-r0",
            "2.0^git1-1.fc41",
            "0:1+b1",
        ] {
            assert!(Version::new(version).is_ok(), "{version}");
        }
    }

    #[test]
    fn an_error_shows_no_control_character() {
        let error = HostName::new("a\u{1b}[31m").unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
