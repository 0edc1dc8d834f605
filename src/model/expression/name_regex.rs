//! Regular expressions over names, in the words of Ansible: `~web\d+` must match where a name begins and may
//! end anywhere; `$` binds the end.

use regex_automata::meta::{Config, Regex};
use regex_automata::{Anchored, Input};

/// Most bytes that one compiled expression may take: a pattern of a stranger must not eat the memory.
const LARGEST: usize = 1024 * 1024;

/// A regular expression with its position in the expression. Equal when its text and position are.
#[derive(Debug, Clone)]
pub struct NameRegex {
    /// As it was written, without its `~`.
    pub text: String,
    /// Where its `~` is, in characters from 0.
    pub offset: usize,
    /// How many characters it has, the `~` included.
    pub length: usize,
    regex: Regex,
}

impl NameRegex {
    /// Compiles a text.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn new(text: &str, offset: usize) -> Result<Self, String> {
        let regex = Regex::builder()
            .configure(Config::new().nfa_size_limit(Some(LARGEST)))
            .build(text)
            .map_err(|error| match error.syntax_error() {
                Some(syntax) => format!("`{text}` is no regular expression: {}", last_line(&syntax.to_string())),
                None => format!("the regular expression `{text}` is too large"),
            })?;
        Ok(Self {
            text: text.to_owned(),
            offset,
            length: text.chars().count() + 1,
            regex,
        })
    }

    /// Whether it matches where a name begins.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.regex.is_match(Input::new(name).anchored(Anchored::Yes))
    }
}

/// The parser draws the pattern first; its last line says what is wrong.
fn last_line(message: &str) -> &str {
    let last = message.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last)
}

impl PartialEq for NameRegex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.offset == other.offset
    }
}

impl Eq for NameRegex {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_matches_from_where_a_name_begins() {
        let matches = |text, name| NameRegex::new(text, 0).unwrap().matches(name);
        assert!(matches(r"web\d+", "web01.example.org"));
        assert!(!matches(r"web\d+", "myweb01"));
        assert!(!matches(r"web\d+$", "web01.example.org"));
        assert!(matches(r"(?:web|db)\.", "db.x") && matches("web|db", "db1") && !matches("web|db", "xdb"));
        assert!(matches("(?i)WEB", "web01"));
    }

    #[test]
    fn what_is_no_regular_expression_says_why() {
        let error = |text| NameRegex::new(text, 0).unwrap_err();
        assert_eq!(error("a("), "`a(` is no regular expression: unclosed group");
        assert!(error(r"(a)\1").contains("backreferences are not supported"));
        assert!(error("a{1000}{1000}{1000}").contains("too large"));
    }
}
