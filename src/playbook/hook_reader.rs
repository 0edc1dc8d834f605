//! Reads hooks: programs of the operator's own, when and where they run, and what takes them back.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::gate_reader::{check_name, read_command, read_text, read_timeout};
use crate::model::diagnostic::{Diagnostic, Place};
use crate::model::document::{Fields, Node, NodeValue, Reader};
use crate::model::hook::{HookCommand, HookPoint, HookRule, ShellText};
use crate::model::plan::GatePlace;
use crate::model::template::is_template;

/// Deadline of a hook and of its undoing, when the playbook does not say.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

const PLACES: [(&str, GatePlace); 2] = [("host", GatePlace::Host), ("controller", GatePlace::Controller)];

/// Reads the value of `hooks`.
pub(super) fn read_hooks(reader: &mut Reader, node: &Node) -> Option<Vec<HookRule>> {
    let items = reader.list(node, "a list of hooks")?;
    let hooks: Vec<Option<HookRule>> = items.iter().map(|item| read_hook(reader, item)).collect();
    let mut first: HashMap<&str, Place> = HashMap::new();
    for (item, hook) in items.iter().zip(&hooks) {
        let Some(hook) = hook else {
            continue;
        };
        let place = reader.place(item.span);
        if let Some(earlier) = first.get(hook.name.as_str()) {
            let problem = Diagnostic::new(place, format!("there are two hooks `{}`", hook.name))
                .with_related(earlier.clone(), "the first one");
            reader.report(problem.with_hint("give each a `name` of its own"));
        } else {
            first.insert(&hook.name, place);
        }
    }
    hooks.into_iter().collect()
}

fn read_hook(reader: &mut Reader, node: &Node) -> Option<HookRule> {
    let mut fields = reader.fields(node, "a hook")?;
    let at = read_point(reader, &mut fields);
    let on = read_place(reader, &mut fields, at);
    let run = read_what_runs(reader, &mut fields, at);
    let undo = match fields.get("undo") {
        Some(node) => read_undo(reader, node, at).map(Some),
        None => Some(None),
    };
    let name = match fields.get("name") {
        Some(node) => reader
            .parsed(node, "the name of the hook", check_name)
            .map(|name| name.value),
        None => run.as_ref().zip(at).map(|(run, at)| usual_name(run, at)),
    };
    let timeout = match fields.get("timeout") {
        Some(node) => read_timeout(reader, node),
        None => Some(DEFAULT_TIMEOUT),
    };
    reader.finish(fields);
    Some(HookRule {
        name: name?,
        at: at?,
        on: on?,
        run: run?,
        undo: undo?,
        timeout: timeout?,
    })
}

