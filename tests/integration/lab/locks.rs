//! Locks that another process holds: it is named with its id, waited for, and given up on when the time is over.

use std::time::{Duration, Instant};

use super::hosts::Lab;
use crate::program::Outcome;

/// Makes a package whose script takes its time, and installs it with the host's own manager in the background.
/// Prints the id of the process that then holds the lock.
const SLOW_DEB: &str = r#"
mkdir -p /root/slow/DEBIAN && cd /root
printf 'Package: pw-slow\nVersion: 1\nArchitecture: all\nMaintainer: lab <lab@lab>\nDescription: slow\n' >slow/DEBIAN/control
printf '#!/bin/sh\nsleep %s\n' "$seconds" >slow/DEBIAN/postinst && chmod 755 slow/DEBIAN/postinst
dpkg-deb -b slow slow.deb >/dev/null
apt-get -y install ./slow.deb >/dev/null 2>&1 </dev/null &
echo $!
"#;

const SLOW_RPM: &str = r#"
mkdir -p /root/slow && cd /root/slow
printf 'Name: pw-slow\nVersion: 1\nRelease: 1\nSummary: slow\nLicense: none\nBuildArch: noarch\n%%description\nslow\n%%pre\nsleep %s\n%%files\n' "$seconds" >slow.spec
rpmbuild -bb --define '_topdir /root/slow' slow.spec >/dev/null 2>&1
$install /root/slow/RPMS/noarch/pw-slow-1-1.noarch.rpm >/dev/null 2>&1 </dev/null &
echo $!
"#;

const SLOW_PACMAN: &str = r#"
mkdir -p /root/slow && cd /root/slow
printf 'pkgname = pw-slow\npkgver = 1-1\npkgdesc = slow\narch = any\nsize = 0\n' >.PKGINFO
printf 'post_install() {\n  sleep %s\n}\n' "$seconds" >.INSTALL
tar -czf slow.pkg.tar.gz .PKGINFO .INSTALL
pacman -U --noconfirm slow.pkg.tar.gz >/dev/null 2>&1 </dev/null &
echo $!
"#;

const FLOCK_APK: &str = r#"
flock /lib/apk/db/lock sleep "$seconds" >/dev/null 2>&1 </dev/null &
echo $!
"#;

/// Lets a process on the host hold the lock that a transaction needs, and gives its name and id.
pub(super) fn hold_packages(lab: &Lab, host: &str, seconds: u32) -> String {
    let (name, script) = match lab.manager(host) {
        "apt" => ("apt-get", SLOW_DEB),
        "pacman" => ("pacman", SLOW_PACMAN),
        "apk" => ("flock", FLOCK_APK),
        _ => ("rpm", SLOW_RPM),
    };
    hold(
        lab,
        host,
        name,
        &format!("seconds={seconds} install='rpm -U'\n{script}"),
    )
}

fn hold(lab: &Lab, host: &str, name: &str, script: &str) -> String {
    let pid = lab.shell(host, script);
    assert!(pid.parse::<u32>().is_ok(), "{host}: {pid}");
    std::thread::sleep(Duration::from_secs(3));
    format!("{name} (pid {pid}")
}

fn apply(lab: &Lab, host: &str, lock_wait: &str) -> Outcome {
    let state = format!("state-{host}");
    // The scan must not use up the time; pacman keeps no metadata of a scan.
    let refresh = if host == "arch" { "always" } else { "never" };
    lab.patchwave(&[
        "apply",
        "--yes",
        "--limit",
        host,
        "--refresh",
        refresh,
        "--format",
        "json",
        "--lock-wait",
        lock_wait,
        "--state-dir",
        &state,
    ])
}

/// Does it for every host at once.
fn on_each(lab: &Lab, check: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for host in &lab.hosts {
            let check = &check;
            scope.spawn(move || check(&host.name));
        }
    });
}

