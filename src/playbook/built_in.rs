//! The playbook that is used when none is named: careful, and the same for every fleet.

use std::time::Duration;

use super::{BUILT_IN_NAME, Playbook, Share, WaveRule, WaveSelection};
use crate::model::approval::ApprovalRule;
use crate::model::drift::DriftPolicy;
use crate::model::expression::Expression;
use crate::model::finding::LintRule;
use crate::model::host::RebootPolicy;
use crate::model::name::{GroupName, InvalidName, WaveName};
use crate::model::restart::RestartRule;
use crate::model::run_rules::RunRules;
use crate::model::update_rule::UpdateRule;

/// Groups that are first when a fleet has them, the preferred one first.
const FIRST_GROUPS: [&str; 2] = ["canary", "test"];

/// The batches of the last wave.
const BATCHES: [Share; 3] = [Share::Percent(10), Share::Percent(50), Share::Percent(100)];

impl Playbook {
    /// The built-in playbook of a fleet with these groups: first the group `canary` or `test`, else one host of
    /// each distribution and release; then the rest. Groups without hosts are to be left out by the caller.
    ///
    /// # Errors
    /// Never: its names are valid.
    pub fn built_in<'a>(groups: impl IntoIterator<Item = &'a GroupName>) -> Result<Self, InvalidName> {
        Ok(Self {
            name: BUILT_IN_NAME.to_owned(),
            select: Expression::all(),
            updates: UpdateRule::default(),
            waves: built_in_waves(groups)?,
            reboot: RebootPolicy::default(),
            restart: RestartRule::default(),
            drift: DriftPolicy::default(),
            approvals: ApprovalRule::default(),
            windows: Vec::new(),
            blackouts: Vec::new(),
            lint: LintRule::default(),
            run: RunRules::default(),
            max_failures: None,
            valid_for: None,
        })
    }
}

fn built_in_waves<'a>(groups: impl IntoIterator<Item = &'a GroupName>) -> Result<Vec<WaveRule>, InvalidName> {
    let groups: Vec<&str> = groups.into_iter().map(GroupName::as_str).collect();
    let group = FIRST_GROUPS.into_iter().find(|name| groups.contains(name));
    let (name, selection) = match group.map(|name| (name, Expression::parse(&format!("group:{name}")))) {
        Some((name, Ok(expression))) => (name, WaveSelection::Expression(expression)),
        Some((_, Err(_))) | None => ("one of each release", WaveSelection::OneOfEachRelease),
    };
    Ok(vec![
        WaveRule::new(WaveName::new(name)?, selection),
        WaveRule {
            batches: BATCHES.to_vec(),
            ..WaveRule::new(WaveName::new("fleet")?, WaveSelection::Rest)
        },
    ])
}

impl WaveRule {
    /// A wave of which only the hosts are known: one batch, the default budget, no soak, no gates.
    #[must_use]
    pub fn new(name: WaveName, selection: WaveSelection) -> Self {
        Self {
            name,
            selection,
            batches: vec![Share::Percent(100)],
            parallel: None,
            max_failures: None,
            soak: Duration::ZERO,
            gates: Vec::new(),
        }
    }
}
