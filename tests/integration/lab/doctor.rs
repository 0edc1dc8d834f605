//! Examinations of real hosts: well ones, and ones with a trouble of each kind. What is wrong is made wrong by the
//! hosts' own means.

use serde_json::Value;

use super::hosts::Lab;
use super::locks::hold_packages;

fn host<'a>(document: &'a Value, name: &str) -> &'a Value {
    let hosts = document["hosts"].as_array().unwrap();
    hosts.iter().find(|host| host["name"] == name).unwrap()
}

fn check<'a>(document: &'a Value, name: &str, check: &str) -> &'a Value {
    let checks = host(document, name)["checks"].as_array().unwrap();
    checks.iter().find(|found| found["check"] == check).unwrap()
}

/// Everything that is not `ok`, as `CHECK OUTCOME`.
fn findings(document: &Value, name: &str) -> Vec<String> {
    let checks = host(document, name)["checks"].as_array().unwrap();
    let found = checks.iter().filter(|check| check["outcome"] != "ok");
    found
        .map(|check| {
            format!(
                "{} {}",
                check["check"].as_str().unwrap(),
                check["outcome"].as_str().unwrap()
            )
        })
        .collect()
}

/// What an examination must leave as it is: the files of packages, of their lists, and our own.
fn state(lab: &Lab, name: &str) -> String {
    let lists = "/var/lib/apt/lists /var/cache/apt /var/cache/dnf /var/cache/libdnf5 /var/cache/zypp /var/lib/pacman \
                 /var/cache/apk /var/lib/dpkg /var/lib/rpm /lib/apk/db /var/lib/patchwave";
    // busybox knows no `-printf`. Every question to rpm touches what SQLite shares between processes.
    lab.shell(
        name,
        &format!(
            "find {lists} -type f ! -name '*-shm' 2>/dev/null | LC_ALL=C sort | while read -r f; do stat -c '%n %s %Y' \"$f\"; done"
        ),
    )
}

#[test]
#[ignore = "needs the lab"]
fn hosts_that_are_well_are_said_to_be_and_stay_as_they_are() {
    let lab = Lab::up(&[]);
    lab.write_inventory("user: admin\nbecome: sudo", "  here: {connect: local}\n");
    let names: Vec<String> = lab.hosts.iter().map(|host| host.name.clone()).collect();
    let before: Vec<String> = names.iter().map(|name| state(&lab, name)).collect();
    let arguments = ["doctor", "all,!here", "--format", "json"];
    let found = lab.patchwave(&arguments).expect_exit(0).json();
    for (name, before) in names.iter().zip(before) {
        assert_eq!(findings(&found, name), Vec::<String>::new(), "{:#}", host(&found, name));
        assert_eq!(host(&found, name)["state"], "well");
        assert_eq!(host(&found, name)["manager"], lab.manager(name));
        let login = check(&found, name, "login")["seen"].as_str().unwrap();
        assert!(login.contains("as admin by") && login.contains("SHA256:"), "{login}");
        let key = check(&found, name, "host-key")["seen"].as_str().unwrap();
        assert!(key.contains("known_hosts:"), "{key}");
        let after = state(&lab, name);
        let changed: Vec<&str> = after.lines().filter(|line| !before.contains(*line)).collect();
        assert_eq!((changed, after.len()), (Vec::new(), before.len()), "{name} was changed");
    }
    assert_eq!(found["summary"]["well"], names.len());
    let told = lab.patchwave(&["doctor", "all,!here"]).expect_exit(0).stdout;
    assert_eq!(told, format!("{} hosts: all is well\n", names.len()));
    let local = lab.patchwave(&["doctor", "here", "--format", "json"]).json();
    assert_eq!(check(&local, "here", "reach")["seen"], "this machine");
    assert_eq!(check(&local, "here", "clock")["outcome"], "ok");
}

/// `over FOLDER FLAGS`: an empty file system of 8 MiB over a folder. Not every host has `mount`, but perl has the
/// kernel's call.
const OVER: &str = r#"
over() {
  mkdir -p "$1"
  perl -e 'my ($from, $to, $type, $options) = ("small", $ARGV[0], "tmpfs", "size=8m,mode=755");
    exit(syscall(165, $from, $to, $type, $ARGV[1] + 0, $options) != 0)' "$1" "$2"
}
"#;

