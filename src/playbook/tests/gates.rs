//! Gates in playbooks: every mistake with its place, and every gate as it was written.

use std::time::Duration;

use proptest::prelude::*;

use super::{Playbook, parse, playbook_yaml, problems};
use crate::model::gate::{
    BaselineRule, Comparison, Gate, GateCheck, GatePlace, GateScope, HttpCheck, HttpMethod, Relook, StatusPattern,
    Statuses, UnitState, UnknownRule,
};

#[test]
fn gates_are_checked_where_they_are_written() {
    for (gate, part) in [
        (
            "http: 'http://{{ host.adress }}/'",
            "p.yml:5:36: `host.adress` is not a variable of a template (did you mean `host.address`?)",
        ),
        ("http: 'http://{{ host.address }/'", "this template cannot be used"),
        ("http: example.org", "begins with `http://`"),
        ("tcp: '{{ host.address }}'", "expected `HOST:PORT`"),
        ("tcp: 'x:70000'", "expected `HOST:PORT`"),
        ("tcp: ':22'", "expected `HOST:PORT`"),
        ("command: systemctl is-active nginx", "`[systemctl, is-active, nginx]`"),
        ("command: []", "the program is missing"),
        ("command: [x], on: hst", "did you mean `host`?"),
        (
            "tcp: 'x:1', status: 200",
            "`status` belongs to a gate with `http`, not `tcp`",
        ),
        ("tcp: 'x:1', on: host", "`on` belongs to a gate with `command`"),
        ("command: [x], body: y", "`body` belongs to a gate with `http`"),
        ("tcp: 'x:1', count: 0", "from 1 to 10000 for `count`"),
        ("tcp: 'x:1', timeout: 0s", "always missed"),
        ("http: 'http://x', status: 99", "a status from 100 to 599"),
        ("http: 'http://x', status: [200, 7xx]", "p.yml:5:51: expected a status"),
        ("http: 'http://x', status: []", "no status would pass"),
        ("http: 'http://x', method: POST", "one of `GET` and `HEAD`"),
        (
            "http: 'http://x', method: HEAD, body: x",
            "an answer to `HEAD` has no body",
        ),
        (
            "http: 'http://x', body: '/a(/'",
            "p.yml:5:43: this is no regular expression",
        ),
        (
            "http: 'http://x', headers: {'a b': c}",
            "cannot be the name of a header",
        ),
        ("http: 'http://x', headers: {Cookie: c}", "`Cookie` is a secret"),
        ("http: 'http://x', headers: x", "expected a mapping of headers"),
        ("tcp: 'x:1', headers: {a: b}", "`headers` belongs to a gate with `http`"),
        ("tcp: 'x:1', method: GET", "`method` belongs to a gate with `http`"),
        ("tcp: 'x:1', state: active", "`state` belongs to a gate with `unit`"),
        ("unit: 'a b'", "expected the name of a unit"),
        ("unit: -H", "expected the name of a unit"),
        ("unit: nginx, state: activ", "did you mean `active`?"),
        ("unit: nginx, on: controller", "`on` belongs to a gate with `command`"),
        ("prometheus: {url: 'http://p', query: up}", "`is` is missing"),
        (
            "prometheus: {url: 'http://p', qery: up, query: up, is: '< 1'}",
            "`qery` is not a key of `prometheus` (did you mean `query`?)",
        ),
        ("prometheus: {url: p, query: up, is: '< 1'}", "begins with `http://`"),
        (
            "prometheus: {url: 'http://p', query: up, is: '1'}",
            "p.yml:5:64: expected a comparison such as `< 0.05`",
        ),
        ("prometheus: up", "expected a mapping for `prometheus`"),
        ("tcp: 'x:1', unknown: pauses", "did you mean `pause`?"),
        ("tcp: 'x:1', baseline: require", "did you mean `required`?"),
        ("tcp: 'x:1', scope: host-wide", "one of `host`, `wave` and `fleet`"),
        (
            "tcp: 'x:1', scop: host",
            "`scop` is not a key of a gate (did you mean `scope`?)",
        ),
        ("tcp: 'x:1', consecutive: maybe", "expected `true` or `false`"),
        ("tcp: 'x:1', consecutive: 0", "from 1 to 10000 for `consecutive`"),
        ("tcp: 'x:1', consecutive: 3, count: 3", "says twice how often"),
        ("tcp: 'x:1', relook: 10ms", "after `1s` at least"),
        ("tcp: 'x:1', relook: often", "is not a duration"),
    ] {
        let text = format!("waves:\n  - name: a\n    rest: true\n    gates:\n      - {{name: g, {gate}}}\n");
        let found = problems(&text);
        assert!(found.len() == 1 && found[0].contains(part), "{gate}: {found:?}");
    }
    let twice = "waves: [{name: a, rest: true, gates: [{name: g, tcp: 'x:1'}, {name: g, tcp: 'x:1', on: controller}]}]";
    assert!(problems(twice)[0].contains("two gates `g`"), "{:?}", problems(twice));
}

