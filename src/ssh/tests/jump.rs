//! Hosts behind other hosts.

use super::*;
use crate::simulator::Fault;

fn behind(lab: &Lab, name: &str, jump: &[&str]) -> Host {
    let mut host = lab.host(name);
    host.jump = jump.iter().map(|name| HostName::new(*name).unwrap()).collect();
    host
}

#[tokio::test]
async fn many_hosts_share_one_connection_to_their_jump_host() {
    let names: Vec<String> = (0..20).map(|number| format!("web{number:02}")).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("bastion");
    let lab = Lab::new(&all).await;
    let transport = lab.transport();
    let mut tasks = tokio::task::JoinSet::new();
    for name in &names {
        let (transport, host) = (transport.clone(), behind(&lab, name, &["bastion"]));
        tasks.spawn(async move { try_host(&transport, &host, &request(true)).await });
    }
    for result in tasks.join_all().await {
        assert_eq!(result.unwrap().stdout, b"probe:a b,$(c)\n");
    }
    assert_eq!(lab.fleet.host("bastion").unwrap().connections_accepted(), 1);
}

#[tokio::test]
async fn chains_work_whole_or_pieced_together() {
    let lab = Lab::new(&["outer", "inner", "web01"]).await;
    let whole = behind(&lab, "web01", &["outer", "inner"]);
    assert!(lab.try_host(&whole).await.is_ok());
    // The inventory names only the nearest; that one names its own.
    let transport = lab.transport_with(|name| {
        Some(match name.as_str() {
            "inner" => behind(&lab, "inner", &["outer"]),
            other => lab.host(other),
        })
    });
    let pieced = behind(&lab, "web01", &["inner"]);
    assert!(try_host(&transport, &pieced, &request(false)).await.is_ok());
    assert_eq!(lab.fleet.host("outer").unwrap().connections_accepted(), 2);
}

#[tokio::test]
async fn a_jump_host_that_fails_is_tried_once_and_named() {
    let lab = Lab::new(&["bastion", "web01", "web02"]).await;
    lab.fleet.host("bastion").unwrap().set_fault(Fault::WrongHostKey);
    let transport = lab.transport();
    for name in ["web01", "web02"] {
        let host = behind(&lab, name, &["bastion"]);
        let error = told(try_host(&transport, &host, &request(false)).await);
        assert!(error.starts_with("E_HOSTKEY_CHANGED jump host bastion: "), "{error}");
    }
    assert_eq!(lab.fleet.host("bastion").unwrap().connections_accepted(), 1);
}

#[tokio::test]
async fn of_a_chain_the_host_that_failed_is_named() {
    let lab = Lab::new(&["outer", "inner", "web01"]).await;
    lab.fleet.host("outer").unwrap().set_fault(Fault::WrongHostKey);
    let error = told(lab.try_host(&behind(&lab, "web01", &["outer", "inner"])).await);
    assert!(
        error.starts_with("E_HOSTKEY_CHANGED jump host outer: 127.0.0.1:"),
        "{error}"
    );
}

#[tokio::test]
async fn a_host_that_its_jump_host_cannot_reach_says_so() {
    let lab = Lab::new(&["bastion", "web01", "web02"]).await;
    lab.fleet.host("web01").unwrap().set_fault(Fault::RefuseConnections);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let transport = lab.transport();
    let host = behind(&lab, "web01", &["bastion"]);
    let error = told(try_host(&transport, &host, &request(false)).await);
    assert!(
        error.starts_with("E_CONNECT jump host bastion cannot connect to 127.0.0.1:"),
        "{error}"
    );
    let mut forbidden = behind(&lab, "web02", &["bastion"]);
    forbidden.address = "192.0.2.1".to_owned();
    let error = told(try_host(&transport, &forbidden, &request(false)).await);
    assert!(error.contains("forbids forwarding"), "{error}");
}

#[tokio::test]
async fn a_stalled_neighbour_behind_the_same_jump_host_delays_nobody() {
    let mut lab = Lab::new(&["bastion", "web01", "web02"]).await;
    lab.settings.connect_timeout = Duration::from_secs(2);
    lab.fleet.host("web01").unwrap().set_fault(Fault::Stall);
    let transport = lab.transport();
    let (bad, good) = (behind(&lab, "web01", &["bastion"]), behind(&lab, "web02", &["bastion"]));
    let request = request(false);
    let begin = std::time::Instant::now();
    let well = async {
        let result = try_host(&transport, &good, &request).await;
        (result, begin.elapsed())
    };
    let (stalled, (fine, took)) = tokio::join!(try_host(&transport, &bad, &request), well);
    assert!(told(stalled).starts_with("E_TIMEOUT"));
    assert!(fine.is_ok() && took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_lost_jump_host_is_opened_again() {
    let lab = Lab::new(&["bastion", "web01"]).await;
    let transport = lab.transport();
    let host = behind(&lab, "web01", &["bastion"]);
    assert!(try_host(&transport, &host, &request(false)).await.is_ok());
    lab.fleet.host("bastion").unwrap().reset();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(try_host(&transport, &host, &request(false)).await.is_ok());
}

#[tokio::test]
async fn circles_and_unknown_names_are_errors() {
    let lab = Lab::new(&["one", "two"]).await;
    let transport = lab.transport_with(|name| {
        Some(match name.as_str() {
            "one" => behind(&lab, "one", &["two"]),
            _ => behind(&lab, "two", &["one"]),
        })
    });
    let error = told(try_host(&transport, &behind(&lab, "one", &["two"]), &request(false)).await);
    assert!(error.contains("circle"), "{error}");
    let error = told(try_host(&transport, &behind(&lab, "one", &["three"]), &request(false)).await);
    assert!(error.contains("three is not in the inventory"), "{error}");
}