#[test]
#[ignore = "needs the lab"]
fn a_lock_of_a_minute_is_waited_for_and_its_holder_named() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let _ = lab.patchwave(&["scan", "--refresh", "always"]).expect_exit(0);
    on_each(&lab, |host| {
        let holder = hold_packages(&lab, host, 60);
        let clock = Instant::now();
        let outcome = apply(&lab, host, "5m").expect_exit(0);
        assert!(clock.elapsed() > Duration::from_secs(10), "{host}: it did not wait");
        let line = format!("{host}: waiting for the lock: {holder}");
        let lines = outcome
            .stderr
            .lines()
            .filter(|printed| printed.contains("waiting for the lock"));
        let lines: Vec<&str> = lines.collect();
        assert!(
            lines.iter().any(|printed| printed.contains(&line)),
            "{host}: {line}\n{}",
            outcome.stderr
        );
        assert_eq!(lines.len(), 1, "{host}: a line for every look\n{}", outcome.stderr);
        assert!(
            outcome.stderr.contains(&format!("{host}: the lock is free after ")),
            "{}",
            outcome.stderr
        );
        assert_eq!(outcome.host(host)["state"], "patched");
        let installed = lab.installed(host, "pw-lib").unwrap();
        assert!(installed.starts_with("1.1"), "{host}: pw-lib is at {installed}");
    });
}

#[test]
#[ignore = "needs the lab"]
fn a_lock_that_does_not_end_is_an_error_with_its_holder_and_nothing_changes() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let _ = lab.patchwave(&["scan", "--refresh", "always"]).expect_exit(0);
    on_each(&lab, |host| {
        let holder = hold_packages(&lab, host, 600);
        let before = lab.installed(host, "pw-lib");
        let outcome = apply(&lab, host, "4s").expect_exit(21);
        let error = outcome.host(host)["error"].clone();
        assert_eq!(error["code"], "E_LOCK", "{host}: {error:#}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&holder), "{host}: {holder}\n{message}");
        assert!(
            message.contains("waited 4 s") || message.contains("waited 5 s"),
            "{host}: {message}"
        );
        assert_eq!(lab.installed(host, "pw-lib"), before, "{host}");
    });
}

#[test]
#[ignore = "needs the lab"]
fn a_scan_names_who_keeps_it_from_refreshing() {
    let lab = Lab::up(&["deb12", "deb13", "rocky", "fedora", "suse", "alpine"]);
    on_each(&lab, |host| {
        let holder = match lab.manager(host) {
            "apt" => hold(&lab, host, "perl", FCNTL_LISTS),
            "dnf4" => hold(
                &lab,
                host,
                "sleep",
                "echo $$ >/dev/null; sleep 600 >/dev/null 2>&1 </dev/null & echo $! | tee /var/cache/dnf/metadata_lock.pid",
            ),
            "dnf5" => hold(
                &lab,
                host,
                "dnf5",
                &format!("seconds=600 install='dnf5 -y --no-gpgchecks install'\n{SLOW_RPM}"),
            ),
            // It calls itself so.
            "zypper" => hold(
                &lab,
                host,
                "Zypp-main",
                &format!("seconds=600 install='zypper -n --no-gpg-checks install'\n{SLOW_RPM}"),
            ),
            _ => hold_packages(&lab, host, 600),
        };
        let state = format!("state-{host}");
        let arguments = [
            "scan",
            host,
            "--refresh",
            "always",
            "--format",
            "json",
            "--lock-wait",
            "4s",
            "--state-dir",
            &state,
        ];
        let outcome = lab.patchwave(&arguments).expect_exit(20);
        let error = outcome.host(host)["error"].clone();
        assert_eq!(error["code"], "E_LOCK", "{host}: {error:#}");
        assert!(
            error["message"].as_str().unwrap().contains(&holder),
            "{host}: {holder}\n{error:#}"
        );
    });
}

/// What `apt-get update` locks, by the call that it uses.
const FCNTL_LISTS: &str = r#"
perl -e 'use Fcntl qw(:DEFAULT :flock F_SETLKW F_WRLCK); open(F, "+>", "/var/lib/apt/lists/lock") or die;
  my $lock = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLKW, $lock) or die; sleep 600' >/dev/null 2>&1 </dev/null &
echo $!
"#;
