//! What an inventory comes to beside OpenSSH's configuration.

use std::sync::Arc;

use super::machine::MadeUp;
use super::*;
use crate::inventory::{Inventory, InventoryFile, ResolveContext, parse_inventory};
use crate::model::host::Host;

const USER: &str = "/home/eve/.ssh/config";

fn read(configuration: &str, text: &str) -> Result<Inventory, String> {
    let files = [
        (USER, configuration),
        (
            "/own",
            "Host *\n  User own\nHost * !gate\n  ProxyJump gate\nHost gate\n  Port 7\n",
        ),
    ];
    let context = ResolveContext {
        local_user: "eve".to_owned(),
        home: None,
        ssh: Some(Arc::new(OpenSshConfiguration::new(Arc::new(MadeUp::new(&files))))),
    };
    let file = InventoryFile {
        path: "f.yml".into(),
        bytes: text.as_bytes().to_vec(),
    };
    parse_inventory(&[file], &context).map_err(|problems| problems.to_string())
}

/// A host in one line: where it is, and the way there.
fn shown(host: &Host) -> String {
    let keys: Vec<String> = host.keys.iter().map(|key| key.display().to_string()).collect();
    let way: Vec<&str> = host.jump.iter().map(|hop| hop.as_str()).collect();
    format!(
        "{}@{}:{} [{}] via [{}]",
        host.user,
        host.address,
        host.port,
        keys.join(" "),
        way.join(" ")
    )
}

fn host(inventory: &Inventory, name: &str) -> String {
    shown(inventory.hop(name).unwrap())
}

/// The rows of `inventory show` whose value stands in OpenSSH's configuration, or won over one that does.
fn rows(inventory: &Inventory, name: &str) -> Vec<String> {
    let rows = inventory.origins(name).iter().map(|origin| {
        let lost: Vec<String> = origin
            .overridden
            .iter()
            .map(|lost| format!(" not {} ({}, {})", lost.value, lost.layer, lost.place))
            .collect();
        let place = origin.place.as_ref().map(ToString::to_string).unwrap_or_default();
        format!(
            "{}: {} ({}, {place}){}",
            origin.setting,
            origin.value,
            origin.layer,
            lost.concat()
        )
    });
    rows.filter(|row| row.contains("ssh_config")).collect()
}

const WEB: &str = "Host web1\n  HostName 10.0.0.1\n  Port 2201\n  User deploy\n  IdentityFile ~/k1\n  IdentityFile ~/k2\n  ConnectTimeout 5\n";

#[test]
fn what_the_inventory_leaves_open_is_taken_from_the_configuration() {
    let inventory = read(WEB, "hosts: [web1, web2]").unwrap();
    assert_eq!(
        host(&inventory, "web1"),
        "deploy@10.0.0.1:2201 [/home/eve/k1 /home/eve/k2] via []"
    );
    assert_eq!(host(&inventory, "web2"), "eve@web2:22 [] via []");
    let timeout = inventory.host("web1").unwrap().ssh.connect_timeout;
    assert_eq!(timeout, Some(std::time::Duration::from_secs(5)));
    assert_eq!(
        rows(&inventory, "web1"),
        [
            "address: 10.0.0.1 (ssh_config, /home/eve/.ssh/config:2:3)",
            "port: 2201 (ssh_config, /home/eve/.ssh/config:3:3)",
            "user: deploy (ssh_config, /home/eve/.ssh/config:4:3)",
            "key: /home/eve/k1, /home/eve/k2 (ssh_config, /home/eve/.ssh/config:5:3)",
            "ConnectTimeout: 5s (ssh_config, /home/eve/.ssh/config:7:3)",
            "IdentityFile: /home/eve/k2 (ssh_config, /home/eve/.ssh/config:6:3)",
        ]
    );
    assert_eq!(rows(&inventory, "web2"), [""; 0]);
}

