//! A variable's value as Ansible understands it. YAML 1.1 decides what a word without quotes is: `yes` is a
//! boolean and `0022` is eighteen.
//!
//! What must stay true: a value that cannot be known here (encrypted, a template) is never taken for text.

use crate::model::document::{Node, NodeValue, Scalar, ScalarStyle};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing: the variable counts as not set.
    Nothing,
    /// `true` or `false`, in any of YAML's words.
    Boolean(bool),
    /// A number, as Python would write it.
    Number(String),
    /// Text, which may hold a template.
    Text(String),
    /// Text in which nothing is a template (`!unsafe`).
    Literal(String),
    /// What `ansible-vault` encrypted.
    Encrypted,
    /// A list or a mapping, in words.
    Collection(&'static str),
}

impl Value {
    /// The value of a node.
    pub(super) fn of(node: &Node) -> Self {
        match &node.value {
            NodeValue::Scalar(scalar) => Self::of_scalar(scalar),
            NodeValue::Sequence(_) => Self::Collection("a list"),
            // How YAML inventories carry what scripts print as such.
            NodeValue::Mapping(entries) if entries.iter().any(|entry| entry.key == "__ansible_vault") => {
                Self::Encrypted
            }
            NodeValue::Mapping(_) => Self::Collection("a mapping"),
        }
    }

    fn of_scalar(scalar: &Scalar) -> Self {
        match scalar.style {
            ScalarStyle::Plain => plain(&scalar.text),
            ScalarStyle::Quoted | ScalarStyle::Block => Self::Text(scalar.text.clone()),
            ScalarStyle::Literal => Self::Literal(scalar.text.clone()),
            ScalarStyle::Encrypted => Self::Encrypted,
        }
    }

    /// The text that Ansible would hand to a program; `None` for what is no single value or not known.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Boolean(true) => Some("True".to_owned()),
            Self::Boolean(false) => Some("False".to_owned()),
            Self::Number(text) | Self::Text(text) | Self::Literal(text) => Some(text.clone()),
            Self::Nothing | Self::Encrypted | Self::Collection(_) => None,
        }
    }

    /// Whether it holds a template, so that only Ansible knows what it comes to.
    pub(super) fn is_template(&self) -> bool {
        matches!(self, Self::Text(text) if ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)))
    }
}

/// What a word without quotes is in YAML 1.1.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Nothing,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Value::Boolean(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Value::Boolean(false),
        _ => {}
    }
    whole_number(text).map_or_else(
        || Value::Text(text.to_owned()),
        |number| Value::Number(number.to_string()),
    )
}

/// YAML 1.1's whole numbers: decimal, `0b1`, `017`, `0x1f` and base sixty (`1:30`).
fn whole_number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = digits.replace('_', "");
    let number = if digits == "0" {
        Some(0)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        unsigned(binary, 2)
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        unsigned(hexadecimal, 16)
    } else if let Some(octal) = digits.strip_prefix('0') {
        unsigned(octal, 8)
    } else if digits.contains(':') {
        base_sixty(&digits)
    } else {
        unsigned(&digits, 10)
    };
    number.map(|number| sign * number)
}

fn unsigned(digits: &str, radix: u32) -> Option<i128> {
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    is_number.then(|| i128::from_str_radix(digits, radix).ok()).flatten()
}

fn base_sixty(text: &str) -> Option<i128> {
    let mut number: i128 = 0;
    for (index, part) in text.split(':').enumerate() {
        let value = unsigned(part, 10).filter(|value| index == 0 || (*value < 60 && part.len() <= 2))?;
        number = number.checked_mul(60)?.checked_add(value)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_without_quotes_is_what_yaml_1_1_says() {
        let shown = |text: &str| plain(text).text();
        for (word, text) in [
            ("22", "22"),
            ("022", "18"),
            ("0x16", "22"),
            ("0b101", "5"),
            ("1:30", "90"),
            ("2_222", "2222"),
            ("-5", "-5"),
            ("yes", "True"),
            ("Off", "False"),
            ("089", "089"),
            ("10.0.0.1", "10.0.0.1"),
            ("1:75", "1:75"),
            ("2001:db8::1", "2001:db8::1"),
            ("_1", "_1"),
            ("y", "y"),
        ] {
            assert_eq!(shown(word).as_deref(), Some(text), "{word}");
        }
        assert_eq!(plain("~"), Value::Nothing);
    }
}