const FULL: &str = "over /var/cache 0 && { dd if=/dev/zero of=/var/cache/fill bs=1M count=9 2>/dev/null; echo full; }";

/// `MS_RDONLY` is 1.
const READ_ONLY_FOLDER: &str = "over /var/lib/patchwave 1 && echo done";

const HALF_CONFIGURE: &str = "apt-get -q update >/dev/null 2>&1
DEBIAN_FRONTEND=noninteractive apt-get -y -q install pw-fail >/dev/null 2>&1
dpkg-query -W -f '${db:Status-Abbrev}' pw-fail";

/// All hosts of the lab have the machine's own clock: only what the host says of it can be wrong.
const FAST_CLOCK: &str = r#"printf '#!/bin/sh\nexec /usr/bin/date -d "2 hours" "$@"\n' >/usr/local/bin/date
chmod 755 /usr/local/bin/date; date +%H"#;

#[test]
#[ignore = "needs the lab"]
fn each_trouble_is_told_with_its_remedy_and_code() {
    let lab = Lab::up(&[]);
    lab.control("publish", "deb12", &["broken"]);
    assert_eq!(lab.shell("deb12", HALF_CONFIGURE), "iF");
    let holder = hold_packages(&lab, "deb13", 120);
    assert_eq!(lab.shell("rocky", &format!("{OVER}{FULL}")), "full");
    lab.shell("suse", FAST_CLOCK);
    assert_eq!(lab.shell("fedora", &format!("{OVER}{READ_ONLY_FOLDER}")), "done");
    lab.control("rekey", "arch", &[]);
    lab.control("stop", "alpine", &[]);

    let found = lab
        .patchwave(&["doctor", "--format", "json", "--connect-timeout", "4s"])
        .expect_exit(20)
        .json();
    assert_eq!(findings(&found, "deb12"), ["packages failed"]);
    let broken = check(&found, "deb12", "packages");
    assert_eq!(broken["code"], "E_BROKEN", "{broken:#}");
    assert!(
        broken["seen"].as_str().unwrap().contains("pw-fail is half-configured"),
        "{broken:#}"
    );
    assert!(
        broken["remedy"].as_str().unwrap().contains("patchwave repair"),
        "{broken:#}"
    );

    assert_eq!(findings(&found, "deb13"), ["lock warning", "packages unknown"]);
    let lock = check(&found, "deb13", "lock")["seen"].as_str().unwrap();
    assert!(
        lock.starts_with(&holder) && lock.contains(" holds /var/lib/dpkg/lock"),
        "{holder}: {lock}"
    );

    // The small file system lies over the lists, too.
    assert_eq!(findings(&found, "rocky"), ["metadata unknown", "space failed"]);
    let space = check(&found, "rocky", "space");
    assert_eq!(space["code"], "E_DISK", "{space:#}");
    assert!(
        space["seen"].as_str().unwrap().starts_with("/var/cache has 0 "),
        "{space:#}"
    );

    assert_eq!(findings(&found, "suse"), ["clock failed"]);
    let clock = check(&found, "suse", "clock")["seen"].as_str().unwrap();
    assert!(
        clock.contains("ahead of the one here") && (clock.contains("1h59m") || clock.contains("2h")),
        "{clock}"
    );

    assert_eq!(findings(&found, "fedora"), ["job-folder failed"]);

    assert_eq!(check(&found, "arch", "reach")["outcome"], "ok");
    assert_eq!(check(&found, "arch", "host-key")["code"], "E_HOSTKEY_CHANGED");
    assert_eq!(check(&found, "arch", "packages")["outcome"], "not-reached");
    assert_eq!(host(&found, "arch")["state"], "unreachable");

    let reach = check(&found, "alpine", "reach");
    assert!(
        reach["code"] == "E_TIMEOUT" || reach["code"] == "E_CONNECT",
        "{reach:#}"
    );
    assert_eq!(check(&found, "alpine", "login")["outcome"], "not-reached");

    let only_unreachable = ["doctor", "arch,alpine", "--connect-timeout", "4s"];
    let told = lab.patchwave(&only_unreachable).expect_exit(22).stdout;
    assert!(told.contains("arch  host-key failed E_HOSTKEY_CHANGED"), "{told}");
    assert!(told.ends_with("2 hosts: 0 well, 2 unreachable\n"), "{told}");
}
