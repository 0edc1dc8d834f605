//! Content lines of a calendar (RFC 5545, section 3.1): folded lines are put together, names, parameters and values told
//! apart.

use super::Mistake;

/// One content line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// Where it begins, from 1.
    pub line: usize,
    /// Its name, in capitals.
    pub name: String,
    /// Its parameters, names in capitals, values without quotes.
    pub parameters: Vec<(String, String)>,
    /// Its value as it is written.
    pub value: String,
}

impl Property {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that would change what the value means, in a way that is not understood. Those that no
    /// standard knows (`X-`) say nothing about times.
    pub fn only(&self, known: &[&str]) -> Result<(), Mistake> {
        let strange = self
            .parameters
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()) && !name.starts_with("X-"));
        match strange {
            None => Ok(()),
            Some((name, _)) => Err(Mistake::new(
                self.line,
                format!("`{name}` of `{}` is not understood", self.name),
            )),
        }
    }
}

/// Every content line of a text.
pub(super) fn unfold(text: &str) -> Result<Vec<Property>, Mistake> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, whole))) => whole.push_str(rest),
            (Some(_), None) => return Err(Mistake::new(number, "the first line goes on with a line before it")),
            (None, _) if line.trim().is_empty() => {}
            (None, _) => lines.push((number, line.to_owned())),
        }
    }
    lines
        .into_iter()
        .map(|(number, line)| property(number, &line))
        .collect()
}

fn property(number: usize, line: &str) -> Result<Property, Mistake> {
    let wrong = || Mistake::new(number, "expected `NAME:VALUE`");
    let (head, value) = split_outside_quotes(line, ':').ok_or_else(wrong)?;
    let (name, parameters) = match split_outside_quotes(head, ';') {
        None => (head, Vec::new()),
        Some((name, rest)) => (name, read_parameters(number, rest)?),
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name {
        return Err(wrong());
    }
    Ok(Property {
        line: number,
        name: name.to_ascii_uppercase(),
        parameters,
        value: value.to_owned(),
    })
}

fn read_parameters(number: usize, text: &str) -> Result<Vec<(String, String)>, Mistake> {
    let mut parameters = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (one, others) = match split_outside_quotes(text, ';') {
            Some((one, others)) => (one, Some(others)),
            None => (text, None),
        };
        let (name, value) = one
            .split_once('=')
            .ok_or_else(|| Mistake::new(number, format!("expected `PARAMETER=VALUE`, found `{one}`")))?;
        parameters.push((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()));
        rest = others;
    }
    Ok(parameters)
}

/// Both sides of the first such character that is in no quotes.
fn split_outside_quotes(text: &str, at: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (position, character) in text.char_indices() {
        if character == '"' {
            quoted = !quoted;
        } else if character == at && !quoted {
            let (before, after) = text.split_at(position);
            return after.strip_prefix(at).map(|after| (before, after));
        }
    }
    None
}
