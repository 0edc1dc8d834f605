//! Reads `drift`: what is done with a host that is no longer as planned.

use crate::model::document::{Node, Reader};
use crate::model::drift::{DriftAction, DriftPolicy};

const ACTIONS: [(&str, DriftAction); 3] = [
    ("fail", DriftAction::Fail),
    ("skip-host", DriftAction::SkipHost),
    ("replan", DriftAction::Replan),
];

/// A planned version that is still offered can be installed all the same; of no other class is that true.
const ACTIONS_OF_SUPERSEDED: [(&str, DriftAction); 4] = [
    ("pinned", DriftAction::Pinned),
    ("fail", DriftAction::Fail),
    ("skip-host", DriftAction::SkipHost),
    ("replan", DriftAction::Replan),
];

/// Reads the value of `drift`. What it leaves out has the careful default.
pub(super) fn read_drift(reader: &mut Reader, node: &Node) -> Option<DriftPolicy> {
    let mut fields = reader.fields(node, "`drift`")?;
    let usual = DriftPolicy::default();
    let mut read = |key: &'static str, actions: &[(&str, DriftAction)], default: DriftAction| match fields.get(key) {
        Some(node) => reader.choice(node, actions).map(|action| action.value),
        None => Some(default),
    };
    let superseded = read("superseded", &ACTIONS_OF_SUPERSEDED, usual.superseded);
    let vanished = read("vanished", &ACTIONS, usual.vanished);
    let extra_dependency = read("extra_dependency", &ACTIONS, usual.extra_dependency);
    let host_changed = read("host_changed", &ACTIONS, usual.host_changed);
    reader.finish(fields);
    Some(DriftPolicy {
        superseded: superseded?,
        vanished: vanished?,
        extra_dependency: extra_dependency?,
        host_changed: host_changed?,
    })
}
