//! Reads a playbook. Every mistake is reported at once; nothing is assumed that was not written.

use std::collections::HashMap;
use std::time::Duration;

use super::approval_reader::read_approvals;
use super::blackout_reader::read_blackouts;
use super::budget_reader::read_max_failures;
use super::drift_reader::read_drift;
use super::lint_reader::read_lint;
use super::reboot_reader::read_reboot;
use super::restart_reader::read_restart;
use super::run_reader::read_run_rules;
use super::update_reader::{read_install, read_updates};
use super::wave_reader::{read_duration, read_wave};
use super::window_reader::read_windows;
use super::{Playbook, WaveRule, WaveSelection};
use crate::model::approval::ApprovalRule;
use crate::model::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::document::{Document, Fields, Node, Reader, Span};
use crate::model::drift::DriftPolicy;
use crate::model::expression::{Expression, Origin};
use crate::model::finding::LintRule;
use crate::model::host::RebootPolicy;
use crate::model::name::WaveName;
use crate::model::reboot_rule::RebootRule;
use crate::model::restart::RestartRule;
use crate::model::run_rules::RunRules;
use crate::model::update_rule::UpdateRule;

/// What later versions bring, refused by name: a rule that is not kept must not be written.
const LATER: [&str; 2] = ["notify", "domains"];

/// Reads the bytes of a playbook. `file` is what mistakes are reported under; `name` is the playbook's name
/// when it has none of its own.
///
/// # Errors
/// Every mistake in it.
pub fn parse_playbook(file: &str, bytes: &[u8], name: &str) -> Result<Playbook, Diagnostics> {
    let (mut reader, root) = Reader::new(Document::from_bytes(file, bytes));
    let playbook = match root {
        Some(root) => read_playbook(&mut reader, &root, name),
        None => {
            if reader.is_clean() {
                let hint = "a playbook has `waves`; `patchwave playbook show` prints the built-in one";
                reader.problem(Span::default(), "the file is empty", Some(hint.to_owned()));
            }
            None
        }
    };
    let problems = reader.into_problems();
    match playbook {
        Some(playbook) => problems.into_result(playbook),
        None => Err(problems),
    }
}

fn read_playbook(reader: &mut Reader, root: &Node, name: &str) -> Option<Playbook> {
    let mut fields = reader.fields(root, "a playbook")?;
    let name = match fields.get("name") {
        Some(node) => reader
            .parsed(node, "the name of the playbook", check_name)
            .map(|name| name.value),
        None => Some(name.to_owned()),
    };
    let select = match fields.get("select") {
        Some(node) => read_expression(reader, node),
        None => Some(Expression::all()),
    };
    let updates = match fields.get("updates") {
        Some(node) => read_updates(reader, node),
        None => Some(UpdateRule::default()),
    };
    let install = match fields.get("install") {
        Some(node) => read_install(reader, node),
        None => Some(Vec::new()),
    };
    let waves = read_waves(reader, &mut fields);
    let reboot = match fields.get("reboot") {
        Some(node) => read_reboot(reader, node),
        None => Some((RebootPolicy::default(), RebootRule::default())),
    };
    let restart = match fields.get("restart") {
        Some(node) => read_restart(reader, node),
        None => Some(RestartRule::default()),
    };
    let approvals = match fields.get("approvals") {
        Some(node) => read_approvals(reader, node),
        None => Some(ApprovalRule::default()),
    };
    let valid_for = match fields.get("valid_for") {
        Some(node) => read_validity(reader, node).map(Some),
        None => Some(None),
    };
    let drift = match fields.get("drift") {
        Some(node) => read_drift(reader, node),
        None => Some(DriftPolicy::default()),
    };
    let windows = match fields.get("window") {
        Some(node) => read_windows(reader, node),
        None => Some(Vec::new()),
    };
    let blackouts = match fields.get("blackouts") {
        Some(node) => read_blackouts(reader, node, windows.as_deref()),
        None => Some(Vec::new()),
    };
    let lint = match fields.get("lint") {
        Some(node) => read_lint(reader, node),
        None => Some(LintRule::default()),
    };
    let max_failures = read_max_failures(reader, &mut fields);
    let run = read_run_rules(reader, &mut fields);
    for key in LATER {
        if let Some(entry) = fields.hidden(key) {
            not_yet(reader, entry.span, &format!("`{key}`"));
        }
    }
    reader.finish(fields);
    let (reboot, rebooting) = reboot?;
    Some(Playbook {
        name: name?,
        select: select?,
        updates: UpdateRule {
            install: install?,
            ..updates?
        },
        waves: waves?,
        reboot,
        restart: restart?,
        drift: drift?,
        approvals: approvals?,
        windows: windows?,
        blackouts: blackouts?,
        lint: lint?,
        valid_for: valid_for?,
        run: RunRules { rebooting, ..run? },
        max_failures: max_failures?,
    })
}

