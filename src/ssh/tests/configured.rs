//! Real servers that are reached only because `~/.ssh/config` says how.

use super::sshd::{Sshd, has_sshd, me};
use super::*;
use crate::inventory::{Inventory, InventoryFile, ResolveContext, parse_inventory};
use crate::model::ssh_options::SshConfiguration;
use crate::ssh::config::{Account, OpenSshConfiguration, ThisMachine};

/// The inventory of somebody with that home, who is not the one who runs the tests.
fn inventory(text: &str, home: Option<&TempDir>) -> Inventory {
    let configuration = |home: &TempDir| -> Arc<dyn SshConfiguration> {
        let account = Account {
            user: "nobody-of-the-test".to_owned(),
            uid: std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(home.path()).unwrap()),
            home: home.path().to_owned(),
            host_name: "desk".to_owned(),
        };
        Arc::new(OpenSshConfiguration::new(Arc::new(ThisMachine::of(account))))
    };
    let context = ResolveContext {
        local_user: "nobody-of-the-test".to_owned(),
        home: None,
        ssh: home.map(configuration),
    };
    let file = InventoryFile {
        path: "f.yml".into(),
        bytes: text.as_bytes().to_vec(),
    };
    parse_inventory(&[file], &context).unwrap()
}

fn home_with(servers: &[(&str, &Sshd, &str)]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".ssh");
    std::fs::create_dir(&folder).unwrap();
    let mut text = String::new();
    for (name, sshd, further) in servers {
        std::fs::copy(sshd.path("key"), folder.join(format!("key-{name}"))).unwrap();
        std::fs::write(folder.join(format!("known-{name}")), sshd.known_line()).unwrap();
        text.push_str(&format!(
            "Host {name}\n  HostName 127.0.0.1\n  Port {}\n  User {}\n  IdentityFile ~/.ssh/key-%n\n  \
             UserKnownHostsFile ~/.ssh/known-%n\n  {further}\n",
            sshd.port,
            me()
        ));
    }
    std::fs::write(folder.join("config"), text).unwrap();
    home
}

fn transport_of(inventory: &Inventory) -> SshTransport {
    let inventory = inventory.clone();
    let lookup = move |name: &HostName| inventory.hop(name.as_str()).cloned();
    SshTransport::new(SshSettings::isolated(), Arc::new(lookup))
}

#[tokio::test]
async fn a_server_behind_two_others_is_reached_as_the_configuration_says() {
    if !has_sshd() {
        return;
    }
    let (outer, middle, inner) = (Sshd::start(""), Sshd::start(""), Sshd::start(""));
    let home = home_with(&[
        ("outer", &outer, ""),
        ("middle", &middle, "ProxyJump outer"),
        ("inner", &inner, "ProxyJump middle"),
    ]);
    let known = inventory("hosts: [inner]", Some(&home));
    let hops: Vec<&str> = known.hops().iter().map(|hop| hop.name.as_str()).collect();
    assert_eq!(hops, ["outer", "middle"]);
    let host = known.host("inner").unwrap();
    let way: Vec<&str> = host.jump.iter().map(HostName::as_str).collect();
    assert_eq!(way, ["outer", "middle"]);
    let result = try_host(&transport_of(&known), host, &request(false)).await;
    assert!(result.is_ok(), "{}", told(result));
    for sshd in [&outer, &middle, &inner] {
        assert!(sshd.log().contains("Accepted publickey"), "{}", sshd.log());
    }

    // Without it the name means nothing.
    let unknown = inventory("hosts: [inner]", None);
    let host = unknown.host("inner").unwrap();
    assert_eq!((host.address.as_str(), host.port), ("inner", 22));
    assert!(try_host(&transport_of(&unknown), host, &request(false)).await.is_err());
}

#[tokio::test]
async fn what_the_inventory_says_wins_on_a_real_connection() {
    if !has_sshd() {
        return;
    }
    let (wanted, other) = (Sshd::start(""), Sshd::start(""));
    let home = home_with(&[("web", &other, "ProxyJump nowhere.invalid")]);
    let text = format!(
        "hosts:\n  web: {{port: {}, key: {}, jump: [], ssh_options: [StrictHostKeyChecking=accept-new]}}",
        wanted.port,
        wanted.path("key").display()
    );
    let known = inventory(&text, Some(&home));
    let host = known.host("web").unwrap();
    let result = try_host(&transport_of(&known), host, &request(false)).await;
    assert!(result.is_ok(), "{}", told(result));
    assert!(wanted.log().contains("Accepted publickey") && !other.log().contains("Connection from"));
}
