//! One round of a gate: one measurement, or one for every host of its scope, so many at once.

use tokio::task::JoinSet;

use super::check;
use crate::model::gate::{Gate, GateCheck, GatePlace, GateResult};
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::template::is_template;
use crate::model::text::printable;
use crate::remote::transport::Transport;

/// Hosts that one gate measures at once.
pub(in crate::rollout) const PARALLEL: usize = 16;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rollout) struct Outcome {
    pub result: GateResult,
    /// In words, safe to show.
    pub detail: String,
}

impl Outcome {
    pub fn new(result: GateResult, detail: impl AsRef<str>) -> Self {
        Self {
            result,
            detail: printable(detail.as_ref()),
        }
    }

    pub fn pass(detail: impl AsRef<str>) -> Self {
        Self::new(GateResult::Pass, detail)
    }

    pub fn fail(detail: impl AsRef<str>) -> Self {
        Self::new(GateResult::Fail, detail)
    }

    pub fn unknown(detail: impl AsRef<str>) -> Self {
        Self::new(GateResult::Unknown, detail)
    }
}

/// One measurement.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    pub host: Option<HostName>,
    pub outcome: Outcome,
}

/// For whom a gate is measured: for each host, or once.
pub(super) fn targets(gate: &Gate, hosts: &[Host]) -> Vec<Option<Host>> {
    if is_per_host(&gate.check) {
        hosts.iter().cloned().map(Some).collect()
    } else {
        vec![None]
    }
}

/// Measures a gate in one round over these hosts.
pub(in crate::rollout) async fn measure<T: Transport>(
    gate: &Gate,
    hosts: &[Host],
    transport: &T,
    parallel: usize,
) -> Outcome {
    together(&measure_round(gate, &targets(gate, hosts), transport, parallel).await)
}

/// Measures a gate once for each of them, in the order of their names.
pub(super) async fn measure_round<T: Transport>(
    gate: &Gate,
    targets: &[Option<Host>],
    transport: &T,
    parallel: usize,
) -> Vec<Measurement> {
    let mut measurements = Vec::with_capacity(targets.len());
    let mut running = JoinSet::new();
    for target in targets {
        if running.len() >= parallel.max(1)
            && let Some(joined) = running.join_next().await
        {
            measurements.push(measured(joined));
        }
        let (gate, target, transport) = (gate.clone(), target.clone(), transport.clone());
        running.spawn(async move {
            let outcome = check::check(&gate, target.as_ref(), &transport).await;
            Measurement {
                host: target.map(|host| host.name),
                outcome,
            }
        });
    }
    while let Some(joined) = running.join_next().await {
        measurements.push(measured(joined));
    }
    measurements.sort_by(|one, other| one.host.cmp(&other.host));
    measurements
}

/// A measurement that ended without a result says nothing.
fn measured(joined: Result<Measurement, tokio::task::JoinError>) -> Measurement {
    joined.unwrap_or_else(|error| Measurement {
        host: None,
        outcome: Outcome::unknown(format!("the measurement ended without a result: {error}")),
    })
}

/// The result of a round: the first failure, else the first that could not be measured.
pub(super) fn together(round: &[Measurement]) -> Outcome {
    if round.is_empty() {
        return Outcome::unknown("there is no host to measure it on");
    }
    let first = |result| round.iter().find(|measurement| measurement.outcome.result == result);
    match first(GateResult::Fail).or_else(|| first(GateResult::Unknown)) {
        Some(Measurement { host, outcome }) => {
            let place = host.as_ref().map(|host| format!("{host}: ")).unwrap_or_default();
            Outcome::new(outcome.result, format!("{place}{}", outcome.detail))
        }
        None => Outcome::pass(match round {
            [only] => only.outcome.detail.clone(),
            _ => format!("it holds for {} hosts", round.len()),
        }),
    }
}

fn is_per_host(check: &GateCheck) -> bool {
    match check {
        GateCheck::Command {
            on: GatePlace::Host, ..
        }
        | GateCheck::Unit { .. } => true,
        GateCheck::Command { run, .. } => run.iter().any(|text| is_template(text)),
        GateCheck::Http(http) => {
            let optional = [http.body.as_deref(), http.body_pattern.as_deref()];
            let texts = optional.into_iter().flatten();
            is_template(&http.url) || texts.chain(http.headers.values().map(String::as_str)).any(is_template)
        }
        GateCheck::Tcp { address } => is_template(address),
        GateCheck::Prometheus { url, query, .. } => is_template(url) || is_template(query),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gate::{HttpCheck, UnitState};

    #[test]
    fn a_gate_that_names_the_host_is_measured_for_each() {
        let tcp = |address: &str| GateCheck::Tcp {
            address: address.to_owned(),
        };
        assert!(is_per_host(&tcp("{{ host.address }}:22")) && !is_per_host(&tcp("load-balancer:443")));
        let mut http = HttpCheck::new("http://lb/");
        assert!(!is_per_host(&GateCheck::Http(http.clone())));
        http.headers.insert("Host".to_owned(), "{{ host.name }}".to_owned());
        assert!(is_per_host(&GateCheck::Http(http)));
        assert!(is_per_host(&GateCheck::Unit {
            unit: "a".to_owned(),
            state: UnitState::Active
        }));
    }

    #[test]
    fn a_failure_weighs_more_than_what_is_unknown_and_that_more_than_what_passes() {
        let round = |results: &[GateResult]| {
            let measurement = |result: &GateResult| Measurement {
                host: None,
                outcome: Outcome::new(*result, "seen"),
            };
            together(&results.iter().map(measurement).collect::<Vec<_>>()).result
        };
        use GateResult::{Fail, Pass, Unknown};
        assert_eq!(round(&[Pass, Unknown, Fail]), Fail);
        assert_eq!(round(&[Pass, Unknown, Pass]), Unknown);
        assert_eq!(round(&[Pass, Pass]), Pass);
    }
}
