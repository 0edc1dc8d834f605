//! One measurement of a gate, with its deadline. What a missed deadline means depends on who was asked: a service that
//! does not answer fails, a command or a metrics server that does not end has said nothing.

use std::collections::BTreeMap;

use super::round::Outcome;
use super::{command, http, prometheus, tcp, unit};
use crate::model::gate::{Gate, GateCheck, GatePlace, HttpCheck};
use crate::model::host::Host;
use crate::model::template::{TemplateError, render_template};
use crate::remote::transport::Transport;

/// Measures a gate, for a host when it is one of hosts.
pub(super) async fn check<T: Transport>(gate: &Gate, host: Option<&Host>, transport: &T) -> Outcome {
    let check = match filled_in(&gate.check, host) {
        Ok(check) => check,
        Err(error) => return Outcome::fail(error.to_string()),
    };
    let asked = ask(&check, gate, host, transport);
    match tokio::time::timeout(gate.timeout, asked).await {
        Ok(outcome) => outcome,
        Err(_) => late(
            &gate.check,
            &format!("no answer within {} s", gate.timeout.as_secs_f64()),
        ),
    }
}

async fn ask<T: Transport>(check: &GateCheck, gate: &Gate, host: Option<&Host>, transport: &T) -> Outcome {
    match (check, host) {
        (
            GateCheck::Command {
                run,
                on: GatePlace::Host,
            },
            Some(host),
        ) => command::on_host(run, host, gate.timeout, transport).await,
        (GateCheck::Command { run, .. }, _) => command::on_controller(run).await,
        (GateCheck::Http(http), _) => http::ask(http.clone(), gate.timeout).await,
        (GateCheck::Tcp { address }, _) => tcp::ask(address, gate.timeout).await,
        (GateCheck::Prometheus { url, query, is }, _) => prometheus::ask(url, query, *is, gate.timeout).await,
        (GateCheck::Unit { unit, state }, Some(host)) => unit::ask(unit, *state, host, gate.timeout, transport).await,
        (GateCheck::Unit { .. }, None) => Outcome::unknown("a unit is asked for on a host"),
    }
}

fn late(check: &GateCheck, words: &str) -> Outcome {
    match check {
        GateCheck::Http(_) | GateCheck::Tcp { .. } => Outcome::fail(words),
        GateCheck::Command { .. } | GateCheck::Prometheus { .. } | GateCheck::Unit { .. } => Outcome::unknown(words),
    }
}

/// The check with the texts of one host.
fn filled_in(check: &GateCheck, host: Option<&Host>) -> Result<GateCheck, TemplateError> {
    let Some(host) = host else {
        return Ok(check.clone());
    };
    let text = |text: &String| render_template(text, host);
    Ok(match check {
        GateCheck::Command { run, on } => GateCheck::Command {
            run: run.iter().map(text).collect::<Result<_, _>>()?,
            on: *on,
        },
        GateCheck::Http(http) => GateCheck::Http(HttpCheck {
            url: text(&http.url)?,
            status: http.status.clone(),
            body: http.body.as_ref().map(text).transpose()?,
            body_pattern: http.body_pattern.as_ref().map(text).transpose()?,
            method: http.method,
            headers: http
                .headers
                .iter()
                .map(|(name, value)| Ok((name.clone(), text(value)?)))
                .collect::<Result<BTreeMap<_, _>, TemplateError>>()?,
        }),
        GateCheck::Tcp { address } => GateCheck::Tcp {
            address: text(address)?,
        },
        GateCheck::Prometheus { url, query, is } => GateCheck::Prometheus {
            url: text(url)?,
            query: text(query)?,
            is: *is,
        },
        GateCheck::Unit { unit, state } => GateCheck::Unit {
            unit: text(unit)?,
            state: *state,
        },
    })
}
