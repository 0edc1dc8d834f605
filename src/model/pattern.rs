//! Globs: `*`, `?`, `[a-c]`, `[!x]` and `{a,b}`. They match whole names, and case counts.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

/// Why a text is not a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid pattern: {reason}")]
pub struct InvalidPattern {
    /// The text, with control characters made visible.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A glob that was checked. Equal when its text is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    /// `None` for a plain word, which is compared as it is: most patterns are names.
    matcher: Option<GlobMatcher>,
}

/// A glob over package names.
pub type PackagePattern = Pattern;

/// The characters that make a text more than a plain word.
const SPECIAL: [char; 7] = ['*', '?', '[', ']', '{', '}', '\\'];

/// Longer than any name; a longer pattern can only be a mistake.
const LONGEST: usize = 1024;

impl Pattern {
    /// Checks the text.
    ///
    /// # Errors
    /// When it is empty, too long, holds a blank or a control character, or is not a glob.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidPattern> {
        let text = text.into();
        let error = |reason: &str| InvalidPattern {
            text: super::text::printable(&text),
            reason: reason.to_owned(),
        };
        if text.is_empty() {
            return Err(error("it is empty"));
        }
        if text.len() > LONGEST {
            return Err(error("it is longer than 1024 bytes"));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(error("it holds a blank or a control character"));
        }
        let matcher = if text.contains(SPECIAL) {
            let glob = GlobBuilder::new(&text)
                .literal_separator(false)
                .backslash_escape(false)
                .build()
                .map_err(|problem| error(&problem.kind().to_string()))?;
            Some(glob.compile_matcher())
        } else {
            None
        };
        Ok(Self { text, matcher })
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a plain word, which matches only itself.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.matcher.is_none()
    }

    /// Whether the whole name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.matcher {
            Some(matcher) => matcher.is_match(name),
            None => self.text == name,
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;
    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        Self::new(text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(name)
    }

    #[test]
    fn a_glob_matches_whole_names() {
        assert!(matches("openssl*", "openssl-libs"));
        assert!(!matches("openssl*", "libopenssl"));
        assert!(matches("python3.1[0-9]", "python3.11"));
        assert!(matches("{lib,}ssl?", "libssl3"));
        assert!(matches("[!a]b", "cb") && !matches("[!a]b", "ab"));
        assert!(matches("*", "x11/xorg"), "a slash is a character like any other");
    }

    #[test]
    fn a_plain_word_matches_itself_only() {
        assert!(matches("g++", "g++") && !matches("g++", "g"));
        assert!(matches("linux-image-6.1", "linux-image-6.1") && !matches("a.c", "abc"));
        assert!(!matches("Nginx", "nginx"));
    }

    #[test]
    fn what_is_not_a_glob_is_refused() {
        for text in ["", "a b", "[a", "{a", "a\u{1b}"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
    }
}
