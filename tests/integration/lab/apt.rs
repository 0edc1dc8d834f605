//! What apt would install now and what it would not, and repositories that fail: on apt 2.6 and apt 3.0.

use std::collections::BTreeSet;

use serde_json::Value;

use super::hosts::Lab;

const HOSTS: [&str; 2] = ["deb12", "deb13"];

/// Packages whose updates must wait: held, phased, kept back for two reasons, and pinned.
const WAITING: [&str; 5] = ["pw-held", "pwx-phased", "pwx-kept", "pwx-client", "pwx-excluded"];

const PIN: &str = "printf 'Package: pwx-excluded\\nPin: release *\\nPin-Priority: -1\\n' >/etc/apt/preferences.d/lab";

fn update<'a>(host: &'a Value, name: &str, arch: &str) -> &'a Value {
    host["updates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|update| update["package"] == name && update["arch"] == arch)
        .unwrap_or_else(|| panic!("no {name}:{arch} in {host:#}"))
}

#[track_caller]
fn assert_waits(host: &Value, name: &str, status: &str, reason: &str) {
    let found = update(host, name, "all");
    assert_eq!(found["status"], status, "{found:#}");
    assert!(
        found["reason"].as_str().is_some_and(|text| text.contains(reason)),
        "{found:#}"
    );
}

