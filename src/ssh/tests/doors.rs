//! Real servers that let few in at once (`MaxStartups`), real bastions, and many hosts.

use std::sync::Mutex;
use std::time::Instant;

use tokio::io::AsyncWriteExt;

use super::sshd::{Sshd, has_sshd, transport, with_options};
use super::*;
use crate::ssh::Notify;

fn listening(settings: &mut SshSettings) -> Arc<Mutex<Vec<String>>> {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&heard);
    settings.notify = Notify::new(move |sentence| sink.lock().unwrap().push(sentence.to_owned()));
    heard
}

fn behind(mut host: Host, jump: &[&str]) -> Host {
    host.jump = jump.iter().map(|name| HostName::new(*name).unwrap()).collect();
    host
}

async fn all(transport: &SshTransport, hosts: Vec<Host>) -> Vec<Result<ScriptOutput, HostError>> {
    let mut tasks = tokio::task::JoinSet::new();
    for host in hosts {
        let transport = transport.clone();
        let mut request = request(false);
        // A hundred shells at once, on a machine that has other things to do.
        request.timeout = Duration::from_secs(120);
        tasks.spawn(async move { try_host(&transport, &host, &request).await });
    }
    tasks.join_all().await
}

fn assert_all_well(results: &[Result<ScriptOutput, HostError>]) {
    for result in results {
        assert!(result.is_ok(), "{:?}", result.as_ref().err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_names_of_one_server_that_lets_three_in_at_once_get_in() {
    many_names_of_one_server(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a hundred shells at once, twice"]
async fn a_hundred_hosts_at_once() {
    many_names_of_one_server(100).await;
    many_hosts_behind_a_bastion(100).await;
}

async fn many_names_of_one_server(many: usize) {
    if !has_sshd() {
        return;
    }
    let sshd = Sshd::start("MaxStartups 3\n");
    let mut settings = sshd.settings();
    settings.parallel = many;
    let heard = listening(&mut settings);
    let transport = transport(settings, Vec::new());
    let begin = Instant::now();
    let results = all(
        &transport,
        (0..many).map(|number| sshd.host(&format!("web{number:03}"))).collect(),
    )
    .await;
    assert_all_well(&results);
    let drops = sshd.log().matches("drop connection").count() + sshd.log().matches("past MaxStartups").count();
    println!(
        "100 logins with MaxStartups 3 in {:?}, dropped in the log: {drops}",
        begin.elapsed()
    );
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        heard[0].contains("MaxStartups") && heard[0].contains(&sshd.port.to_string()),
        "{heard:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_hosts_behind_a_bastion_with_max_startups_three_share_one_connection() {
    many_hosts_behind_a_bastion(20).await;
}

async fn many_hosts_behind_a_bastion(many: usize) {
    if !has_sshd() {
        return;
    }
    let bastion = Sshd::start("MaxStartups 3\n");
    let target = Sshd::start("MaxStartups 200\n");
    let file = bastion.path("known_hosts");
    std::fs::write(&file, format!("{}{}", bastion.known_line(), target.known_line())).unwrap();
    let mut settings = bastion.settings();
    settings.parallel = many;
    let heard = listening(&mut settings);
    let other_name = bastion.host("same-bastion");
    let transport = transport(settings, vec![bastion.host("bastion"), other_name]);
    let begin = Instant::now();
    let hosts = (0..many).map(|number| {
        // Half of them know it by another name, as ssh_config and the inventory may.
        let jump = if number % 2 == 0 { "bastion" } else { "same-bastion" };
        behind(target.host(&format!("web{number:03}")), &[jump])
    });
    assert_all_well(&all(&transport, hosts.collect()).await);
    println!("{many} logins through a bastion in {:?}", begin.elapsed());
    assert_eq!(bastion.log().matches("Accepted publickey").count(), 1);
    assert_eq!(target.log().matches("Accepted publickey").count(), many);
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_chain_of_two_real_bastions_works_and_the_one_that_fails_is_named_at_once() {
    if !has_sshd() {
        return;
    }
    let (outer, inner, target) = (Sshd::start(""), Sshd::start(""), Sshd::start(""));
    let known: String = [&outer, &inner, &target].map(Sshd::known_line).concat();
    std::fs::write(outer.path("known_hosts"), known).unwrap();
    let mut refused = inner.host("refused");
    refused.keys = vec![target.path("key")];
    let hosts = vec![outer.host("outer"), inner.host("inner"), refused];
    let transport = transport(outer.settings(), hosts);
    let whole = behind(target.host("web01"), &["outer", "inner"]);
    assert!(try_host(&transport, &whole, &request(false)).await.is_ok());
    assert_eq!(outer.log().matches("Accepted publickey").count(), 1);
    assert_eq!(inner.log().matches("Accepted publickey").count(), 1);
    let begin = Instant::now();
    let lost = (0..20).map(|number| behind(target.host(&format!("web{number:02}")), &["outer", "refused"]));
    for result in all(&transport, lost.collect()).await {
        let error = told(result);
        assert!(error.starts_with("E_AUTH jump host refused: "), "{error}");
    }
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    // One login was refused, and nobody tried again.
    let ends = [
        "Connection closed by authenticating user",
        "Disconnected from authenticating user",
        "Received disconnect from",
    ];
    // sshd writes its log a moment later.
    for _ in 0..50 {
        if ends.iter().any(|end| inner.log().contains(end)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(ends.iter().any(|end| inner.log().contains(end)), "{}", inner.log());
    assert_eq!(inner.log().matches("Failed publickey").count(), 0);
}

#[tokio::test]
async fn a_host_that_floods_stops_nobody_else_behind_its_bastion() {
    if !has_sshd() {
        return;
    }
    let (bastion, target) = (Sshd::start(""), Sshd::start(""));
    let known: String = [&bastion, &target].map(Sshd::known_line).concat();
    std::fs::write(bastion.path("known_hosts"), known).unwrap();
    let transport = transport(bastion.settings(), vec![bastion.host("bastion")]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut flooding = bastion.host("flooding");
    flooding.port = listener.local_addr().unwrap().port();
    let flood = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let block = vec![b'x'; 64 * 1024];
        let mut sent = 0;
        while sent < 200 * block.len() && stream.write_all(&block).await.is_ok() {
            sent += block.len();
        }
        sent
    });
    let jump = transport.jump(&[bastion.host("bastion")]).await.unwrap().unwrap();
    let limit = Duration::from_secs(5);
    let stuck = crate::ssh::tunnel::tunnel(&jump, &flooding, limit, tokio::time::Instant::now() + limit).await;
    let Ok(stuck) = stuck else { panic!("no tunnel") };
    // Nobody reads it.
    let sent = tokio::time::timeout(Duration::from_secs(10), flood)
        .await
        .unwrap()
        .unwrap();
    assert!(sent > 4 * 1024 * 1024, "{sent}");
    let host = behind(target.host("web01"), &["bastion"]);
    let begin = Instant::now();
    assert!(try_host(&transport, &host, &request(false)).await.is_ok());
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!(bastion.log().matches("Accepted publickey").count(), 1);
    drop(stuck);
}

#[tokio::test]
async fn the_way_through_a_bastion_is_what_its_own_options_say() {
    if !has_sshd() {
        return;
    }
    let (bastion, target) = (Sshd::start(""), Sshd::start(""));
    std::fs::write(bastion.path("known_hosts"), target.known_line()).unwrap();
    let own = bastion.path("own");
    std::fs::write(&own, format!("the-bastion {}\n", bastion.host_key("ed25519"))).unwrap();
    let hop = with_options(bastion.host("bastion"), |ssh| {
        ssh.host_key_alias = Some("the-bastion".to_owned());
        ssh.user_known_hosts = Some(vec![own]);
    });
    let transport = transport(bastion.settings(), vec![hop]);
    let host = behind(target.host("web01"), &["bastion"]);
    assert_all_well(&all(&transport, vec![host]).await);
}