fn read_point(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<HookPoint> {
    let Some(node) = fields.get("at") else {
        let words = HookPoint::ALL.map(|point| format!("`{}`", point.as_str())).join(", ");
        reader.problem(
            fields.span,
            "the hook has no `at`",
            Some(format!("it is one of {words}")),
        );
        return None;
    };
    let points = HookPoint::ALL.map(|point| (point.as_str(), point));
    reader.choice(node, &points).map(|point| point.value)
}

/// Hosts, where the point is one of a host and nothing else is said; what is meant for hosts and runs on the
/// controller by mistake does more harm than the other way round.
fn read_place(reader: &mut Reader, fields: &mut Fields<'_>, at: Option<HookPoint>) -> Option<GatePlace> {
    let is_per_host = at.is_none_or(HookPoint::is_per_host);
    let Some(node) = fields.get("on") else {
        return Some(if is_per_host {
            GatePlace::Host
        } else {
            GatePlace::Controller
        });
    };
    let place = reader.choice(node, &PLACES)?.value;
    if place == GatePlace::Host && !is_per_host {
        let at = at.map_or("", HookPoint::as_str);
        let hint = "hosts have `pre-patch`, `post-patch`, `pre-reboot` and `post-reboot`";
        reader.problem(
            node.span,
            format!("a hook at `{at}` runs once, and so on the controller"),
            Some(hint.to_owned()),
        );
        return None;
    }
    Some(place)
}

/// Exactly one of `run` and `shell`.
fn read_what_runs(reader: &mut Reader, fields: &mut Fields<'_>, at: Option<HookPoint>) -> Option<HookCommand> {
    let hint = || Some("write `run: [PROGRAM, …]`, or `shell: TEXT` for `/bin/sh`".to_owned());
    match (fields.entry("run"), fields.entry("shell")) {
        (Some(run), None) => read_program(reader, &run.value, at),
        (None, Some(shell)) => read_shell(reader, &shell.value, at),
        (Some(_), Some(shell)) => {
            reader.problem(shell.span, "a hook runs one thing", hint());
            None
        }
        (None, None) => {
            reader.problem(fields.span, "the hook does not say what runs", hint());
            None
        }
    }
}

/// A list, or a mapping with `shell`.
fn read_undo(reader: &mut Reader, node: &Node, at: Option<HookPoint>) -> Option<HookCommand> {
    if !matches!(node.value, NodeValue::Mapping(_)) {
        return read_program(reader, node, at);
    }
    let mut fields = reader.fields(node, "an undoing")?;
    let command = match fields.get("shell") {
        Some(node) => read_shell(reader, node, at),
        None => {
            let hint = "write `undo: [PROGRAM, …]` or `undo: {shell: TEXT}`";
            reader.problem(fields.span, "the undoing does not say what runs", Some(hint.to_owned()));
            None
        }
    };
    reader.finish(fields);
    command
}

fn read_program(reader: &mut Reader, node: &Node, at: Option<HookPoint>) -> Option<HookCommand> {
    let words = read_command(reader, node)?;
    if words.first().is_some_and(String::is_empty) {
        reader.problem(node.span, "the program is missing", None);
        return None;
    }
    if let NodeValue::Sequence(items) = &node.value {
        let refused = items
            .iter()
            .zip(&words)
            .filter(|(item, word)| !is_usable(reader, item, word, at));
        if refused.count() > 0 {
            return None;
        }
    }
    Some(HookCommand::Program(words))
}

fn read_shell(reader: &mut Reader, node: &Node, at: Option<HookPoint>) -> Option<HookCommand> {
    let shell = read_text(reader, node, "a text for `/bin/sh`", |text| {
        if text.trim().is_empty() {
            Err("the text is empty".to_owned())
        } else {
            Ok(())
        }
    })?;
    is_usable(reader, node, &shell, at).then_some(HookCommand::Shell(ShellText { shell }))
}

/// Reports a word that no program can be given, or that names a host where there is none.
fn is_usable(reader: &mut Reader, node: &Node, word: &str, at: Option<HookPoint>) -> bool {
    if word.contains(['\0', '\r']) {
        reader.problem(node.span, "a word holds neither a NUL nor a carriage return", None);
        return false;
    }
    match at {
        Some(at) if !at.is_per_host() && is_template(word) => {
            let message = format!("there is no host at `{}`", at.as_str());
            let hint = "what the hook is told on standard input names the wave and all its hosts";
            reader.problem(node.span, message, Some(hint.to_owned()));
            false
        }
        _ => true,
    }
}

/// The program's own name; for a text, the word of the point.
fn usual_name(command: &HookCommand, at: HookPoint) -> String {
    let program = match command {
        HookCommand::Program(words) => words.first().and_then(|word| Path::new(word).file_stem()),
        HookCommand::Shell(_) => None,
    };
    let name = program.map(|name| name.to_string_lossy().into_owned());
    name.filter(|name| check_name(name).is_ok())
        .unwrap_or_else(|| at.as_str().to_owned())
}

/// Gives programs of the controller that are named by a relative path their place: the playbook's folder. So the same
/// program runs wherever patchwave is started, and a plan says which one it is.
pub(super) fn place_programs(hooks: &mut [HookRule], folder: &Path) {
    for hook in hooks.iter_mut().filter(|hook| hook.on == GatePlace::Controller) {
        place_program(&mut hook.run, folder);
        if let Some(undo) = &mut hook.undo {
            place_program(undo, folder);
        }
    }
}

fn place_program(command: &mut HookCommand, folder: &Path) {
    let HookCommand::Program(words) = command else {
        return;
    };
    if let Some(program) = words.first_mut()
        && program.contains('/')
        && !program.starts_with('/')
    {
        let name = program.strip_prefix("./").unwrap_or(program);
        *program = folder.join(name).to_string_lossy().into_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{parse_playbook, playbook_yaml};

    fn hooks(text: &str) -> Result<Vec<HookRule>, String> {
        let text = format!("waves: [{{name: all, rest: true}}]\nhooks:\n{text}");
        parse_playbook("p.yml", text.as_bytes(), "p")
            .map(|playbook| playbook.run.hooks)
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_hook_has_careful_defaults() {
        let hooks =
            hooks("  - {at: pre-patch, run: [./bin/drain.sh, \"{{ host.name }}\"]}\n  - {at: post-run, shell: date}\n")
                .unwrap();
        assert_eq!((hooks[0].name.as_str(), hooks[0].on), ("drain", GatePlace::Host));
        assert_eq!((hooks[0].timeout, &hooks[0].undo), (Duration::from_secs(120), &None));
        assert_eq!(
            (hooks[1].name.as_str(), hooks[1].on),
            ("post-run", GatePlace::Controller)
        );
        assert_eq!(hooks[1].run.words(), ["/bin/sh", "-c", "date"]);
    }

    #[test]
    fn what_is_shown_is_read_again_as_the_same() {
        let text = "waves: [{name: all, rest: true}]\nhooks:\n  - {name: drain it, at: pre-patch, on: controller, \
                    run: [/bin/drain, \"{{ host.name }}\"], undo: {shell: \"undrain {{ host.name }}\"}, timeout: 90s}\n  \
                    - {at: post-wave, shell: \"a\\nb\", undo: [c]}\n";
        let playbook = parse_playbook("p.yml", text.as_bytes(), "p").unwrap();
        let shown = playbook_yaml(&playbook).unwrap();
        let again = parse_playbook("p.yml", shown.as_bytes(), "p").unwrap();
        assert_eq!(again.run, playbook.run, "{shown}");
        assert_eq!(again.run.hooks.len(), 2);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let said = hooks(
            "  - {at: pre-pach, run: [a]}\n  - {run: [a]}\n  - {at: pre-run, on: host, run: [b]}\n  \
             - {at: pre-wave, run: [c, \"{{ host.name }}\"]}\n  - {at: pre-patch, run: a b}\n  - {at: pre-patch}\n  \
             - {at: pre-patch, run: [d], shell: d}\n  - {at: pre-patch, run: [e], undo: {shel: e}}\n  \
             - {at: pre-patch, run: [f], timeout: 0s}\n  - {at: pre-patch, run: [g], whne: x}\n  - {at: pre-patch, run: []}\n",
        )
        .unwrap_err();
        for part in [
            "3:10",
            "`pre-patch`",
            "the hook has no `at`",
            "a hook at `pre-run` runs once",
            "there is no host at `pre-wave`",
            "found text",
            "the hook does not say what runs",
            "a hook runs one thing",
            "`shell`",
            "a deadline of nothing",
            "whne",
            "the program is missing",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn two_hooks_of_one_name_are_a_mistake() {
        let said = hooks("  - {at: pre-patch, run: [./a]}\n  - {at: post-patch, run: [/bin/a]}\n").unwrap_err();
        assert!(said.contains("two hooks `a`"), "{said}");
    }

    #[test]
    fn relative_programs_of_the_controller_are_those_of_the_playbook() {
        let text = "  - {at: pre-patch, on: controller, run: [./drain], undo: [bin/undrain]}\n  \
                    - {at: pre-patch, on: host, run: [./here]}\n  - {at: pre-run, run: [logger]}\n";
        let mut hooks = hooks(text).unwrap();
        place_programs(&mut hooks, Path::new("/etc/patchwave"));
        assert_eq!(hooks[0].run.words(), ["/etc/patchwave/drain"]);
        assert_eq!(hooks[0].undo.as_ref().unwrap().words(), ["/etc/patchwave/bin/undrain"]);
        assert_eq!(hooks[1].run.words(), ["./here"]);
        assert_eq!(hooks[2].run.words(), ["logger"]);
    }
}
