//! A gate as it will be used, with every default written out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::duration::format_duration;
use crate::model::gate::{
    BaselineRule, Comparison, Gate, GateCheck, GatePlace, GateScope, HttpCheck, HttpMethod, Relook, Statuses,
    UnitState, UnknownRule,
};

#[derive(Serialize)]
pub(super) struct GateForm<'a> {
    name: &'a str,
    #[serde(flatten)]
    check: CheckForm<'a>,
    count: u32,
    consecutive: bool,
    interval: String,
    failures_allowed: u32,
    timeout: String,
    unknown: UnknownRule,
    baseline: BaselineRule,
    scope: GateScope,
    relook: RelookForm,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RelookForm {
    Never(bool),
    Every(String),
}

#[derive(Serialize)]
#[serde(untagged)]
enum CheckForm<'a> {
    Command {
        command: &'a [String],
        on: GatePlace,
    },
    Http {
        http: &'a str,
        method: HttpMethod,
        status: &'a Statuses,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        headers: &'a BTreeMap<String, String>,
    },
    Tcp {
        tcp: &'a str,
    },
    Prometheus {
        prometheus: PrometheusForm<'a>,
    },
    Unit {
        unit: &'a str,
        state: UnitState,
    },
}

#[derive(Serialize)]
struct PrometheusForm<'a> {
    url: &'a str,
    query: &'a str,
    is: Comparison,
}

pub(super) fn gate_form(gate: &Gate) -> GateForm<'_> {
    GateForm {
        name: &gate.name,
        check: check_form(&gate.check),
        count: gate.count,
        consecutive: gate.consecutive,
        interval: format_duration(gate.interval),
        failures_allowed: gate.failures_allowed,
        timeout: format_duration(gate.timeout),
        unknown: gate.unknown,
        baseline: gate.baseline,
        scope: gate.scope,
        relook: match gate.relook {
            Relook::Never => RelookForm::Never(false),
            Relook::Every(pause) => RelookForm::Every(format_duration(pause)),
        },
    }
}

fn check_form(check: &GateCheck) -> CheckForm<'_> {
    match check {
        GateCheck::Command { run, on } => CheckForm::Command { command: run, on: *on },
        GateCheck::Http(http) => http_form(http),
        GateCheck::Tcp { address } => CheckForm::Tcp { tcp: address },
        GateCheck::Prometheus { url, query, is } => CheckForm::Prometheus {
            prometheus: PrometheusForm { url, query, is: *is },
        },
        GateCheck::Unit { unit, state } => CheckForm::Unit { unit, state: *state },
    }
}

fn http_form(http: &HttpCheck) -> CheckForm<'_> {
    let pattern = http.body_pattern.as_ref().map(|pattern| format!("/{pattern}/"));
    CheckForm::Http {
        http: &http.url,
        method: http.method,
        status: &http.status,
        body: http.body.clone().or(pattern),
        headers: &http.headers,
    }
}
