//! Hooks as a playbook has them.

use serde::Serialize;

use crate::model::duration::format_duration;
use crate::model::hook::{HookCommand, HookPoint, HookRule};
use crate::model::plan::GatePlace;

/// One hook, every default written out.
#[derive(Serialize)]
pub(super) struct HookForm<'a> {
    name: &'a str,
    at: HookPoint,
    on: GatePlace,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shell: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<&'a HookCommand>,
    timeout: String,
}

/// All hooks of a playbook.
pub(super) fn hook_forms(hooks: &[HookRule]) -> Vec<HookForm<'_>> {
    hooks.iter().map(hook_form).collect()
}

fn hook_form(hook: &HookRule) -> HookForm<'_> {
    let (run, shell) = match &hook.run {
        HookCommand::Program(words) => (Some(words.as_slice()), None),
        HookCommand::Shell(text) => (None, Some(text.shell.as_str())),
    };
    HookForm {
        name: &hook.name,
        at: hook.at,
        on: hook.on,
        run,
        shell,
        undo: hook.undo.as_ref(),
        timeout: format_duration(hook.timeout),
    }
}
