//! What a value in an INI inventory stands for: a literal of Python where it is one, else the text itself.
//!
//! `22` is a number, `True` a boolean, `'admin'` is `admin`; `yes`, `022` and `10.0.0.1` stay as they are.
//! Source: Python's `ast.literal_eval`, which Ansible uses here.

use super::value::Value;

/// Lists within lists. Python itself gives up at about 100.
const DEEPEST: usize = 32;

/// The value of the text behind a `=`.
pub(super) fn read_value(text: &str) -> Value {
    let mut parser = Parser {
        rest: text.trim_start_matches([' ', '\t']),
    };
    let literal = parser.value(0);
    parser.skip_blanks();
    // A comment behind a literal is Python's, too.
    let is_whole = parser.rest.is_empty() || parser.rest.starts_with('#');
    literal
        .filter(|_| is_whole)
        .unwrap_or_else(|| Value::Text(text.to_owned()))
}

struct Parser<'text> {
    rest: &'text str,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn take(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `None` when it is no literal.
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_blanks();
        match self.rest.chars().next()? {
            '[' => self.items("[", "]", depth).map(|()| Value::Collection("a list")),
            '(' => self.items("(", ")", depth).map(|()| Value::Collection("a list")),
            '{' => self.items("{", "}", depth).map(|()| Value::Collection("a mapping")),
            '\'' | '"' => self.texts(),
            'a'..='z' | 'A'..='Z' | '_' => self.word(),
            _ => self.number(),
        }
    }

    fn items(&mut self, open: &str, close: &str, depth: usize) -> Option<()> {
        self.take(open);
        loop {
            self.skip_blanks();
            if self.take(close) {
                return Some(());
            }
            self.value(depth + 1)?;
            self.skip_blanks();
            if open == "{" && self.take(":") {
                self.value(depth + 1)?;
                self.skip_blanks();
            }
            if !self.take(",") {
                return self.take(close).then_some(());
            }
        }
    }

    fn word(&mut self) -> Option<Value> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        let value = match word {
            "True" => Value::Boolean(true),
            "False" => Value::Boolean(false),
            "None" => Value::Nothing,
            "u" | "U" if rest.starts_with(['\'', '"']) => {
                self.rest = rest;
                return self.texts();
            }
            _ => return None,
        };
        self.rest = rest;
        Some(value)
    }

    /// Texts that stand side by side are one.
    fn texts(&mut self) -> Option<Value> {
        let mut text = String::new();
        while self.rest.starts_with(['\'', '"']) {
            self.text(&mut text)?;
            self.skip_blanks();
        }
        Some(Value::Text(text))
    }

    fn text(&mut self, text: &mut String) -> Option<()> {
        let quote = self.rest.chars().next()?;
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => {
                    let (_, escaped) = characters.next()?;
                    match escaped {
                        '\\' | '\'' | '"' => text.push(escaped),
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        'r' => text.push('\r'),
                        // Codes of characters have no business in a connection's settings.
                        'x' | 'u' | 'U' | 'N' | '0'..='7' => return None,
                        other => text.extend(['\\', other]),
                    }
                }
                _ if character == quote => {
                    self.rest = self.rest.get(offset + quote.len_utf8()..)?;
                    return Some(());
                }
                _ => text.push(character),
            }
        }
        None
    }

    fn number(&mut self) -> Option<Value> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        let value = number(word)?;
        self.rest = rest;
        Some(value)
    }
}

fn number(word: &str) -> Option<Value> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let plain = digits.replace('_', "").to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((plain.strip_prefix(prefix)?, radix)));
    let whole = match prefixed {
        Some((digits, radix)) => i128::from_str_radix(digits, radix).ok(),
        // A number with a zero in front is none in Python, unless it is nothing but zeros.
        None if plain.starts_with('0') && plain.contains(|c: char| c != '0') && !plain.contains(['.', 'e']) => {
            return None;
        }
        None => plain.parse::<i128>().ok(),
    };
    if let Some(whole) = whole {
        return Some(Value::Number((sign * whole).to_string()));
    }
    let is_float = plain.chars().all(|c| c.is_ascii_digit() || ".e+-".contains(c)) && plain.contains(['.', 'e']);
    let float = is_float.then(|| plain.parse::<f64>().ok()).flatten()?;
    let float = if sign < 0 { -float } else { float };
    Some(Value::Number(format!("{float:?}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_what_python_reads_in_it() {
        let text = |text: &str| Value::Text(text.to_owned());
        let number = |text: &str| Value::Number(text.to_owned());
        for (written, value) in [
            ("22", number("22")),
            ("2_222", number("2222")),
            ("0x16", number("22")),
            ("-1", number("-1")),
            ("1.50", number("1.5")),
            ("22 # the usual one", number("22")),
            ("0022", text("0022")),
            ("10.0.0.1", text("10.0.0.1")),
            ("yes", text("yes")),
            ("True", Value::Boolean(true)),
            ("None", Value::Nothing),
            ("'admin'", text("admin")),
            ("\"a\" 'b'", text("ab")),
            ("admin # comment", text("admin # comment")),
            ("['-o', 1, {'a': (True,)}]", Value::Collection("a list")),
            ("{}", Value::Collection("a mapping")),
            ("[2001:db8::1]", text("[2001:db8::1]")),
            ("{{ lookup('env', 'X') }}", text("{{ lookup('env', 'X') }}")),
            ("-o ProxyJump=bastion", text("-o ProxyJump=bastion")),
            ("", text("")),
            ("1-2", text("1-2")),
        ] {
            assert_eq!(read_value(written), value, "{written}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(written in "[a0x1_.'\"\\\\\\[({})\\]:, #é-]{0,24}") {
            read_value(&written);
        }
    }
}