fn versions(lab: &Lab, host: &str) -> BTreeSet<String> {
    let query = "dpkg-query -W -f '${Package} ${Architecture} ${Version} ${db:Status-Abbrev}\\n' 'pw*'";
    lab.shell(host, query)
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
#[ignore = "needs the lab"]
fn what_would_not_install_now_is_told_apart_and_left_alone() {
    let lab = Lab::up(&HOSTS);
    for host in HOSTS {
        lab.control("extras", host, &["extras-kept"]);
        lab.shell(host, PIN);
    }
    let outcome = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for name in HOSTS {
        let host = outcome.host(name);
        assert_waits(&host, "pw-held", "held", "unhold pw-held");
        assert_waits(&host, "pwx-phased", "phased", "10 %");
        assert_eq!(update(&host, "pwx-phased", "all")["phased_percentage"], 10);
        assert_waits(&host, "pwx-kept", "kept-back", "pwx-nowhere");
        assert_waits(&host, "pwx-client", "kept-back", "would remove pwx-replaced");
        assert_eq!(update(&host, "pwx-client", "all")["removes"][0], "pwx-replaced");
        assert_waits(&host, "pwx-excluded", "excluded", "priority -1");
        for arch in ["amd64", "i386"] {
            assert_eq!(update(&host, "pwx-multi", arch)["status"], "upgradable", "{name}");
        }
        assert_eq!(update(&host, "pwx-arrived", "all")["status"], "upgradable", "{name}");
        let pending = host["updates"].as_array().unwrap().iter();
        let pending = pending.filter(|update| update["status"] == "upgradable").count();
        let by_apt = lab.shell(
            name,
            "LC_ALL=C apt-get -s -q --with-new-pkgs upgrade | grep -c '^Inst '",
        );
        assert_eq!(pending.to_string(), by_apt, "{name}");
        assert!(
            !outcome.stdout.contains("not understood"),
            "{name}: every line is understood"
        );
    }
    let page = lab.patchwave(&["scan", "--refresh", "never"]).expect_exit(0).stdout;
    assert!(
        page.contains("deb[12:13] kept-back: pwx-client 1.1-1: it would remove pwx-replaced"),
        "{page}"
    );
    let before: Vec<BTreeSet<String>> = HOSTS.iter().map(|host| versions(&lab, host)).collect();
    let _ = lab.patchwave(&["apply", "--yes", "--refresh", "never"]).expect_exit(0);
    for (host, before) in HOSTS.iter().zip(before) {
        let after = versions(&lab, host);
        for line in &before {
            let name = line.split(' ').next().unwrap();
            let is_newest = WAITING.contains(&name) || ["pw-fail", "pwx-replaced"].contains(&name);
            assert_eq!(
                after.contains(line),
                is_newest,
                "{host}: {line} of {before:#?}, now {after:#?}"
            );
        }
        for line in [
            "pwx-multi amd64 1.1-1 ii",
            "pwx-multi i386 1.1-1 ii",
            "pwx-arrived all 1.1-1 ii",
        ] {
            assert!(after.contains(line), "{host}: {line} is not in {after:#?}");
        }
        assert!(!after.iter().any(|line| line.starts_with("pwx-newname ")), "{host}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_repository_that_fails_is_named_with_its_kind_and_what_to_do() {
    let lab = Lab::up(&HOSTS);
    lab.publish("new");
    let faults = [
        ("dns", "http://mirror.invalid/debian"),
        // apt gives up a name of which one port refuses: this one must not be the lab's.
        ("connect", "http://127.0.0.1:9/debian"),
        ("not-found", "http://repo/nowhere"),
    ];
    for host in HOSTS {
        for (fault, address) in faults {
            lab.shell(
                host,
                &format!("echo 'deb {address} stable main' >/etc/apt/sources.list.d/{fault}.list"),
            );
        }
        lab.shell(
            host,
            "echo \"deb http://repo/$(hostname)/main ./\" >/etc/apt/sources.list.d/unsigned.list; sed -i '/main/d' /etc/apt/sources.list",
        );
        lab.shell(host, "touch -d '3 hours ago' /var/lib/apt/lists/partial");
    }
    for _ in 0..2 {
        let outcome = lab
            .patchwave(&["scan", "--refresh", "older-than=1h", "--format", "json"])
            .expect_exit(0);
        for name in HOSTS {
            let host = outcome.host(name);
            let metadata = &host["facts"]["metadata"];
            assert_eq!(metadata["refreshed"], true, "{metadata:#}");
            let age = metadata["age_seconds"].as_u64().unwrap();
            assert!(
                (10_800..11_700).contains(&age),
                "what failed is as old as before: {metadata:#}"
            );
            let failures = metadata["failures"].as_array().unwrap();
            assert_eq!(failures.len(), faults.len() + 1, "{failures:#?}");
            for (fault, address) in faults {
                let expected = format!("{address} stable");
                assert!(
                    failures
                        .iter()
                        .any(|failure| failure["repository"] == expected && failure["fault"] == fault),
                    "{fault} is not in {failures:#?}"
                );
            }
            assert!(
                failures.iter().any(|failure| failure["fault"] == "key-missing"),
                "{failures:#?}"
            );
        }
    }
    let page = lab.patchwave(&["scan", "--refresh", "always"]).expect_exit(0).stdout;
    for words in [
        "deb[12:13] (2 hosts)  repository http://mirror.invalid/debian stable  dns: ",
        "check the host's resolver",
        "what is known of it is up to 3 h old",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn each_kind_of_failure_has_its_class() {
    let lab = Lab::up(&HOSTS);
    for (kind, class) in [
        ("not-found", "not-found"),
        ("denied", "denied"),
        ("refused", "connect"),
        ("timeout", "connect"),
        ("dns", "dns"),
        ("tls", "tls"),
        ("key-missing", "key-missing"),
        ("key-expired", "key-expired"),
        ("expired", "expired"),
        ("not-yet", "expired"),
        ("changed", "changed"),
    ] {
        for host in HOSTS {
            lab.control("fault", host, &[kind]);
        }
        let outcome = lab
            .patchwave(&["scan", "--refresh", "always", "--format", "json"])
            .expect_exit(0);
        for name in HOSTS {
            let metadata = outcome.host(name)["facts"]["metadata"].clone();
            let failures = metadata["failures"].as_array().unwrap();
            assert_eq!(failures.len(), 1, "{name} {kind}: {metadata:#}");
            assert_eq!(failures[0]["fault"], class, "{name} {kind}: {metadata:#}");
            assert!(
                failures[0]["repository"]
                    .as_str()
                    .is_some_and(|name| name.contains("://")),
                "{name} {kind}: {metadata:#}"
            );
        }
    }
    for host in HOSTS {
        lab.control("fault", host, &["none"]);
    }
    let outcome = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for name in HOSTS {
        let metadata = outcome.host(name)["facts"]["metadata"].clone();
        assert_eq!(
            metadata["failures"].as_array().unwrap().len(),
            0,
            "{name}: {metadata:#}"
        );
        assert_eq!(metadata["age_seconds"], 0, "{name}: {metadata:#}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_host_that_knows_nothing_says_what_to_do_about_its_repository() {
    let lab = Lab::up(&HOSTS);
    for host in HOSTS {
        lab.shell(
            host,
            "rm -rf /var/lib/apt/lists/*; echo 'deb http://mirror.invalid/debian stable main' >/etc/apt/sources.list",
        );
    }
    let outcome = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(20);
    for name in HOSTS {
        let error = outcome.host(name)["error"].clone();
        assert_eq!(error["code"], "E_REPO", "{error:#}");
        assert!(
            error["message"].as_str().unwrap().contains("mirror.invalid"),
            "{error:#}"
        );
        assert!(error["hint"].as_str().unwrap().contains("resolver"), "{error:#}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn without_root_a_scan_says_the_same() {
    let lab = Lab::up(&HOSTS);
    for host in HOSTS {
        lab.control("extras", host, &["extras-kept"]);
        lab.shell(host, PIN);
    }
    let as_root = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    lab.write_inventory("user: admin\nbecome: none", "");
    let as_admin = lab
        .patchwave(&["scan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for name in HOSTS {
        assert_eq!(as_root.host(name)["updates"], as_admin.host(name)["updates"], "{name}");
        assert_eq!(as_admin.host(name)["facts"]["metadata"]["refreshed"], false, "{name}");
    }
}
