//! Many hosts at once, and nothing left behind.

use std::time::Instant;

use super::*;
use crate::simulator::Fault;

fn names(number: usize) -> Vec<String> {
    (0..number).map(|index| format!("web{index:03}")).collect()
}

async fn everywhere(lab: &Lab, transport: &SshTransport, names: &[String]) -> Vec<Result<ScriptOutput, HostError>> {
    let mut tasks = tokio::task::JoinSet::new();
    for name in names {
        let (transport, host) = (transport.clone(), lab.host(name));
        tasks.spawn(async move { try_host(&transport, &host, &request(true)).await });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_hosts_do_not_hold_the_living_up() {
    let names = names(60);
    let lab_names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut lab = Lab::new(&lab_names).await;
    lab.settings.connect_timeout = Duration::from_secs(2);
    for host in lab.fleet.hosts().iter().step_by(6) {
        host.set_fault(Fault::Stall);
    }
    let transport = lab.transport();
    let begin = Instant::now();
    let results = everywhere(&lab, &transport, &names).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 50);
    let timeouts = results
        .iter()
        .filter(|result| result.as_ref().is_err_and(|error| error.code.as_str() == "E_TIMEOUT"));
    assert_eq!(timeouts.count(), 10);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(transport.shared.permits_free(), lab.settings.parallel);
    lab.fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and counts the file descriptors of the whole process"]
async fn five_hundred_hosts_leave_nothing_behind() {
    let before = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let names = names(500);
    let lab_names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lab = Lab::new(&lab_names).await;
    let transport = lab.transport();
    let begin = Instant::now();
    let results = everywhere(&lab, &transport, &names).await;
    println!("500 hosts in {:?}", begin.elapsed());
    assert!(results.iter().all(Result::is_ok));
    for host in lab.fleet.hosts() {
        host.set_fault(Fault::Stall);
    }
    // Abandoned in the middle of the handshake, by the hundred.
    for name in names.iter().take(100) {
        let host = lab.host(name);
        let attempt = tokio::time::timeout(Duration::from_millis(5), transport.connect(&host)).await;
        assert!(attempt.is_err());
    }
    drop(transport);
    lab.fleet.stop().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = std::fs::read_dir("/proc/self/fd").unwrap().count();
    println!("file descriptors: {before} before, {after} after");
    assert!(after <= before + 2, "{before} {after}");
}