fn gates(text: &str) -> Vec<Gate> {
    let lines: Vec<String> = text.lines().map(|line| format!("      - {line}\n")).collect();
    let playbook: Playbook = parse(&format!(
        "waves:\n  - name: a\n    rest: true\n    gates:\n{}",
        lines.concat()
    ));
    playbook.waves[0].gates.clone()
}

#[test]
fn what_a_gate_says_is_what_it_means() {
    let read = gates(
        "{name: errors, prometheus: {url: 'http://p:9090', query: 'rate(e[5m])', is: '< 0.05'}, unknown: fail}\n\
         {name: up, unit: nginx, scope: host, consecutive: 3, baseline: required, on: host}\n\
         {name: web, http: 'http://x/', status: [2xx, 401], body: '/ok|fine/', headers: {Host: shop}, relook: false}\n\
         {name: row, tcp: 'x:1', count: 4, consecutive: true, scope: fleet, relook: 5m}",
    );
    let [errors, up, web, row] = read.as_slice() else {
        panic!("four gates")
    };
    let is = Comparison::parse("< 0.05").unwrap();
    let (url, query) = ("http://p:9090".to_owned(), "rate(e[5m])".to_owned());
    assert_eq!(errors.check, GateCheck::Prometheus { url, query, is });
    assert_eq!((errors.unknown, errors.relook), (UnknownRule::Fail, Relook::default()));
    assert_eq!((up.count, up.consecutive), (3, true));
    assert_eq!((up.scope, up.baseline), (GateScope::Host, BaselineRule::Required));
    let GateCheck::Http(http) = &web.check else {
        panic!("{web:?}")
    };
    assert!(http.status.accept(204) && http.status.accept(401) && !http.status.accept(500));
    assert_eq!(
        (http.body.as_deref(), http.body_pattern.as_deref()),
        (None, Some("ok|fine"))
    );
    assert_eq!((http.headers["Host"].as_str(), web.relook), ("shop", Relook::Never));
    assert_eq!((row.count, row.consecutive, row.scope), (4, true, GateScope::Fleet));
    assert_eq!(row.relook, Relook::Every(Duration::from_secs(300)));
}

fn checks() -> impl Strategy<Value = GateCheck> {
    let word = "[ -z|~é]{0,10}[!-z]";
    let http = (word, prop::option::of("[a-z]{1,5}"), any::<bool>()).prop_map(|(text, pattern, head)| {
        let statuses = vec![StatusPattern::Class(2), StatusPattern::Exact(401)];
        GateCheck::Http(HttpCheck {
            status: Statuses::new(statuses).unwrap(),
            body: (pattern.is_none() && !head).then(|| format!("x{text}")),
            body_pattern: pattern.filter(|_| !head),
            method: if head { HttpMethod::Head } else { HttpMethod::Get },
            headers: [("X-Any".to_owned(), "a: 1".to_owned())].into(),
            ..HttpCheck::new("http://x/")
        })
    });
    let prometheus = (word, -1e6_f64..1e6).prop_map(|(query, bound)| GateCheck::Prometheus {
        url: "https://p/x".to_owned(),
        query: format!("x{query}"),
        is: Comparison::parse(&format!(">= {bound}")).unwrap(),
    });
    let states = prop::sample::select(vec![UnitState::Active, UnitState::Inactive, UnitState::Failed]);
    let unit = ("[a-z@.]{1,9}", states).prop_map(|(unit, state)| GateCheck::Unit {
        unit: format!("u{unit}"),
        state,
    });
    let command = prop::collection::vec(word, 1..3).prop_map(|run| GateCheck::Command {
        run,
        on: GatePlace::Host,
    });
    prop_oneof![http, prometheus, unit, command]
}

proptest! {
    #[test]
    fn a_gate_that_is_shown_is_read_again_as_it_was(
        check in checks(),
        consecutive: bool,
        unknown in prop::sample::select(vec![UnknownRule::Pause, UnknownRule::Fail, UnknownRule::Pass]),
        baseline in prop::sample::select(vec![BaselineRule::Warn, BaselineRule::Required, BaselineRule::Ignore]),
        scope in prop::sample::select(vec![GateScope::Host, GateScope::Wave, GateScope::Fleet]),
        relook in prop::option::of(1_u64..100_000),
    ) {
        let mut playbook = parse("waves: [{name: all, rest: true}]");
        let relook = relook.map_or(Relook::Never, |seconds| Relook::Every(Duration::from_secs(seconds)));
        let gate = Gate { consecutive, unknown, baseline, scope, relook, ..Gate::new("g", check) };
        let json = serde_json::to_string(&gate).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Gate>(&json).unwrap(), &gate, "{}", json);
        playbook.waves[0].gates = vec![gate];
        let shown = playbook_yaml(&playbook).unwrap();
        prop_assert_eq!(parse(&shown), playbook, "{}", shown);
    }
}
