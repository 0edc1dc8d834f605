//! Hooks on pages: which a plan will run, and which of a run failed or are still to be undone.

use crate::model::event::EventKind;
use crate::model::hook::{HookCommand, HookOutcome, HookRule, NotUndone};
use crate::model::name::{HostName, WaveName};
use crate::model::plan::GatePlace;
use crate::report::page::{Line, Page, Tone};

/// What was to be undone and is not: before everything else, because somebody has to do it.
pub(super) fn add_not_undone(page: &mut Page, not_undone: &[NotUndone]) {
    if not_undone.is_empty() {
        return;
    }
    let mut lines = vec![Line::new(
        0,
        "Not undone: what these hooks did is still there",
        Tone::Bad,
    )];
    lines.extend(not_undone.iter().map(|left| {
        let place = place_in_words(left.host.as_ref(), left.wave.as_ref());
        Line::new(2, format!("{place}`{}`", left.hook), Tone::Strong).and(format!(": {}", left.detail), Tone::Bad)
    }));
    lines.push(Line::new(0, "", Tone::Plain));
    page.lines(lines);
}

/// A failed hook that is not the error of a host, in words.
pub(super) fn failure(event: &EventKind) -> Option<String> {
    match event {
        EventKind::HookFinished {
            hook,
            host: None,
            wave,
            undo,
            outcome: HookOutcome::Failed,
            detail,
        } => {
            let what = if *undo { "the undoing of hook" } else { "hook" };
            let place = place_in_words(None, wave.as_ref());
            Some(format!("{place}{what} `{hook}` failed: {detail}"))
        }
        _ => None,
    }
}

fn place_in_words(host: Option<&HostName>, wave: Option<&WaveName>) -> String {
    match (host, wave) {
        (Some(host), _) => format!("{host}: "),
        (None, Some(wave)) => format!("wave {wave}: "),
        (None, None) => String::new(),
    }
}

/// The hooks that a plan will run, a line each.
pub(in crate::report::pages) fn planned_lines(hooks: &[HookRule]) -> Vec<Line> {
    hooks.iter().map(planned_line).collect()
}

fn planned_line(hook: &HookRule) -> Line {
    let place = match hook.on {
        GatePlace::Host => "on the host",
        GatePlace::Controller => "on this machine",
    };
    let undo = match &hook.undo {
        Some(undo) => format!("; undone by `{}`", command_in_words(undo)),
        None => String::new(),
    };
    let words = format!(
        "Hook `{}` at {}: `{}` {place}{undo}",
        hook.name,
        hook.at.as_str(),
        command_in_words(&hook.run)
    );
    Line::new(0, crate::model::text::printable(&words), Tone::Quiet)
}

fn command_in_words(command: &HookCommand) -> String {
    match command {
        HookCommand::Program(words) => words.join(" "),
        HookCommand::Shell(text) => text.shell.trim().replace('\n', "; "),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::hook::HookPoint;
    use crate::report::terminal::{Look, render};

    const LOOK: Look = Look {
        width: Some(200),
        colour: false,
    };

    #[test]
    fn what_is_not_undone_is_told_loudly() {
        let mut page = Page::new();
        add_not_undone(&mut page, &[]);
        assert!(page.blocks.is_empty());
        let left = NotUndone {
            hook: "drain".to_owned(),
            host: Some(HostName::new("web01").unwrap()),
            wave: None,
            detail: "exit 1: pool is locked".to_owned(),
        };
        add_not_undone(&mut page, &[left]);
        let text = render(&page, LOOK);
        assert!(text.contains("web01: `drain`: exit 1: pool is locked"), "{text}");
    }

    #[test]
    fn a_plan_says_what_will_run() {
        let hook = HookRule {
            name: "drain".to_owned(),
            at: HookPoint::PrePatch,
            on: GatePlace::Controller,
            run: HookCommand::Program(vec!["/x/drain".to_owned(), "{{ host.name }}".to_owned()]),
            undo: Some(HookCommand::Program(vec!["/x/undrain".to_owned()])),
            timeout: Duration::from_secs(1),
        };
        let mut page = Page::new();
        page.lines(planned_lines(&[hook]));
        let text = render(&page, LOOK);
        assert!(
            text.contains(
                "Hook `drain` at pre-patch: `/x/drain {{ host.name }}` on this machine; undone by `/x/undrain`"
            ),
            "{text}"
        );
    }
}
