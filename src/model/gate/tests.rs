//! What gates are in files: what is left out keeps older plan files as they are.

use proptest::prelude::*;

use super::*;

#[test]
fn a_gate_of_an_older_plan_file_is_read_and_keeps_its_bytes() {
    for old in [
        r#"{"name":"web","check":{"http":{"url":"http://x/","status":200,"body":null}},"count":3,"interval":{"secs":5,"nanos":0},"failures_allowed":1,"timeout":{"secs":30,"nanos":0}}"#,
        r#"{"name":"web","check":{"http":{"url":"http://x/","status":503,"body":"/a/"}},"count":1,"interval":{"secs":5,"nanos":0},"failures_allowed":0,"timeout":{"secs":30,"nanos":0}}"#,
        r#"{"name":"ssh","check":{"tcp":{"address":"x:22"}},"count":1,"interval":{"secs":5,"nanos":0},"failures_allowed":0,"timeout":{"secs":30,"nanos":0}}"#,
        r#"{"name":"u","check":{"command":{"run":["true"],"on":"host"}},"count":1,"interval":{"secs":5,"nanos":0},"failures_allowed":0,"timeout":{"secs":30,"nanos":0}}"#,
    ] {
        let gate: Gate = serde_json::from_str(old).unwrap();
        assert_eq!((gate.unknown, gate.relook), (UnknownRule::Pause, Relook::default()));
        assert_eq!(serde_json::to_string(&gate).unwrap(), old);
    }
}

#[test]
fn a_status_is_a_number_a_class_or_some_of_both() {
    let accepts = |json: &str, status| serde_json::from_str::<Statuses>(json).unwrap().accept(status);
    assert!(accepts("200", 200) && !accepts("200", 204));
    assert!(accepts("\"2xx\"", 204) && !accepts("\"2xx\"", 302));
    assert!(accepts("[401,\"2xx\"]", 401) && accepts("[401,\"2xx\"]", 299) && !accepts("[401,\"2xx\"]", 400));
    for wrong in ["99", "600", "\"6xx\"", "\"xx\"", "\"20x\"", "[]"] {
        assert!(serde_json::from_str::<Statuses>(wrong).is_err(), "{wrong}");
    }
    let some = serde_json::from_str::<Statuses>("[401,\"2xx\"]").unwrap();
    assert_eq!(serde_json::to_string(&some).unwrap(), "[401,\"2xx\"]");
    assert_eq!(some.to_string(), "401 or 2xx");
}

#[test]
fn a_comparison_holds_as_it_is_written() {
    for (text, holds, fails) in [
        ("< 0.05", 0.049, 0.05),
        ("<=1", 1.0, 1.1),
        ("> -3", 0.0, -3.0),
        (">= 1e3", 1_000.0, 999.0),
        ("== 0", 0.0, 1.0),
        ("!=0", 1.0, 0.0),
    ] {
        let comparison = Comparison::parse(text).unwrap();
        assert!(comparison.holds(holds) && !comparison.holds(fails), "{text}");
        assert!(!comparison.holds(f64::NAN), "{text}");
    }
    for wrong in ["", "0.05", "<", "< x", "=< 1", "= 1", "< NaN", "< inf", "< 1 2"] {
        assert!(Comparison::parse(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_printed_comparison_means_the_same(
        sign in prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]),
        bound in -1e12_f64..1e12,
    ) {
        let comparison = Comparison::parse(&format!("{sign}{bound}")).unwrap();
        prop_assert_eq!(Comparison::parse(&comparison.to_string()).unwrap(), comparison);
    }
}
