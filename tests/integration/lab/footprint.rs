//! What patchwave leaves on a host: nothing but what README.md says, and no unit; and what does not end a job.

use super::hosts::Lab;
use super::slow::{Running, let_go, stand_still, until_it_stands};

/// Every file but those of the package manager and its packages that is younger than the mark.
const YOUNGER: &str = "find /tmp /var/tmp /root /home /opt /usr/local /etc/systemd /run/systemd/transient /run/systemd/system \
 /etc/cron* /etc/init.d /var/spool /etc/sudoers* /etc/profile* -newer /mark ! -type d 2>/dev/null | grep -v '/slow.conf$'; \
 find / -xdev -name '*patchwave*' ! -path '/var/lib/patchwave' 2>/dev/null; \
 find /var/lib/patchwave ! -type d";

const MODES: &str = "stat -c '%a %U %n' /var/lib/patchwave /var/lib/patchwave/jobs";

const UNITS: &str = "if command -v systemctl >/dev/null; then systemctl list-units --all --no-legend 'patchwave-*'; \
 systemctl list-unit-files --no-legend 'patchwave-*'; systemctl --failed --no-legend 'patchwave-*'; fi; \
 ls /run/systemd/transient 2>/dev/null | grep patchwave || true";

#[test]
#[ignore = "needs the lab"]
fn nothing_is_left_on_a_host_but_what_the_readme_says() {
    let lab = Lab::up(&["deb12", "rocky", "alpine"]);
    lab.publish("new");
    lab.workplace.write(
        "all.yml",
        "name: all\nwaves: [{name: fleet, rest: true, parallel: 10}]\n",
    );
    for host in &lab.hosts {
        lab.shell(&host.name, "touch /mark; sleep 1");
    }
    let _ = lab
        .patchwave(&["apply", "all.yml", "--yes", "--refresh", "always"])
        .expect_exit(0);
    for host in &lab.hosts {
        let found = lab.shell(&host.name, &format!("{{ {YOUNGER}; }} | sort"));
        assert_eq!(
            found, "/var/lib/patchwave/lock\n/var/lib/patchwave/lock-holder",
            "{}",
            host.name
        );
        assert_eq!(
            lab.shell(&host.name, MODES),
            "700 root /var/lib/patchwave\n700 root /var/lib/patchwave/jobs",
            "{}",
            host.name
        );
        assert_eq!(lab.shell(&host.name, UNITS), "", "{}", host.name);
    }
}

#[test]
#[ignore = "needs the lab"]
fn an_upgrade_of_systemd_or_sshd_does_not_end_a_job() {
    let lab = Lab::up(&["deb12", "rocky"]);
    lab.publish("new");
    lab.workplace.write(
        "all.yml",
        "name: all\nwaves: [{name: fleet, rest: true, parallel: 10}]\n",
    );
    for host in &lab.hosts {
        stand_still(&lab, &host.name);
    }
    let running = Running::apply(&lab, &["all.yml", "--refresh", "always"]);
    for host in &lab.hosts {
        until_it_stands(&lab, &host.name);
        lab.shell(
            &host.name,
            "systemctl daemon-reexec; systemctl restart ssh.service || systemctl restart sshd.service",
        );
        // A script of the package that waits for systemd itself may be told to stop waiting; the job goes on.
        let_go(&lab, &host.name);
    }
    let outcome = running.end().expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(outcome.host(&host.name)["state"], "patched", "{}", outcome.stdout);
        assert_eq!(lab.shell(&host.name, UNITS), "", "{}", host.name);
    }
}
