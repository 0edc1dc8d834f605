//! Answers as the HTTP API of Prometheus documents them, and what becomes of them.

use super::super::http::tests::serve_once;
use super::*;
use crate::model::gate::GateResult;
use crate::simulator::port::ReservedPort;

const VECTOR: &str = r#"{"status":"success","data":{"resultType":"vector","result":[
 {"metric":{"__name__":"up","job":"prometheus","instance":"localhost:9090"},"value":[1435781451.781,"1"]},
 {"metric":{"__name__":"up","job":"node","instance":"localhost:9100"},"value":[1435781451.781,"0"]}]}}"#;
const SCALAR: &str = r#"{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"0.03"]}}"#;
const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
const NOT_A_NUMBER: &str =
    r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,"NaN"]}]}}"#;
const INFINITE: &str =
    r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,"+Inf"]}]}}"#;
const MATRIX: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1435781430.781,"1"],[1435781445.781,"1"]]}]}}"#;
const TEXT: &str = r#"{"status":"success","data":{"resultType":"string","result":[1435781451.781,"foo"]}}"#;
const HISTOGRAM: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1435781451.781,{"count":"60","sum":"33588"}]}]}}"#;
const BAD_QUERY: &str = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:4: parse error: unexpected end"}"#;
const WARNED: &str =
    r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]},"warnings":["a store did not answer"]}"#;

fn judge(body: &str, is: &str) -> Outcome {
    judged(body, Comparison::parse(is).unwrap())
}

#[test]
fn every_sample_must_hold() {
    let red = judge(VECTOR, "== 1");
    assert_eq!(red.result, GateResult::Fail);
    assert_eq!(red.detail, r#"up{instance="localhost:9100",job="node"} is 0, not == 1"#);
    let green = judge(VECTOR, ">= 0");
    assert_eq!(green, Outcome::pass("each of 2 samples is >= 0"));
    assert_eq!(judge(SCALAR, "< 0.05"), Outcome::pass("the value is 0.03"));
    assert_eq!(judge(SCALAR, "< 0.03").result, GateResult::Fail);
    assert_eq!(judge(INFINITE, "< 5").result, GateResult::Fail);
    assert_eq!(judge(WARNED, "== 1").result, GateResult::Pass);
}

#[test]
fn an_answer_without_a_number_is_unknown() {
    for body in [
        EMPTY,
        NOT_A_NUMBER,
        MATRIX,
        TEXT,
        HISTOGRAM,
        BAD_QUERY,
        "{}",
        "<html>",
        "{\"status\":\"success\"}",
    ] {
        assert_eq!(judge(body, "< 1").result, GateResult::Unknown, "{body}");
    }
    assert!(judge(BAD_QUERY, "< 1").detail.contains("bad_data: invalid parameter"));
}

#[tokio::test]
async fn the_query_is_sent_as_it_was_written_and_errors_are_read_whatever_their_status() {
    let is = Comparison::parse("< 0.05").unwrap();
    let second = Duration::from_secs(5);
    let (address, question) = serve_once("200 OK", SCALAR);
    let query = r#"sum(rate(errors{job="a&b"}[5m])) / 2 + 1"#;
    let outcome = ask(&format!("http://{address}/prometheus/"), query, is, second).await;
    assert_eq!(outcome.result, GateResult::Pass, "{outcome:?}");
    let question = question.recv().unwrap();
    let line = question.lines().next().unwrap();
    let sent = line
        .strip_prefix("GET /prometheus/api/v1/query?query=")
        .and_then(|rest| rest.strip_suffix(" HTTP/1.1"))
        .unwrap_or_else(|| panic!("{line}"));
    assert!(!sent.contains(['&', '+', ' ', '"']), "{sent}");
    assert!(sent.contains("a%26b") && sent.contains("%2B"), "{sent}");
    let (address, _question) = serve_once("400 Bad Request", BAD_QUERY);
    let outcome = ask(&format!("http://{address}"), "sum(", is, second).await;
    assert!(
        outcome.result == GateResult::Unknown && outcome.detail.contains("bad_data"),
        "{outcome:?}"
    );
    let (address, _question) = serve_once("502 Bad Gateway", "<html>");
    let outcome = ask(&format!("http://{address}"), "1", is, second).await;
    assert!(
        outcome.result == GateResult::Unknown && outcome.detail.contains("502"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_metrics_server_that_is_not_there_is_unknown() {
    let port = ReservedPort::new().unwrap();
    let address = port.address();
    let is = Comparison::parse("< 1").unwrap();
    let outcome = ask(&format!("http://{address}"), "1", is, Duration::from_secs(5)).await;
    assert_eq!(outcome.result, GateResult::Unknown, "{outcome:?}");
}
