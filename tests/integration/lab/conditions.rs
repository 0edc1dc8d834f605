//! What a host is like before and after its update: real services, sockets and mounts that an update takes away.

use serde_json::Value;

use super::hosts::Lab;

const TOLERANT: &str = "waves: [{name: fleet, rest: true, parallel: 7, max_failures: 100%}]\n";

fn apply(playbook: &str) -> [&str; 7] {
    ["apply", playbook, "--yes", "--refresh", "always", "--format", "json"]
}

fn differences(report: &Value) -> Vec<String> {
    let found = report["differences"].as_array().cloned().unwrap_or_default();
    found
        .iter()
        .map(|one| {
            let sign = if one["came"] == true { '+' } else { '-' };
            let end = if one["allowed"] == true { " allowed" } else { "" };
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            format!("{sign}{}:{}{end}", text("part"), text("what"))
        })
        .collect()
}

/// The images of these have no `mount`.
fn has_mount(host: &str) -> bool {
    !matches!(host, "arch" | "fedora")
}

/// Something listens at port 8080, and where the host can, a file system is mounted at /srv.
fn listen_and_mount(lab: &Lab, host: &str) {
    if has_mount(host) {
        lab.shell(host, "mkdir -p /srv; mountpoint -q /srv || mount -t tmpfs none /srv");
    }
    if host == "alpine" {
        let listen = "printf '#!/sbin/openrc-run\\ncommand=/bin/busybox\\ncommand_args=\"nc -lk -p 8080 -e /bin/true\"\\n\
             command_background=yes\\npidfile=/run/pw-listen.pid\\n' >/etc/init.d/pw-listen; \
             chmod 755 /etc/init.d/pw-listen; rc-service pw-listen start >/dev/null";
        lab.shell(host, listen);
    } else {
        let listen = "printf '[Socket]\\nListenStream=8080\\nAccept=yes\\n' >/etc/systemd/system/pw-listen.socket; \
             printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/pw-listen@.service; \
             systemctl daemon-reload; systemctl start pw-listen.socket";
        lab.shell(host, listen);
    }
}

/// Socket and unit, and the mount where there is one.
fn expected(host: &str) -> usize {
    2 + usize::from(has_mount(host))
}

/// Does that on the host as soon as a job of patchwave runs there: an update that does more than it should.
fn when_patched(lab: &Lab, host: &str, action: &str) {
    let waits = format!(
        "n=0; until ls /var/lib/patchwave/jobs/*/pid >/dev/null 2>&1 || [ $n -ge 1200 ]; do sleep 0.1; n=$((n+1)); done; \
         {action}"
    );
    let script = format!("setsid sh -c '{waits}' </dev/null >/dev/null 2>&1 &");
    lab.shell(host, &script);
}

fn stop(host: &str) -> &'static str {
    if host == "alpine" {
        "rc-service pw-listen stop"
    } else {
        "systemctl stop pw-listen.socket"
    }
}

#[test]
#[ignore = "needs the lab"]
fn an_ordinary_update_makes_no_difference_on_any_host() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    for host in &lab.hosts {
        listen_and_mount(&lab, &host.name);
    }
    lab.workplace.write("all.yml", &format!("name: all\n{TOLERANT}"));
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(0);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        assert_eq!(report["state"], "patched", "{report:#}");
        assert_eq!(differences(&report), [""; 0], "{}", host.name);
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_an_update_takes_away_fails_the_host_unless_it_is_allowed() {
    let lab = Lab::up(&["deb12", "rocky", "alpine", "suse", "arch"]);
    lab.publish("new");
    for host in &lab.hosts {
        listen_and_mount(&lab, &host.name);
        when_patched(&lab, &host.name, &format!("{}; umount /srv || true", stop(&host.name)));
    }
    let playbook = format!("name: all\n{TOLERANT}condition: {{settle: 3s}}\n");
    lab.workplace.write("all.yml", &playbook);
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(21);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        assert_eq!(report["state"], "failed", "{report:#}");
        assert_eq!(report["error"]["code"], "E_SERVICE", "{report:#}");
        let found = differences(&report);
        let socket = if host.name == "alpine" {
            "-socket:tcp 0.0.0.0:8080"
        } else {
            "-socket:tcp [::]:8080"
        };
        let is_socket = |line: &String| line == socket || line == "-socket:tcp [::]:8080";
        assert!(found.iter().any(is_socket), "{}: {found:?}", host.name);
        assert_eq!(
            found.contains(&"-mount:/srv tmpfs".to_owned()),
            has_mount(&host.name),
            "{}: {found:?}",
            host.name
        );
        let unit = if host.name == "alpine" {
            "-active-unit:pw-listen"
        } else {
            "-active-unit:pw-listen.socket"
        };
        assert!(found.contains(&unit.to_owned()), "{}: {found:?}", host.name);
        assert_eq!(found.len(), expected(&host.name), "{}: {found:?}", host.name);
    }
    let shown = lab.patchwave(&["show", "last", "deb12"]).expect_exit(0);
    assert!(
        shown.stdout.contains("the mount /srv tmpfs is gone"),
        "{}",
        shown.stdout
    );
    // The same again, and now it is meant.
    lab.publish("newest");
    for host in &lab.hosts {
        listen_and_mount(&lab, &host.name);
        when_patched(&lab, &host.name, &format!("{}; umount /srv || true", stop(&host.name)));
    }
    let allow = "condition: {settle: 3s, allow: [\"socket:tcp *:8080\", \"mount:/srv *\", \"active-unit:pw-listen*\"]}";
    lab.workplace
        .write("all.yml", &format!("name: all\n{TOLERANT}{allow}\n"));
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(0);
    for host in &lab.hosts {
        let found = differences(&outcome.host(&host.name));
        assert_eq!(found.len(), expected(&host.name), "{}: {found:?}", host.name);
        assert!(found.iter().all(|line| line.ends_with(" allowed")), "{found:?}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_service_that_is_late_fails_nobody_and_a_new_socket_does() {
    let lab = Lab::up(&["deb13", "alpine"]);
    lab.publish("new");
    lab.workplace.write("all.yml", &format!("name: all\n{TOLERANT}"));
    for host in &lab.hosts {
        listen_and_mount(&lab, &host.name);
        let start = stop(&host.name).replace("stop", "start");
        when_patched(&lab, &host.name, &format!("{}; sleep 12; {start}", stop(&host.name)));
    }
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(0);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        assert_eq!(differences(&report), [""; 0], "{report:#}");
    }
    lab.publish("newest");
    for host in &lab.hosts {
        lab.shell(&host.name, stop(&host.name));
        let start = stop(&host.name).replace("stop", "start");
        when_patched(&lab, &host.name, &start);
    }
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(21);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        assert_eq!(report["error"]["code"], "E_SERVICE", "{report:#}");
        let found = differences(&report);
        assert!(found.iter().any(|line| line.starts_with("+socket:tcp ")), "{found:?}");
    }
    // Nothing but failed units is compared where the playbook says so.
    lab.publish("both");
    lab.workplace.write(
        "all.yml",
        &format!("name: all\n{TOLERANT}condition: {{compare: false}}\n"),
    );
    for host in &lab.hosts {
        lab.shell(
            &host.name,
            &format!("rm -rf /var/lib/patchwave/jobs/*; {}", stop(&host.name)),
        );
    }
    let _ = lab.patchwave(&apply("all.yml")).expect_exit(0);
}
