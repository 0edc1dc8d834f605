//! From text to tokens, in one pass over its characters.
//!
//! A `:` is a separator of Ansible's patterns wherever it can be one: not within brackets or braces, not behind
//! `group:` and the like, not in an IPv6 address.

use core::net::Ipv6Addr;

use super::Operator;
use super::term::Span;

/// One token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word(String),
    /// Without its `~`.
    Regex(String),
    /// Without its `@`.
    File(String),
    Comma,
    Pipe,
    /// `:` or `;`.
    Colon,
    And,
    Not,
    Open,
    Close,
    Compare(Operator),
}

/// What a name may begin with to mean something else.
const PREFIXES: [(&str, Prefix); 4] = [
    ("group:", Prefix::Plain),
    ("label:", Prefix::Label),
    ("os:", Prefix::Os),
    ("manager:", Prefix::Plain),
];

/// What stands behind a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// A name.
    Plain,
    /// `KEY=VALUE`, where values may hold any character but those that join hosts.
    Label,
    /// `ID=VERSION`.
    Os,
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut lexer = Lexer {
        characters: &characters,
        at: 0,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'text> {
    characters: &'text [char],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn text(&self, from: usize) -> String {
        self.characters.get(from..self.at).unwrap_or_default().iter().collect()
    }

    fn next(&mut self) -> Option<Token> {
        while self.peek(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let kind = match self.peek(0)? {
            '~' => {
                self.at += 1;
                self.skip_regex();
                Kind::Regex(self.text(start + 1))
            }
            '@' => {
                self.at += 1;
                while self.peek(0).is_some_and(|c| !ends_word(c) && !matches!(c, ':' | ';')) {
                    self.at += 1;
                }
                Kind::File(self.text(start + 1))
            }
            c => match self.operator(c) {
                Some(kind) => kind,
                None => {
                    self.skip_word();
                    Kind::Word(self.text(start))
                }
            },
        };
        let length = self.at - start;
        Some(Token {
            kind,
            span: Span { offset: start, length },
        })
    }

    /// The operator that begins here, and goes behind it.
    fn operator(&mut self, c: char) -> Option<Kind> {
        let is_pair = self.peek(1) == Some('=');
        let (kind, length) = match c {
            ',' => (Kind::Comma, 1),
            '|' => (Kind::Pipe, 1),
            '&' => (Kind::And, 1),
            '!' => (Kind::Not, 1),
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            // `::1` is an address.
            ':' | ';' if self.address_length().is_none() => (Kind::Colon, 1),
            '>' if is_pair => (Kind::Compare(Operator::AtLeast), 2),
            '<' if is_pair => (Kind::Compare(Operator::AtMost), 2),
            '>' => (Kind::Compare(Operator::Greater), 1),
            '<' => (Kind::Compare(Operator::Less), 1),
            '=' => (Kind::Compare(Operator::Equal), if is_pair { 2 } else { 1 }),
            _ => return None,
        };
        self.at += length;
        Some(kind)
    }

    /// Goes behind a word: up to the next operator or blank. Within brackets and braces a comma and a colon
    /// are part of it.
    fn skip_word(&mut self) {
        let prefix = self.prefix();
        if prefix.is_none()
            && let Some(length) = self.address_length()
        {
            self.at += length;
            return;
        }
        if let Some((length, _)) = prefix {
            self.at += length;
        }
        let prefix = prefix.map(|(_, prefix)| prefix);
        let (mut brackets, mut braces) = (0_usize, 0_usize);
        while let Some(c) = self.peek(0) {
            match c {
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                '{' => braces += 1,
                '}' => braces = braces.saturating_sub(1),
                '!' if brackets > 0 => {}
                ',' if braces > 0 => {}
                ':' | ';' | '<' | '>' | '=' if brackets > 0 || braces > 0 => {}
                ':' | ';' if prefix == Some(Prefix::Label) && !self.is_separator(1) => {}
                '=' if matches!(prefix, Some(Prefix::Label | Prefix::Os)) => {}
                '<' | '>' if prefix == Some(Prefix::Label) => {}
                ':' | ';' | '<' | '>' | '=' => break,
                c if ends_word(c) => break,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// The prefix that the word here begins with, and its length; `os:&web` is a group `os`.
    fn prefix(&self) -> Option<(usize, Prefix)> {
        let here = self.characters.get(self.at..).unwrap_or_default();
        PREFIXES.iter().find_map(|(text, prefix)| {
            let length = text.len();
            let is_here = here.len() >= length && text.chars().eq(here.iter().copied().take(length));
            (is_here && !self.is_separator(length)).then_some((length, *prefix))
        })
    }

    /// Whether what stands that far on can only follow a separator of Ansible's patterns.
    fn is_separator(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), Some('&' | '!'))
    }

    /// The length of the IPv6 address, or the glob over such addresses, that begins here. `::` stands nowhere
    /// else.
    fn address_length(&self) -> Option<usize> {
        let here = self.characters.get(self.at..).unwrap_or_default();
        let length = here
            .iter()
            .take_while(|c| !ends_word(**c) && !matches!(c, ';' | '<' | '>' | '='))
            .count();
        let mut run: String = here.iter().take(length).collect();
        if !run.contains(':') {
            return None;
        }
        // In `fe80::1:&web` the last colon joins.
        if run.ends_with(':') && self.is_separator(length) && !is_address(&run) {
            run.pop();
        }
        (is_address(&run) || run.contains("::")).then(|| run.chars().count())
    }

    /// Goes behind a regular expression: its own parentheses, brackets and braces hold what they hold; outside
    /// of them it ends where a word ends.
    fn skip_regex(&mut self) {
        let (mut parentheses, mut braces) = (0_usize, 0_usize);
        let mut class: Option<usize> = None;
        while let Some(c) = self.peek(0) {
            match (c, class) {
                ('\\', _) => self.at += 1,
                (']', Some(first)) if self.at > first => class = None,
                (_, Some(_)) => {}
                ('[', None) => {
                    let negation = usize::from(self.peek(1) == Some('^'));
                    class = Some(self.at + 1 + negation);
                    self.at += negation;
                }
                ('(', None) => parentheses += 1,
                (')', None) if parentheses > 0 => parentheses -= 1,
                ('{', None) => braces += 1,
                ('}', None) => braces = braces.saturating_sub(1),
                (',', None) if braces > 0 => {}
                (':' | ';', None) if parentheses == 0 => break,
                (c, None) if parentheses == 0 && ends_word(c) => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(self.characters.len());
    }
}

/// Whether a character ends every word.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | ',' | '|' | '&' | '!')
}

fn is_address(text: &str) -> bool {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each token in brackets, words as they are.
    fn shown(text: &str) -> String {
        let words: Vec<String> = tokens(text)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Word(text) => text,
                Kind::Regex(text) => format!("~{text}"),
                Kind::File(text) => format!("@{text}"),
                other => format!("<{other:?}>"),
            })
            .collect();
        words.join(" ")
    }

    #[test]
    fn a_colon_joins_only_where_it_can() {
        assert_eq!(shown("web:&prod:!db"), "web <Colon> <And> prod <Colon> <Not> db");
        assert_eq!(shown("web[01:05];db"), "web[01:05] <Colon> db");
        assert_eq!(
            shown("group:web:&label:tier=a:b"),
            "group:web <Colon> <And> label:tier=a:b"
        );
        assert_eq!(shown("label:tier=front:&x"), "label:tier=front <Colon> <And> x");
        assert_eq!(shown("os:&manager:apt"), "os <Colon> <And> manager:apt");
        assert_eq!(shown("os:debian=12"), "os:debian=12");
        assert_eq!(shown("updates>=3"), "updates <Compare(AtLeast)> 3");
    }

    #[test]
    fn addresses_are_words() {
        for address in [
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "2001:db8:0:0:0:0:0:1",
            "::ffff:10.0.0.1",
            "2001:db8::*",
        ] {
            assert_eq!(shown(address), address);
            assert_eq!(shown(&format!("{address}&x")), format!("{address} <And> x"));
            assert_eq!(shown(&format!("!{address}")), format!("<Not> {address}"));
        }
        assert_eq!(shown("fe80::1:&web:!db"), "fe80::1 <Colon> <And> web <Colon> <Not> db");
        assert_eq!(shown("web:22"), "web <Colon> 22");
    }

    #[test]
    fn a_regular_expression_holds_what_its_brackets_hold() {
        assert_eq!(shown(r"~(web|db).*\.org,x"), r"~(web|db).*\.org <Comma> x");
        assert_eq!(shown("(~web[,)!]{1,3})"), "<Open> ~web[,)!]{1,3} <Close>");
        assert_eq!(shown("~(?:a|b)c:&d"), "~(?:a|b)c <Colon> <And> d");
        assert_eq!(shown(r"~a\,b|c"), r"~a\,b <Pipe> c");
        assert_eq!(shown("~[]x]|y"), "~[]x] <Pipe> y");
        assert_eq!(shown("~a\\"), "~a\\");
        assert_eq!(shown("@site.retry,web"), "@site.retry <Comma> web");
    }
}
