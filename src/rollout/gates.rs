//! Gates: measured again and again until they pass often enough or fail too often.
//!
//! A gate whose texts name the host is one of every host of the wave: a round passes when it passes for each.

mod measure;

use tokio::task::JoinSet;

use super::dispatcher::RunContext;
use super::sink::{EventSink, SinkError};
use crate::model::event::EventKind;
use crate::model::host::Host;
use crate::model::name::{HostName, WaveName};
use crate::model::plan::{Gate, GateCheck, GatePlace};
use crate::model::template::is_template;
use crate::remote::transport::Transport;

/// Hosts that one gate measures at once.
const PARALLEL: usize = 16;

/// What became of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GateVerdict {
    Passed,
    Failed(String),
    Interrupted,
}

/// One measurement.
#[derive(Debug, Clone)]
struct Measurement {
    host: Option<HostName>,
    passed: bool,
    detail: String,
}

/// Measures a gate until it is decided.
pub(super) async fn pass<T: Transport>(
    gate: &Gate,
    wave: &WaveName,
    hosts: &[Host],
    context: &RunContext<T>,
    sink: &mut impl EventSink,
) -> Result<GateVerdict, SinkError> {
    let targets: Vec<Option<Host>> = if is_per_host(gate) {
        hosts.iter().cloned().map(Some).collect()
    } else {
        vec![None]
    };
    let mut tally = Tally::new(gate);
    loop {
        let round = tokio::select! {
            round = measure_round(gate, &targets, context) => round,
            () = context.control.drained() => return Ok(GateVerdict::Interrupted),
        };
        for measurement in &round {
            sink.record(EventKind::GateMeasured {
                wave: wave.clone(),
                gate: gate.name.clone(),
                host: measurement.host.clone(),
                passed: measurement.passed,
                detail: measurement.detail.clone(),
            })?;
        }
        if let Some(verdict) = tally.count(&round) {
            let (passed, detail) = match &verdict {
                GateVerdict::Failed(detail) => (false, detail.clone()),
                _ => (true, tally.in_words()),
            };
            let (wave, gate) = (wave.clone(), gate.name.clone());
            sink.record(EventKind::GateFinished {
                wave,
                gate,
                passed,
                detail,
            })?;
            return Ok(verdict);
        }
        tokio::select! {
            () = tokio::time::sleep(gate.interval) => {}
            () = context.control.drained() => return Ok(GateVerdict::Interrupted),
        }
    }
}

/// Counts rounds. Pure.
struct Tally {
    needed: u32,
    allowed: u32,
    passed: u32,
    failed: u32,
}

impl Tally {
    fn new(gate: &Gate) -> Self {
        Self {
            needed: gate.count.max(1),
            allowed: gate.failures_allowed,
            passed: 0,
            failed: 0,
        }
    }

    fn count(&mut self, round: &[Measurement]) -> Option<GateVerdict> {
        match round.iter().find(|measurement| !measurement.passed) {
            None => self.passed += 1,
            Some(failure) => {
                self.failed += 1;
                if self.failed > self.allowed {
                    let place = failure
                        .host
                        .as_ref()
                        .map(|host| format!("{host}: "))
                        .unwrap_or_default();
                    return Some(GateVerdict::Failed(format!("{place}{}", failure.detail)));
                }
            }
        }
        (self.passed >= self.needed).then_some(GateVerdict::Passed)
    }

    fn in_words(&self) -> String {
        format!("{} of {} measurements passed", self.passed, self.passed + self.failed)
    }
}

async fn measure_round<T: Transport>(
    gate: &Gate,
    targets: &[Option<Host>],
    context: &RunContext<T>,
) -> Vec<Measurement> {
    let mut measurements = Vec::with_capacity(targets.len());
    let mut running = JoinSet::new();
    for target in targets {
        if running.len() >= PARALLEL
            && let Some(joined) = running.join_next().await
        {
            measurements.push(measured(joined));
        }
        let (gate, target, context) = (gate.clone(), target.clone(), context.clone());
        running.spawn(async move { measure_one(&gate, target, &context).await });
    }
    while let Some(joined) = running.join_next().await {
        measurements.push(measured(joined));
    }
    measurements.sort_by(|one, other| one.host.cmp(&other.host));
    measurements
}

/// A measurement that ended without a result did not pass.
fn measured(joined: Result<Measurement, tokio::task::JoinError>) -> Measurement {
    joined.unwrap_or_else(|error| Measurement {
        host: None,
        passed: false,
        detail: format!("the measurement ended without a result: {error}"),
    })
}

async fn measure_one<T: Transport>(gate: &Gate, target: Option<Host>, context: &RunContext<T>) -> Measurement {
    let outcome = match tokio::time::timeout(gate.timeout, measure::check(gate, target.as_ref(), context)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer within {} s", gate.timeout.as_secs_f64())),
    };
    let (passed, detail) = match outcome {
        Ok(detail) => (true, detail),
        Err(detail) => (false, detail),
    };
    let detail = crate::model::text::printable(&detail);
    Measurement {
        host: target.map(|host| host.name),
        passed,
        detail,
    }
}

fn is_per_host(gate: &Gate) -> bool {
    match &gate.check {
        GateCheck::Command {
            on: GatePlace::Host, ..
        } => true,
        GateCheck::Command { run, .. } => run.iter().any(|text| is_template(text)),
        GateCheck::Http { url, body, .. } => is_template(url) || body.as_deref().is_some_and(is_template),
        GateCheck::Tcp { address } => is_template(address),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn gate(count: u32, failures_allowed: u32) -> Gate {
        Gate {
            name: "g".to_owned(),
            check: GateCheck::Tcp {
                address: "{{ host.address }}:22".to_owned(),
            },
            count,
            interval: Duration::ZERO,
            failures_allowed,
            timeout: Duration::from_secs(1),
        }
    }

    fn measured(passed: bool) -> Vec<Measurement> {
        vec![Measurement {
            host: None,
            passed,
            detail: "refused".to_owned(),
        }]
    }

    #[test]
    fn a_gate_passes_when_it_was_measured_often_enough() {
        let mut tally = Tally::new(&gate(2, 0));
        assert_eq!(tally.count(&measured(true)), None);
        assert_eq!(tally.count(&measured(true)), Some(GateVerdict::Passed));
    }

    #[test]
    fn a_gate_fails_at_the_first_failure_beyond_the_allowed_ones() {
        let mut tally = Tally::new(&gate(2, 1));
        assert_eq!(tally.count(&measured(false)), None);
        assert_eq!(tally.count(&measured(true)), None);
        assert_eq!(
            tally.count(&measured(false)),
            Some(GateVerdict::Failed("refused".to_owned()))
        );
    }

    #[test]
    fn a_gate_that_names_the_host_is_measured_for_each() {
        assert!(is_per_host(&gate(1, 0)));
        let mut fleet = gate(1, 0);
        fleet.check = GateCheck::Tcp {
            address: "load-balancer:443".to_owned(),
        };
        assert!(!is_per_host(&fleet));
    }
}
