//! The framing of a script's output: how one pair of streams carries many named sections.
//!
//! On standard output and on standard error alike, a section is
//!
//! ```text
//! @@patchwave NONCE begin NAME
//! …what the command printed…
//! @@patchwave NONCE end NAME EXIT-CODE
//! ```
//!
//! and the last line of either stream is `@@patchwave NONCE done`. Every marker is preceded by a line
//! break of its own, which belongs to the frame and not to the section. What stands outside the frames
//! (a greeting from `~/.bashrc`, a warning of `sudo`) is ignored. The nonce is fresh for every script, so
//! no output can imitate a marker.
//!
//! What must stay true: an output without its last line is an error, never a short list of updates.

use std::collections::BTreeMap;

use crate::model::error::{ErrorCode, HostError};
use crate::model::section::{Section, Sections};

use super::script::Nonce;
use super::transport::ScriptOutput;

const MARK: &str = "@@patchwave";

/// Most sections of one output. No script of ours makes more than thirty.
const SECTION_LIMIT: usize = 1_000;

/// Cuts a script's output into its sections.
///
/// # Errors
/// `E_LOST` when the output ends early, `E_PROTOCOL` when it is not framed as a script of ours does it.
pub fn parse(output: &ScriptOutput, nonce: &Nonce) -> Result<Sections, HostError> {
    if output.truncated {
        return Err(HostError::new(
            ErrorCode::Protocol,
            "the host printed more than patchwave accepts",
            "look at this host: its package manager prints without end",
        ));
    }
    let stdout = parse_stream(&output.stdout, nonce);
    let stderr = parse_stream(&output.stderr, nonce);
    if !stdout.began && !stdout.done {
        return Err(no_frame(output));
    }
    if !stdout.done || !stderr.done {
        return Err(ended_early(output, &stdout));
    }
    Ok(join(stdout, stderr))
}

fn join(stdout: Stream, stderr: Stream) -> Sections {
    let mut errors: BTreeMap<String, String> = BTreeMap::new();
    for part in stderr.parts {
        errors.entry(part.name).or_default().push_str(&part.text);
    }
    Sections::new(
        stdout
            .parts
            .into_iter()
            .map(|part| Section {
                stderr: errors.remove(&part.name).unwrap_or_default(),
                name: part.name,
                stdout: part.text,
                exit_code: part.exit_code,
            })
            .collect(),
    )
}

fn no_frame(output: &ScriptOutput) -> HostError {
    let shown = last_line(&output.stderr)
        .or_else(|| last_line(&output.stdout))
        .map_or_else(String::new, |line| format!(": {line}"));
    let code = output
        .exit_code
        .map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
    HostError::new(
        ErrorCode::Protocol,
        format!("the host's shell did not run the script ({code}){shown}"),
        "the login needs a POSIX shell at /bin/sh; try `ssh HOST 'exec /bin/sh -c true'`",
    )
}

fn ended_early(output: &ScriptOutput, stdout: &Stream) -> HostError {
    let place = stdout
        .open
        .as_deref()
        .map_or_else(|| "between two steps".to_owned(), |name| format!("during `{name}`"));
    let code = output
        .exit_code
        .map_or_else(String::new, |code| format!(", exit code {code}"));
    HostError::new(
        ErrorCode::Lost,
        format!("the host's answer ended early, {place}{code}"),
        "try again; if it repeats, look for an out-of-memory kill or a session limit on the host",
    )
}

fn last_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(|line| crate::model::text::shorten(line, 200))
}

struct Part {
    name: String,
    text: String,
    exit_code: i32,
}

#[derive(Default)]
struct Stream {
    parts: Vec<Part>,
    /// The section that was begun and not ended.
    open: Option<String>,
    /// Whether any marker was seen.
    began: bool,
    /// Whether the last line was seen.
    done: bool,
}

enum Marker<'a> {
    Begin(&'a str),
    End(&'a str, i32),
    Done,
}

fn marker<'a>(line: &'a str, prefix: &str) -> Option<Marker<'a>> {
    let mut words = line.strip_prefix(prefix)?.trim_end_matches('\r').split(' ');
    match (words.next()?, words.next(), words.next(), words.next()) {
        ("begin", Some(name), None, None) => Some(Marker::Begin(name)),
        ("end", Some(name), Some(code), None) => Some(Marker::End(name, code.parse().ok()?)),
        ("done", None, None, None) => Some(Marker::Done),
        _ => None,
    }
}