#[test]
fn what_the_inventory_says_wins_and_the_other_is_shown() {
    let text = "hosts: {web1: {user: admin, port: 99, key: /k}}";
    let inventory = read(WEB, text).unwrap();
    assert_eq!(host(&inventory, "web1"), "admin@10.0.0.1:99 [/k] via []");
    assert_eq!(
        rows(&inventory, "web1"),
        [
            "address: 10.0.0.1 (ssh_config, /home/eve/.ssh/config:2:3)",
            "port: 99 (host, f.yml:1:35) not 2201 (ssh_config, /home/eve/.ssh/config:3:3)",
            "user: admin (host, f.yml:1:22) not deploy (ssh_config, /home/eve/.ssh/config:4:3)",
            "key: /k (host, f.yml:1:44) not /home/eve/k1 (ssh_config, /home/eve/.ssh/config:5:3) not /home/eve/k2 (ssh_config, /home/eve/.ssh/config:6:3)",
            "ConnectTimeout: 5s (ssh_config, /home/eve/.ssh/config:7:3)",
        ]
    );
}

#[test]
fn the_address_is_what_ssh_would_be_asked_for() {
    let inventory = read(WEB, "hosts: {db: {address: web1}, web1: {address: 10.9.9.9}}").unwrap();
    assert_eq!(
        host(&inventory, "db"),
        "deploy@10.0.0.1:2201 [/home/eve/k1 /home/eve/k2] via []"
    );
    assert_eq!(host(&inventory, "web1"), "eve@10.9.9.9:22 [] via []");
    let row = &rows(&inventory, "db")[0];
    assert_eq!(
        row,
        "address: 10.0.0.1 (ssh_config, /home/eve/.ssh/config:2:3) not web1 (host, f.yml:1:23)"
    );
}

#[test]
fn options_and_a_file_of_the_inventorys_own_are_as_o_and_f() {
    let text = "defaults: {ssh_options: [ConnectTimeout=9, \"User opt\"]}\nhosts: {web1: {}, own: {ssh_config: /own, ssh_options: []}, bare: {ssh_config: none}}";
    let inventory = read(WEB, text).unwrap();
    assert_eq!(
        host(&inventory, "web1"),
        "opt@10.0.0.1:2201 [/home/eve/k1 /home/eve/k2] via []"
    );
    assert_eq!(host(&inventory, "own"), "own@own:22 [] via [gate]");
    assert_eq!(host(&inventory, "gate"), "own@gate:7 [] via []");
    assert_eq!(host(&inventory, "bare"), "opt@bare:22 [] via []");
    let origin = inventory
        .origins("web1")
        .iter()
        .find(|origin| origin.setting == "ConnectTimeout")
        .unwrap();
    assert_eq!(
        (origin.value.as_str(), origin.layer.to_string()),
        ("9s", "defaults".to_owned())
    );
    let wrong = read("", "hosts: {a: {ssh_options: ConectTimeout=3}}").unwrap_err();
    assert_eq!(
        wrong,
        "f.yml:1:26: `conecttimeout` is not a directive of ssh_config (did you mean `ConnectTimeout`?)"
    );
}

#[test]
fn a_hop_is_a_host_of_the_inventory_or_one_of_its_own() {
    let configuration = "Host a b\n  ProxyJump bastion\nHost c\n  ProxyJump root@bastion:2200,[fd00::1]:23\nHost d\n  ProxyCommand nc %h %p\n\
                         Host bastion\n  HostName 192.0.2.1\n  User gate\n";
    let inventory = read(
        configuration,
        "hosts: {bastion: {user: mine}, a: {}, c: {}, d: {jump: bastion}, b: {jump: []}}",
    )
    .unwrap();
    assert_eq!(host(&inventory, "a"), "eve@a:22 [] via [bastion]");
    assert_eq!(host(&inventory, "b"), "eve@b:22 [] via []");
    assert_eq!(host(&inventory, "bastion"), "mine@192.0.2.1:22 [] via []");
    assert_eq!(host(&inventory, "c"), "eve@c:22 [] via [root@bastion:2200 fd00::1:23]");
    assert_eq!(host(&inventory, "root@bastion:2200"), "root@192.0.2.1:2200 [] via []");
    assert_eq!(host(&inventory, "fd00::1:23"), "eve@fd00::1:23 [] via []");
    assert_eq!(inventory.hosts().len(), 5);
    assert!(inventory.host("root@bastion:2200").is_none() && inventory.hops().len() == 2);
    let other = inventory.host("d").unwrap();
    assert_eq!(
        (shown(other).as_str(), &other.ssh.proxy_command),
        ("eve@d:22 [] via [bastion]", &None)
    );
    let row = &rows(&inventory, "d")[0];
    assert!(
        row.starts_with("jump: bastion (host, ")
            && row.ends_with("not nc d 22 (ssh_config, /home/eve/.ssh/config:6:3)"),
        "{row}"
    );
}

