//! An instant query of a Prometheus server: `GET /api/v1/query` (Prometheus HTTP API, "Instant queries").
//!
//! The server is not what the gate is about: whatever keeps it from answering, and an answer without a number, is
//! unknown. Every sample of a vector must hold.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::http::{body_of, client};
use super::round::Outcome;
use crate::model::gate::Comparison;

/// Labels of a sample that are shown.
const LABELS: usize = 4;

pub(super) async fn ask(url: &str, query: &str, is: Comparison, timeout: Duration) -> Outcome {
    let (url, query) = (url.trim_end_matches('/').to_owned(), query.to_owned());
    let shown = url.clone();
    let answered = tokio::task::spawn_blocking(move || answer(&url, &query, timeout)).await;
    match answered {
        Ok(Ok(body)) => judged(&body, is),
        Ok(Err(error)) => Outcome::unknown(format!("{shown}: {error}")),
        Err(error) => Outcome::unknown(format!("{shown}: {error}")),
    }
}

fn answer(url: &str, query: &str, timeout: Duration) -> Result<String, String> {
    let request = client(timeout).get(format!("{url}/api/v1/query")).query("query", query);
    let mut answer = request.call().map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = body_of(&mut answer).map_err(|error| error.to_string())?;
    // Errors of a query come as JSON too, with 400, 422 or 503.
    if status.is_success() || body.trim_start().starts_with('{') {
        Ok(body)
    } else {
        Err(format!("the metrics server answered {}", status.as_u16()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: String,
    data: Option<Data>,
    error_type: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct Sample {
    #[serde(default)]
    metric: serde_json::Map<String, Value>,
    value: Point,
}

/// A time and the number as text.
type Point = (Value, String);

fn judged(body: &str, is: Comparison) -> Outcome {
    let Ok(answer) = serde_json::from_str::<Answer>(body) else {
        return Outcome::unknown("the metrics server's answer is not that of a Prometheus query");
    };
    if answer.status != "success" {
        let kind = answer.error_type.unwrap_or_else(|| answer.status.clone());
        let error = answer.error.unwrap_or_default();
        return Outcome::unknown(format!("the metrics server reports {kind}: {error}"));
    }
    let Some(data) = answer.data else {
        return Outcome::unknown("the metrics server's answer has no data");
    };
    let samples = match data.result_type.as_str() {
        "vector" => serde_json::from_value::<Vec<Sample>>(data.result).ok(),
        "scalar" => serde_json::from_value::<Point>(data.result).ok().map(|value| {
            vec![Sample {
                metric: serde_json::Map::new(),
                value,
            }]
        }),
        other => {
            return Outcome::unknown(format!(
                "the query gives a {other}; a vector or a scalar can be compared"
            ));
        }
    };
    match samples {
        Some(samples) => by_samples(&samples, is),
        None => Outcome::unknown(format!("the metrics server's {} holds no numbers", data.result_type)),
    }
}

fn by_samples(samples: &[Sample], is: Comparison) -> Outcome {
    let mut unknown = None;
    for sample in samples {
        let text = &sample.value.1;
        match text.parse::<f64>() {
            Ok(number) if number.is_nan() => unknown = unknown.or(Some(format!("{} is NaN", name(sample)))),
            Ok(number) if is.holds(number) => {}
            Ok(_) => return Outcome::fail(format!("{} is {text}, not {is}", name(sample))),
            Err(_) => unknown = unknown.or(Some(format!("{} is no number: {text}", name(sample)))),
        }
    }
    match (unknown, samples) {
        (Some(why), _) => Outcome::unknown(why),
        (None, []) => Outcome::unknown("the query found no sample"),
        (None, [only]) => Outcome::pass(format!("{} is {}", name(only), only.value.1)),
        (None, many) => Outcome::pass(format!("each of {} samples is {is}", many.len())),
    }
}

fn name(sample: &Sample) -> String {
    let labels: Vec<String> = sample
        .metric
        .iter()
        .filter(|(label, _)| label.as_str() != "__name__")
        .take(LABELS)
        .map(|(label, value)| format!("{label}={value}"))
        .collect();
    let metric = sample.metric.get("__name__").and_then(Value::as_str);
    match (metric, labels.as_slice()) {
        (None, []) => "the value".to_owned(),
        (Some(metric), []) => metric.to_owned(),
        (metric, labels) => format!("{}{{{}}}", metric.unwrap_or_default(), labels.join(",")),
    }
}

#[cfg(test)]
mod tests;