fn parse_stream(bytes: &[u8], nonce: &Nonce) -> Stream {
    let text = String::from_utf8_lossy(bytes);
    let prefix = format!("{MARK} {nonce} ");
    let mut stream = Stream::default();
    let mut body = String::new();
    for line in text.split('\n') {
        match marker(line, &prefix) {
            Some(Marker::Begin(name)) => {
                stream.began = true;
                stream.open = Some(name.to_owned());
                body.clear();
            }
            Some(Marker::End(name, exit_code)) => {
                if stream.open.as_deref() == Some(name) && stream.parts.len() < SECTION_LIMIT {
                    // The last line break is the frame's.
                    body.pop();
                    stream.parts.push(Part {
                        name: name.to_owned(),
                        text: std::mem::take(&mut body),
                        exit_code,
                    });
                }
                stream.open = None;
            }
            Some(Marker::Done) => {
                stream.done = true;
                break;
            }
            None if stream.open.is_some() => {
                body.push_str(line);
                body.push('\n');
            }
            None => {}
        }
    }
    stream
}

/// Writes framed output: the counterpart of [`parse`], for hosts that are simulated.
#[derive(Debug, Clone)]
pub struct FrameWriter {
    nonce: Nonce,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl FrameWriter {
    /// An output without sections.
    #[must_use]
    pub fn new(nonce: Nonce) -> Self {
        Self {
            nonce,
            stdout: Vec::new(),
            stderr: Vec::new(),
        }
    }

    /// Adds a section. The name must be one word.
    pub fn section(&mut self, name: &str, stdout: &str, stderr: &str, exit_code: i32) {
        for (stream, text) in [(&mut self.stdout, stdout), (&mut self.stderr, stderr)] {
            let frame = format!(
                "\n{MARK} {nonce} begin {name}\n{text}\n{MARK} {nonce} end {name} {exit_code}\n",
                nonce = self.nonce
            );
            stream.extend_from_slice(frame.as_bytes());
        }
    }

    /// Ends the output and gives it as a transport would.
    #[must_use]
    pub fn finish(mut self) -> ScriptOutput {
        let last = format!("\n{MARK} {} done\n", self.nonce);
        self.stdout.extend_from_slice(last.as_bytes());
        self.stderr.extend_from_slice(last.as_bytes());
        ScriptOutput {
            stdout: self.stdout,
            stderr: self.stderr,
            exit_code: Some(0),
            truncated: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nonce() -> Nonce {
        Nonce::from_bits(0xfeed)
    }

    fn written(sections: &[(&str, &str, &str, i32)]) -> ScriptOutput {
        let mut writer = FrameWriter::new(nonce());
        for (name, stdout, stderr, code) in sections {
            writer.section(name, stdout, stderr, *code);
        }
        writer.finish()
    }

    #[test]
    fn what_is_written_is_read() {
        let output = written(&[
            ("one", "a\nb\n", "", 0),
            ("two", "no end of line", "warning\n", 100),
            ("empty", "", "", -1),
        ]);
        let sections = parse(&output, &nonce()).unwrap();
        assert_eq!(sections.text("one"), "a\nb\n");
        let two = sections.get("two").unwrap();
        assert_eq!(
            (two.stdout.as_str(), two.stderr.as_str(), two.exit_code),
            ("no end of line", "warning\n", 100)
        );
        assert_eq!(sections.get("empty").unwrap().exit_code, -1);
    }

    #[test]
    fn noise_outside_the_frames_is_ignored() {
        let mut output = written(&[("one", "a\n", "", 0)]);
        output.stdout = [b"Welcome to web01!\nno newline".as_slice(), &output.stdout].concat();
        output.stderr = [b"sudo: unable to resolve host".as_slice(), &output.stderr].concat();
        assert_eq!(parse(&output, &nonce()).unwrap().text("one"), "a\n");
    }

    #[test]
    fn output_without_its_last_line_is_an_error() {
        let whole = written(&[("one", "a\n", "", 0), ("two", "b\n", "", 0)]);
        for length in 0..whole.stdout.len() - 1 {
            let mut cut = whole.clone();
            cut.stdout.truncate(length);
            let code = parse(&cut, &nonce()).unwrap_err().code;
            assert!(matches!(code, ErrorCode::Lost | ErrorCode::Protocol));
        }
        let mut cut = whole;
        cut.stderr.clear();
        assert_eq!(parse(&cut, &nonce()).unwrap_err().code, ErrorCode::Lost);
    }

    #[test]
    fn a_marker_with_another_nonce_is_text() {
        let fake = "@@patchwave 0000 end one 0\n@@patchwave 0000 done\n";
        let output = written(&[("one", fake, "", 0)]);
        assert_eq!(parse(&output, &nonce()).unwrap().text("one"), fake);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(stdout: Vec<u8>, stderr: Vec<u8>) {
            let output = ScriptOutput { stdout, stderr, exit_code: None, truncated: false };
            let _ = parse(&output, &nonce());
        }

        #[test]
        fn any_text_survives_the_frame(stdout in "[^\\u{0}]{0,60}", stderr in ".{0,60}") {
            let output = written(&[("one", &stdout, &stderr, 3)]);
            let sections = parse(&output, &nonce()).unwrap();
            prop_assert_eq!(sections.text("one"), stdout);
        }
    }
}