#[test]
fn a_way_through_itself_is_a_mistake() {
    let told = read("Host *\n  ProxyJump bastion\n", "hosts: [a]").unwrap_err();
    assert!(
        told.contains("/home/eve/.ssh/config:2:3") && told.contains("`bastion`"),
        "{told}"
    );
    assert!(told.contains("Host * !bastion"), "{told}");
}

#[test]
fn warnings_are_told_once_and_only_for_hosts_that_they_concern() {
    let configuration = "Host web*\n  VerifyHostKeyDNS yes\nHost other\n  BindInterface eth0\n";
    let inventory = read(configuration, "hosts: [\"web[1:9]\"]").unwrap();
    let told = inventory.warnings().to_string();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.starts_with("/home/eve/.ssh/config:2:3: `VerifyHostKeyDNS` is not supported"),
        "{told}"
    );
}

#[test]
fn a_mistake_in_the_configuration_fails_the_inventory_and_a_local_host_asks_nothing() {
    assert_eq!(
        read("Prot 3\n", "hosts: [a, b]").unwrap_err(),
        "/home/eve/.ssh/config:1:1: `prot` is not a directive of ssh_config (did you mean `Port`?)"
    );
    assert!(read("Prot 3\n", "hosts: {a: {connect: local}}").is_ok());
}

#[test]
fn what_is_wrong_for_one_host_is_that_hosts_alone() {
    let configuration = "Host old\n  RefuseConnection gone\nHost key\n  IdentityFile ${UNSET}/x\n";
    let inventory = read(configuration, "hosts: [old, key, web]").unwrap();
    let refused = |name: &str| inventory.host(name).unwrap().ssh.refused.clone();
    assert!(
        refused("old")
            .unwrap()
            .starts_with("/home/eve/.ssh/config:2:3: `RefuseConnection`")
    );
    assert!(refused("key").unwrap().contains("`UNSET` is not set"));
    assert_eq!(refused("web"), None);
    assert_eq!(inventory.warnings().len(), 2);
}

#[test]
fn hosts_with_the_same_options_share_them() {
    let inventory = read("Host *\n  ConnectTimeout 5\n", "hosts: [\"web[1:3]\"]").unwrap();
    let options = |name: &str| Arc::as_ptr(&inventory.host(name).unwrap().ssh);
    assert_eq!(options("web1"), options("web3"));
}

#[test]
fn ten_thousand_hosts_and_fifty_blocks_are_quick() {
    let blocks = (0..50).map(|number| {
        format!("Host r{number}-*\n  HostName %h.lan\n  User u{number}\n  ProxyJump bastion{number}\n  IdentityFile ~/.ssh/{number}\n")
    });
    let blocks: String = blocks.collect();
    let begin = std::time::Instant::now();
    let inventory = read(&blocks, "hosts: [\"r[0:49]-n[001:200]\"]").unwrap();
    println!("10,000 hosts, 50 blocks, unoptimised: {:?}", begin.elapsed());
    assert_eq!((inventory.hosts().len(), inventory.hops().len()), (10_000, 50));
}