/// How long a saved plan holds.
fn read_validity(reader: &mut Reader, node: &Node) -> Option<Duration> {
    let valid = read_duration(reader, node)?;
    if valid.is_zero() {
        let hint = "example: `valid_for: 7d`";
        reader.problem(node.span, "a plan must hold longer than nothing", Some(hint.to_owned()));
        return None;
    }
    Some(valid)
}

/// Refuses by name what a later version will do.
pub(super) fn not_yet(reader: &mut Reader, span: Span, what: &str) {
    reader.problem(span, format!("{what} is not supported by this version yet"), None);
}

/// A target expression, with its place, so that a name that only the inventory can miss has one too.
pub(super) fn read_expression(reader: &mut Reader, node: &Node) -> Option<Expression> {
    let scalar = reader.scalar(node, "a target expression")?;
    let origin = Origin {
        place: reader.inside(node),
        source: reader.source(),
    };
    match Expression::from_file(&scalar.text, origin) {
        Ok(expression) => Some(expression),
        Err(problems) => {
            reader.report_all(problems);
            None
        }
    }
}

fn check_name(text: &str) -> Result<String, String> {
    // The same letters as a wave's name, in the same tables.
    WaveName::new(text)
        .map(String::from)
        .map_err(|error| format!("this cannot be a name: {}", error.reason))
}

fn read_waves(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<Vec<WaveRule>> {
    let Some(node) = fields.get("waves") else {
        let hint = "two waves will do: `- {name: test, select: \"group:test\"}` and `- {name: fleet, rest: true}`";
        reader.problem(fields.span, "`waves` is missing", Some(hint.to_owned()));
        return None;
    };
    let items = reader.list(node, "a list of waves")?;
    if items.is_empty() {
        reader.problem(node.span, "a playbook has at least one wave", None);
        return None;
    }
    let waves: Vec<Option<WaveRule>> = items.iter().map(|item| read_wave(reader, item)).collect();
    check_names(reader, items, &waves);
    check_rest(reader, items, &waves);
    waves.into_iter().collect()
}

fn check_names(reader: &mut Reader, items: &[Node], waves: &[Option<WaveRule>]) {
    let mut first: HashMap<&WaveName, Place> = HashMap::new();
    for (item, wave) in items.iter().zip(waves) {
        let Some(wave) = wave else {
            continue;
        };
        let place = reader.place(item.span);
        if let Some(earlier) = first.get(&wave.name) {
            let problem = Diagnostic::new(place, format!("there are two waves `{}`", wave.name));
            reader.report(problem.with_related(earlier.clone(), "the first one"));
        } else {
            first.insert(&wave.name, place);
        }
    }
}

fn check_rest(reader: &mut Reader, items: &[Node], waves: &[Option<WaveRule>]) {
    let mut first: Option<Place> = None;
    for (item, wave) in items.iter().zip(waves) {
        if !wave.as_ref().is_some_and(|wave| wave.selection == WaveSelection::Rest) {
            continue;
        }
        let place = reader.place(item.span);
        if let Some(earlier) = &first {
            let problem = Diagnostic::new(place, "only one wave can have the rest");
            reader.report(problem.with_related(earlier.clone(), "this one has it already"));
        } else {
            first = Some(place);
        }
    }
}
