//! The waves of a plan: their hosts in batches, and their rules in words.

use super::NAMES;
use crate::model::duration::format_duration;
use crate::model::host::RebootPolicy;
use crate::model::plan::{Gate, GateCheck, GatePlace, Plan, PlannedWave};
use crate::model::run_rules::FailureKind;
use crate::model::text::count;
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};

/// As many batches as are shown of one wave unless all are asked for.
const BATCHES: usize = 8;

/// Adds every wave.
pub fn add_waves(page: &mut Page, plan: &Plan, all: bool) {
    page.lines(run_budget_line(plan).into_iter().collect());
    for (index, wave) in plan.waves.iter().enumerate() {
        let title = format!("Wave {} of {}: {}", index + 1, plan.waves.len(), wave.name);
        let size = format!("  {}, {}", count(wave.size(), "host"), wave.budget.in_words());
        page.heading(Line::new(0, title, Tone::Strong).and(size, Tone::Plain));
        page.lines(wave_lines(wave, all));
    }
}

/// How much may go wrong in all waves together, and what counts, where the playbook says it.
fn run_budget_line(plan: &Plan) -> Option<Line> {
    let budget = &plan.rules.run.budget;
    let whole = plan
        .run_budget()
        .map(|whole| format!("the whole run {}", whole.in_words()));
    let counts = match budget.counts.as_slice() {
        [FailureKind::Failed] => Some("unreachable hosts do not count, unless nobody else is left in a wave"),
        [FailureKind::Unreachable] => Some("only unreachable hosts count, unless nobody else is left in a wave"),
        _ => None,
    };
    let words: Vec<String> = whole.into_iter().chain(counts.map(str::to_owned)).collect();
    (!words.is_empty()).then(|| Line::new(0, format!("Failures: {}", words.join("; ")), Tone::Plain))
}

fn wave_lines(wave: &PlannedWave, all: bool) -> Vec<Line> {
    let limit = if all { usize::MAX } else { BATCHES };
    let mut lines: Vec<Line> = Vec::new();
    for (index, batch) in wave.batches.iter().enumerate().take(limit) {
        let names = fold_line(batch.iter().map(|host| host.name.as_str()), NAMES);
        let label = if wave.batches.len() == 1 {
            "hosts".to_owned()
        } else {
            let size = count(batch.len(), "host");
            format!("batch {} of {} ({size})", index + 1, wave.batches.len())
        };
        lines.push(Line::new(2, format!("{label}: {names}"), Tone::Plain));
    }
    let hidden = wave.batches.len().saturating_sub(limit);
    if hidden > 0 {
        let hosts: usize = wave.batches.iter().skip(limit).map(Vec::len).sum();
        let words = match hidden {
            1 => format!("and 1 more batch of {} (with -v)", count(hosts, "host")),
            _ => format!("and {hidden} more batches of {} (all with -v)", count(hosts, "host")),
        };
        lines.push(Line::new(2, words, Tone::Quiet));
    }
    lines.push(Line::new(2, rules(wave), Tone::Quiet));
    let gates = wave
        .gates
        .iter()
        .map(|gate| Line::new(2, gate_in_words(gate), Tone::Quiet));
    lines.extend(gates);
    lines
}

fn rules(wave: &PlannedWave) -> String {
    let mut rules = vec![format!("{} at once", wave.parallel)];
    if !wave.soak.is_zero() {
        rules.push(format!("then a wait of {}", format_duration(wave.soak)));
    }
    let mut policies: Vec<RebootPolicy> = wave.hosts().map(|host| host.reboot).collect();
    policies.sort_unstable();
    policies.dedup();
    let words: Vec<String> = policies.iter().map(ToString::to_string).collect();
    rules.push(format!("reboot: {}", words.join(" or ")));
    rules.join(", ")
}

fn gate_in_words(gate: &Gate) -> String {
    let check = match &gate.check {
        GateCheck::Command {
            run,
            on: GatePlace::Host,
        } => format!("`{}` on every host", run.join(" ")),
        GateCheck::Command {
            run,
            on: GatePlace::Controller,
        } => format!("`{}` on this machine", run.join(" ")),
        GateCheck::Http {
            url,
            status,
            body: None,
        } => format!("{url} answers {status}"),
        GateCheck::Http {
            url,
            status,
            body: Some(body),
        } => format!("{url} answers {status} with `{body}`"),
        GateCheck::Tcp { address } => format!("{address} accepts connections"),
    };
    let times = match gate.count {
        0 | 1 => String::new(),
        number => format!(", {number} times, {} apart", format_duration(gate.interval)),
    };
    format!("gate `{}`: {check}{times}", gate.name)
}
