//! A script as it goes over standard input of one exec: constant program text, then data.
//!
//! No value is ever built into the program. Data follows in a quoted here-document, a line a value, so the
//! shell reads it literally. The here-document's end and the frames of the output carry a nonce, so that
//! neither data nor a host's output can imitate them.
//!
//! A program is a file of `scripts/`: POSIX, a `main` function that reads its data from standard input.

use std::fmt;

use bytes::Bytes;

/// A random word, fresh for every script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A nonce from 128 bits of randomness.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A value that cannot be a line of data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a value for a script holds a line break or a NUL")]
pub struct UnsendableValue;

/// Who runs a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpreter {
    /// `/bin/sh -s`, as the user that the host's `become` names.
    Posix,
    /// Windows PowerShell, as the login user.
    PowerShell,
}

/// A complete script: kind, program, data.
#[derive(Debug, Clone)]
pub struct Script {
    kind: &'static str,
    interpreter: Interpreter,
    /// The program up to the data: the same for every host, and shared where it is large.
    program: Bytes,
    /// The data and what closes it.
    data: String,
    nonce: Nonce,
}

/// A program as it begins a script.
#[derive(Debug, Clone)]
pub struct Program {
    kind: &'static str,
    text: Bytes,
}

impl Program {
    /// A program of POSIX shell that defines `main`. Clones share its text.
    #[must_use]
    pub fn new(kind: &'static str, text: &str) -> Self {
        let text = format!("# patchwave {kind}\n{text}\nmain <<'PATCHWAVE_END_");
        Self {
            kind,
            text: Bytes::from(text),
        }
    }
}

impl Script {
    /// Joins a program and its data. The first line of data that the program reads is always the nonce.
    ///
    /// # Errors
    /// When a value holds a line break or a NUL, which no value of ours has.
    pub fn new(
        kind: &'static str,
        program: &str,
        nonce: Nonce,
        data: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, UnsendableValue> {
        Self::of_program(&Program::new(kind, program), nonce, data)
    }

    /// The same for a program that is used for many hosts.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_program(
        program: &Program,
        nonce: Nonce,
        values: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, UnsendableValue> {
        let mut data = format!("{nonce}'\n{nonce}\n");
        for value in values {
            let value = value.as_ref();
            if value.contains(['\n', '\r', '\0']) {
                return Err(UnsendableValue);
            }
            data.push_str(value);
            data.push('\n');
        }
        data.push_str(&format!("PATCHWAVE_END_{nonce}\n"));
        Ok(Self {
            kind: program.kind,
            interpreter: Interpreter::Posix,
            program: program.text.clone(),
            data,
            nonce,
        })
    }

    /// The same for PowerShell: the data stands in a here-string, which is read literally as well, and goes line by
    /// line to the function `Invoke-Probe`.
    ///
    /// # Errors
    /// As [`Self::new`], and when a value could end the here-string.
    pub fn power_shell(
        kind: &'static str,
        program: &str,
        nonce: Nonce,
        data: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, UnsendableValue> {
        let mut text = format!("{nonce}\n");
        for value in data {
            let value = value.as_ref();
            if value.contains(['\n', '\r', '\0']) || value.starts_with("'@") {
                return Err(UnsendableValue);
            }
            text.push_str(value);
            text.push('\n');
        }
        text.push_str("'@ -split '\\r?\\n')\n");
        Ok(Self {
            kind,
            interpreter: Interpreter::PowerShell,
            program: Bytes::from(format!("# patchwave {kind}\n{program}\nInvoke-Probe (@'\n")),
            data: text,
            nonce,
        })
    }

    /// Who runs it.
    #[must_use]
    pub fn interpreter(&self) -> Interpreter {
        self.interpreter
    }

    /// What kind of script it is (`probe`, `job-start`, …): its first line says the same.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The whole, to be sent to the standard input of its interpreter, in parts that follow each other.
    #[must_use]
    pub fn parts(&self) -> [Bytes; 2] {
        [self.program.clone(), Bytes::from(self.data.clone())]
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.program), self.data)
    }

    /// The nonce of its frames.
    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }
}

/// A script's kind, nonce and data, read back from its text. The simulator answers by these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedScript {
    /// As [`Script::kind`].
    pub kind: String,
    /// The nonce of the frames that are expected.
    pub nonce: Nonce,
    /// The data lines after the nonce.
    pub data: Vec<String>,
}

impl ReceivedScript {
    /// Reads a script's text; `None` when it is not one of ours or not complete.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once('\n')?;
        let kind = first.strip_prefix("# patchwave ")?.to_owned();
        let (_, tail) = rest.rsplit_once("\nmain <<'PATCHWAVE_END_")?;
        let mut lines = tail.lines();
        let nonce = lines.next()?.strip_suffix('\'')?.to_owned();
        let end = format!("PATCHWAVE_END_{nonce}");
        if lines.next()? != nonce {
            return None;
        }
        let mut data = Vec::new();
        for line in lines {
            if line == end {
                return Some(Self {
                    kind,
                    nonce: Nonce(nonce),
                    data,
                });
            }
            data.push(line.to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_comes_back_as_it_was_given() {
        let data = ["$(id)", "a 'b' \"c\"", "", "`x`", "\\n", "PATCHWAVE_END_0"];
        let script = Script::new("probe", "main() { cat; }", Nonce::from_bits(7), data).unwrap();
        let received = ReceivedScript::parse(&script.text()).unwrap();
        assert_eq!(received.kind, "probe");
        assert_eq!(received.data, data);
        assert_eq!(&received.nonce, script.nonce());
    }

    #[test]
    fn the_data_of_power_shell_stands_in_a_here_string() {
        let script =
            Script::power_shell("probe", "function Invoke-Probe {}", Nonce::from_bits(7), ["$x", "'q'"]).unwrap();
        let nonce = Nonce::from_bits(7);
        assert!(
            script
                .text()
                .ends_with(&format!("(@'\n{nonce}\n$x\n'q'\n'@ -split '\\r?\\n')\n"))
        );
        assert!(Script::power_shell("probe", "", Nonce::from_bits(7), ["'@"]).is_err());
    }

    #[test]
    fn a_line_break_in_a_value_is_refused() {
        assert!(Script::new("probe", "", Nonce::from_bits(7), ["a\nb"]).is_err());
    }
}
