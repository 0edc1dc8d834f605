//! Gates: measured again and again until they pass often enough or fail too often.
//!
//! A gate whose texts name the host is one of every host of its scope: a round passes when it passes for each. What
//! could not be measured neither passes nor fails; what follows from it is the gate's own rule.

mod check;
mod command;
mod http;
mod prometheus;
mod round;
mod tally;
mod tcp;
mod unit;

use super::control::Control;
use super::executor::{Turn, TurnResult};
use super::sink::{EventSink, SinkError};
use crate::model::error::{ErrorCode, HostError};
use crate::model::event::EventKind;
use crate::model::gate::{Gate, GateResult, GateScope};
use crate::model::host::Host;
use crate::model::name::WaveName;
use crate::model::plan::PlannedWave;
use crate::model::run::HostRunState;
use crate::remote::transport::Transport;

use self::round::{Measurement, measure_round, targets, together};
pub(super) use self::round::{Outcome, PARALLEL, measure};
use self::tally::Tally;
pub(super) use self::tally::Verdict;

/// What became of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GateEnd {
    Decided(Verdict),
    Interrupted,
}

/// The gates that belong to a host's turn.
pub(super) struct TurnGates {
    wave: WaveName,
    gates: Vec<Gate>,
}

impl TurnGates {
    /// Those of a wave that are of each host.
    pub fn of(wave: &PlannedWave) -> Self {
        let of_hosts = |gate: &&Gate| gate.scope == GateScope::Host;
        Self {
            wave: wave.name.clone(),
            gates: wave.gates.iter().filter(of_hosts).cloned().collect(),
        }
    }
}

/// Measures a gate until it is decided, and has every measurement recorded.
pub(super) async fn decide<T: Transport>(
    gate: &Gate,
    wave: &WaveName,
    hosts: &[Host],
    transport: &T,
    control: &Control,
    sink: &mut impl EventSink,
) -> Result<GateEnd, SinkError> {
    let targets = targets(gate, hosts);
    let mut tally = Tally::new(gate);
    loop {
        let round = tokio::select! {
            round = measure_round(gate, &targets, transport, PARALLEL) => round,
            () = control.drained() => return Ok(GateEnd::Interrupted),
        };
        for measurement in &round {
            sink.record(measured(wave, gate, measurement))?;
        }
        if let Some(verdict) = tally.count(&together(&round)) {
            return Ok(GateEnd::Decided(verdict));
        }
        tokio::select! {
            () = tokio::time::sleep(gate.interval) => {}
            () = control.drained() => return Ok(GateEnd::Interrupted),
        }
    }
}

/// Looks at a gate again that has passed: one measurement that passes is enough. `parallel` hosts at once.
pub(super) async fn look<T: Transport>(gate: &Gate, hosts: &[Host], transport: &T, parallel: usize) -> Verdict {
    let targets = targets(gate, hosts);
    let mut tally = Tally::once(gate);
    loop {
        let round = measure_round(gate, &targets, transport, parallel).await;
        if let Some(verdict) = tally.count(&together(&round)) {
            return verdict;
        }
        tokio::time::sleep(gate.interval).await;
    }
}

/// Measures the gates that are a patched host's own, as the last thing of its turn.
///
/// # Errors
/// `E_GATE` when one failed. What could not be measured is left in the result for the dispatcher.
pub(super) async fn at_host<T: Transport>(turn: &Turn<T>, result: &mut TurnResult) -> Result<(), HostError> {
    let Some(own) = turn.gates.as_ref().filter(|_| result.state == HostRunState::Patched) else {
        return Ok(());
    };
    let host = std::slice::from_ref(&turn.host);
    for gate in &own.gates {
        let targets = targets(gate, host);
        let mut tally = Tally::new(gate);
        let verdict = loop {
            let round = measure_round(gate, &targets, &turn.transport, PARALLEL).await;
            for measurement in &round {
                turn.tell(measured(&own.wave, gate, measurement)).await;
            }
            if let Some(verdict) = tally.count(&together(&round)) {
                break verdict;
            }
            tokio::time::sleep(gate.interval).await;
        };
        match verdict.result {
            GateResult::Pass => {}
            GateResult::Fail => return Err(failed(gate, &verdict)),
            GateResult::Unknown => result.unknown_gates.push(gate.clone()),
        }
    }
    Ok(())
}

fn failed(gate: &Gate, verdict: &Verdict) -> HostError {
    HostError::new(
        ErrorCode::Gate,
        format!("gate `{}` failed: {}", gate.name, verdict.detail),
        "its updates are installed; look at what the gate measures, then apply again or roll back",
    )
}

fn measured(wave: &WaveName, gate: &Gate, measurement: &Measurement) -> EventKind {
    EventKind::GateMeasured {
        wave: wave.clone(),
        gate: gate.name.clone(),
        host: measurement.host.clone(),
        passed: measurement.outcome.result == GateResult::Pass,
        unknown: measurement.outcome.result == GateResult::Unknown,
        detail: measurement.outcome.detail.clone(),
    }
}
