//! Puts the outputs of programs into their places among the sources of an inventory.

use std::thread;
use std::time::Instant;

use super::command;
use super::gather::Piece;
use super::include::CommandLine;
use super::output::{Output, tell};
use super::{NativeSource, no_host};
use crate::inventory::ansible::{AnsiblePart, AnsibleSource, ProgramOutput, hosts_to_ask, names_hosts};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};

/// So many programs run at once.
const PROGRAMS_AT_ONCE: usize = 16;

/// The pieces in their order, each program replaced by what it printed.
pub(super) fn run_programs(pieces: Vec<Piece>) -> Vec<Result<Piece, Diagnostics>> {
    chunks(pieces).into_iter().flat_map(run_all).collect()
}

/// As many pieces at a time as hold so many programs.
fn chunks(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut chunks: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut programs = 0;
    for piece in pieces {
        let is_program = matches!(piece, Piece::Command { .. });
        if is_program && programs == PROGRAMS_AT_ONCE {
            chunks.push(Vec::new());
            programs = 0;
        }
        programs += usize::from(is_program);
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(piece);
        }
    }
    chunks
}

/// Puts the output of each program in its place. All run at once.
fn run_all(pieces: Vec<Piece>) -> Vec<Result<Piece, Diagnostics>> {
    thread::scope(|scope| {
        let started: Vec<_> = pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Command { line, place } => Err(scope.spawn(move || run(&line, &place))),
                other => Ok(other),
            })
            .collect();
        let ended = started.into_iter().map(|piece| match piece {
            Ok(piece) => Ok(piece),
            Err(running) => running
                .join()
                .unwrap_or_else(|_| Err(Diagnostic::new(Place::of_file("command"), "it could not be run").into())),
        });
        ended.collect()
    })
}

fn run(line: &CommandLine, place: &Place) -> Result<Piece, Diagnostics> {
    let failed = |message: String| {
        let program = line.words.first().map(String::as_str).unwrap_or_default();
        let hint = format!("run `{program}` by hand to see what it says");
        Diagnostics::from(
            Diagnostic::new(place.clone(), format!("`{}`: {message}", line.words.join(" "))).with_hint(hint),
        )
    };
    // One for all answers: a program is asked once for each host when it does not say everything at once.
    let deadline = Instant::now() + line.timeout;
    let bytes = command::run(line, deadline).map_err(failed)?;
    let (output, bytes) = tell(line, bytes).map_err(failed)?;
    let has_variables = match output {
        Output::Native(source) => {
            let command = Some(place.clone());
            return Ok(Piece::Native(NativeSource { command, ..source }));
        }
        Output::List { has_variables } => has_variables,
    };
    let mut program = ProgramOutput {
        command: line.name(),
        list: bytes,
        ..ProgramOutput::default()
    };
    if !names_hosts(&program.list) {
        return Err(no_host(&program.command, place).into());
    }
    if !has_variables {
        for host in hosts_to_ask(&program.command, &program.list)? {
            let question = question(line, &host).ok_or_else(|| {
                failed(
                    "what it printed has no `_meta`, so nothing is known of its hosts; print \
                     `\"_meta\": {\"hostvars\": {}}` too"
                        .to_owned(),
                )
            })?;
            let answer = command::run(&question, deadline)
                .map_err(|message| failed(format!("asked with `--host {host}`: {message}")))?;
            program.hosts.insert(host, answer);
        }
    }
    Ok(Piece::Ansible(AnsibleSource {
        parts: vec![AnsiblePart::Program(program)],
        ..AnsibleSource::default()
    }))
}

/// The question for one host, of a program that was asked with `--list`.
fn question(line: &CommandLine, host: &str) -> Option<CommandLine> {
    let (last, words) = line.words.split_last()?;
    if last != "--list" || words.is_empty() || host.starts_with('-') {
        return None;
    }
    let mut words = words.to_vec();
    words.extend(["--host".to_owned(), host.to_owned()]);
    Some(CommandLine { words, ..line.clone() })
}
