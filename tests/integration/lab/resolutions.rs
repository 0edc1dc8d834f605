//! What each manager says about exactly planned versions, and that its jobs install them: older ones while newer ones
//! are offered, and such as have vanished from the repositories. What is installed is asked of the managers.

use patchwave::model::error::ErrorCode;
use patchwave::model::manager::Manager;
use patchwave::model::resolution::OfferSource::{Host, Repository};
use patchwave::remote::job::JobStep;
use patchwave::remote::secure::secured;

use super::host_jobs::{change, job, manager_of, offered, pair, refresh, resolve, steps, version};
use super::hosts::Lab;

fn lab_in(state: &str) -> (Lab, Vec<String>) {
    let lab = Lab::up(&[]);
    let hosts: Vec<String> = lab.hosts.iter().map(|host| host.name.clone()).collect();
    publish(&lab, &hosts, state);
    (lab, hosts)
}

fn publish(lab: &Lab, hosts: &[String], state: &str) {
    lab.publish(state);
    for host in hosts {
        refresh(lab, host);
    }
}

/// A repository of pacman holds one version.
fn keeps_older(lab: &Lab, host: &str) -> bool {
    manager_of(lab, host) != Manager::Pacman
}

/// What a mere question must not change, beside the packages.
fn wishes(lab: &Lab, host: &str) -> String {
    let marks = match manager_of(lab, host) {
        Manager::Apt => "apt-mark showauto",
        Manager::Dnf4 => "dnf -q -C repoquery --installed --qf '%{name} %{reason}' 'pw*'",
        Manager::Dnf5 => "dnf5 -q -C repoquery --installed --qf '%{name} %{reason}\\n' 'pw*'",
        Manager::Zypper => "grep -v '^#' /var/lib/zypp/AutoInstalled",
        Manager::Pacman => "pacman -Qd; cat /var/lib/pacman/sync/*.db 2>/dev/null | cksum",
        _ => "cat /etc/apk/world",
    };
    lab.shell(
        host,
        &format!("{marks}; ls /var/lib/patchwave 2>/dev/null; ls -d /tmp/tmp.* 2>/dev/null; true"),
    )
}

#[test]
#[ignore = "needs the lab"]
fn an_older_version_is_resolved_and_installed_while_a_newer_one_is_offered() {
    let (lab, hosts) = lab_in("both");
    for host in &hosts {
        let (old, newest) = (version(&lab, host, "1.1"), version(&lab, host, "1.2"));
        let changes = pair(&lab, host, "1.0", "1.1");
        let before = (lab.everything_installed(host), wishes(&lab, host));
        let found = resolve(&lab, host, &changes, &[]);
        assert_eq!((lab.everything_installed(host), wishes(&lab, host)), before, "{host}");
        if keeps_older(&lab, host) {
            assert_eq!(found.refusal, None, "{host}");
            assert_eq!(
                steps(&found),
                [format!("pw-app {old}"), format!("pw-lib {old}")],
                "{host}"
            );
            assert_eq!(offered(&found, "pw-lib", Repository), [old.clone(), newest], "{host}");
            assert_eq!(found.space, None, "{host}");
        } else {
            let refusal = found.refusal.clone().unwrap();
            assert_eq!(refusal.code, ErrorCode::Gone, "{host}");
            assert!(refusal.message.contains(&newest), "{}", refusal.message);
            assert_eq!(offered(&found, "pw-lib", Repository), [newest], "{host}");
        }
        let (log, code) = job(&lab, host, JobStep::Everything, &changes, &[]);
        let expected = if keeps_older(&lab, host) { "1.1" } else { "1.0" };
        assert_eq!(code == 0, keeps_older(&lab, host), "{host}: {log}");
        for package in ["pw-lib", "pw-app"] {
            assert_eq!(
                lab.installed(host, package),
                Some(version(&lab, host, expected)),
                "{host}: {log}"
            );
        }
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_version_that_vanished_is_not_offered_and_the_refusal_names_it() {
    let (lab, hosts) = lab_in("newest");
    for host in &hosts {
        let found = resolve(&lab, host, &pair(&lab, host, "1.0", "1.1"), &[]);
        assert_eq!(
            offered(&found, "pw-lib", Repository),
            [version(&lab, host, "1.2")],
            "{host}"
        );
        assert!(offered(&found, "pw-lib", Host).is_empty(), "{host}");
        assert!(found.steps.is_empty(), "{host}: {found:#?}");
        let refusal = found.refusal.clone().unwrap();
        assert_eq!(refusal.code, ErrorCode::Gone, "{host}: {}", refusal.message);
        assert!(refusal.message.contains("pw-"), "{host}: {}", refusal.message);
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_comes_along_what_must_be_present_and_who_uses_it_is_told() {
    let (lab, hosts) = lab_in("new");
    for host in &hosts {
        let extra = format!("pw-extra {}", version(&lab, host, "1.0"));
        let before = (lab.everything_installed(host), wishes(&lab, host));
        let newdep = change(&lab, host, "pw-newdep", Some("1.0"), "1.1");
        let found = resolve(&lab, host, std::slice::from_ref(&newdep), &[]);
        assert_eq!(found.refusal, None, "{host}");
        assert_eq!(
            steps(&found),
            [extra.clone(), format!("pw-newdep {}", newdep.to)],
            "{host}"
        );
        assert_eq!(
            offered(&found, "pw-extra", Repository),
            [version(&lab, host, "1.0")],
            "{host}"
        );
        // Alone, beside a change, and with one that is present already.
        let found = resolve(&lab, host, &[], &["pw-extra", "pw-lib"]);
        assert_eq!(
            (found.refusal.clone(), steps(&found)),
            (None, vec![extra.clone()]),
            "{host}"
        );
        let found = resolve(&lab, host, &pair(&lab, host, "1.0", "1.1"), &["pw-extra"]);
        assert!(
            steps(&found).contains(&extra) && found.steps.len() == 3,
            "{host}: {found:#?}"
        );
        let found = resolve(&lab, host, &[], &["pw-lib"]);
        assert_eq!((found.refusal.clone(), steps(&found)), (None, Vec::new()), "{host}");
        let found = resolve(&lab, host, &[], &["pw-nowhere"]);
        assert_eq!(found.refusal.unwrap().code, ErrorCode::Gone, "{host}");
        assert_eq!((lab.everything_installed(host), wishes(&lab, host)), before, "{host}");
        let (asked, user) = match manager_of(&lab, host) {
            Manager::Apk => ("musl", "init"),
            _ => ("pw-service", "pw-service.service"),
        };
        let found = match asked {
            "musl" => resolve(&lab, host, &[], &[asked]),
            _ => resolve(&lab, host, &[change(&lab, host, asked, Some("1.0"), "1.1")], &[]),
        };
        let users: Vec<_> = found
            .users
            .iter()
            .map(|user| (user.package.as_str(), user.unit.as_str()))
            .collect();
        assert!(users.contains(&(asked, user)), "{host}: {users:?}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn whether_the_installed_version_can_still_be_had_is_told() {
    let (lab, hosts) = lab_in("history");
    for host in &hosts {
        let found = resolve(&lab, host, &pair(&lab, host, "1.0", "1.1"), &[]);
        let old = offered(&found, "pw-lib", Repository).contains(&version(&lab, host, "1.0"));
        assert_eq!(old, keeps_older(&lab, host), "{host}");
    }
    publish(&lab, &hosts, "new");
    for host in &hosts {
        let found = resolve(&lab, host, &pair(&lab, host, "1.0", "1.1"), &[]);
        assert_eq!(
            offered(&found, "pw-lib", Repository),
            [version(&lab, host, "1.1")],
            "{host}"
        );
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_plan_of_new_packages_alone_is_installed_and_they_are_wanted() {
    let (lab, hosts) = lab_in("new");
    for host in &hosts {
        let changes = [change(&lab, host, "pw-extra", None, "1.0")];
        let (log, code) = job(&lab, host, JobStep::Everything, &changes, &["pw-extra"]);
        assert_eq!(code, 0, "{host}: {log}");
        assert_eq!(
            lab.installed(host, "pw-extra"),
            Some(version(&lab, host, "1.0")),
            "{host}"
        );
        let wanted = match manager_of(&lab, host) {
            Manager::Apt => "apt-mark showmanual pw-extra",
            Manager::Dnf4 => "dnf -q -C repoquery --installed --qf '%{name} %{reason}' pw-extra | grep user",
            Manager::Dnf5 => "dnf5 -q -C repoquery --installed --qf '%{name} %{reason}\\n' pw-extra | grep -i user",
            Manager::Zypper => "grep -x pw-extra /var/lib/zypp/AutoInstalled || echo pw-extra is wanted",
            Manager::Pacman => "pacman -Qe | grep pw-extra",
            _ => "grep -x pw-extra /etc/apk/world",
        };
        let said = lab.shell(host, &format!("{wanted} || true"));
        assert!(
            said.contains("pw-extra") && said != "pw-extra\npw-extra",
            "{host}: {said}"
        );
        if manager_of(&lab, host) == Manager::Zypper {
            assert_eq!(said, "pw-extra is wanted");
        }
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_was_downloaded_is_installed_although_the_repository_forgot_it() {
    let (lab, hosts) = lab_in("new");
    for host in &hosts {
        let changes = pair(&lab, host, "1.0", "1.1");
        let (log, code) = job(&lab, host, JobStep::DownloadOnly, &changes, &[]);
        assert_eq!(code, 0, "{host}: {log}");
    }
    publish(&lab, &hosts, "newest");
    for host in &hosts {
        let planned = version(&lab, host, "1.1");
        let changes = pair(&lab, host, "1.0", "1.1");
        // Its own cache may be emptied by anybody.
        lab.shell(
            host,
            "rm -f /var/cache/apt/archives/pw* /var/cache/pacman/pkg/pw*; dnf -q clean packages >/dev/null 2>&1; true",
        );
        let found = resolve(&lab, host, &changes, &[]);
        assert_eq!(found.refusal, None, "{host}");
        assert_eq!(
            offered(&found, "pw-lib", Host),
            std::slice::from_ref(&planned),
            "{host}"
        );
        assert_eq!(
            offered(&found, "pw-lib", Repository),
            [version(&lab, host, "1.2")],
            "{host}"
        );
        assert_eq!(
            steps(&found),
            [format!("pw-app {planned}"), format!("pw-lib {planned}")],
            "{host}"
        );
        // What is not what was kept is not installed.
        let kept = lab.shell(host, "ls /var/lib/patchwave/packages/pw-lib*");
        lab.shell(
            host,
            &format!("cp {kept} /root/kept; rm {kept}; {{ cat /root/kept; echo; }} >{kept}"),
        );
        let (log, code) = job(&lab, host, JobStep::Everything, &changes, &[]);
        assert_ne!(code, 0, "{host}: {log}");
        assert!(log.contains("its checksum is another one"), "{host}: {log}");
        assert_eq!(
            lab.installed(host, "pw-lib"),
            Some(version(&lab, host, "1.0")),
            "{host}"
        );
        lab.shell(host, &format!("cp /root/kept {kept}"));
        let before = wishes(&lab, host);
        let (log, code) = job(&lab, host, JobStep::Everything, &changes, &[]);
        assert_eq!(code, 0, "{host}: {log}");
        for package in ["pw-lib", "pw-app"] {
            assert_eq!(lab.installed(host, package), Some(planned.clone()), "{host}: {log}");
        }
        let without_versions = |text: &str| text.replace("1.0-1", "").replace("1.1-1", "");
        assert_eq!(
            without_versions(&wishes(&lab, host)),
            without_versions(&before),
            "{host}: {log}"
        );
    }
}

#[test]
#[ignore = "needs the lab"]
fn the_installed_versions_are_put_aside_and_what_cannot_be_had_is_named() {
    let (lab, hosts) = lab_in("history");
    for host in &hosts {
        let old = version(&lab, host, "1.0");
        let changes = pair(&lab, host, "1.0", "1.1");
        if !keeps_older(&lab, host) {
            let (log, code) = job(&lab, host, JobStep::Secure, &changes, &[]);
            let names: Vec<String> = secured(&log)
                .missing
                .iter()
                .map(|(key, _)| key.package.to_string())
                .collect();
            assert_eq!(
                (code, names),
                (0, vec!["pw-app".to_owned(), "pw-lib".to_owned()]),
                "{host}: {log}"
            );
            // Most hosts have it in the cache since it was installed.
            lab.control("publish", host, &["old"]);
            lab.shell(host, "pacman -Syw --noconfirm pw-lib pw-app >/dev/null");
            lab.control("publish", host, &["new"]);
        }
        let before = (
            lab.everything_installed(host),
            wishes(&lab, host).replace("packages", ""),
        );
        let (log, code) = job(&lab, host, JobStep::Secure, &changes, &[]);
        let found = secured(&log);
        let kept: Vec<String> = found
            .kept
            .iter()
            .map(|(key, version)| format!("{} {version}", key.package))
            .collect();
        assert_eq!(code, 0, "{host}: {log}");
        assert_eq!(
            kept,
            [format!("pw-app {old}"), format!("pw-lib {old}")],
            "{host}: {log}"
        );
        assert!(found.missing.is_empty(), "{host}: {log}");
        assert_eq!(lab.everything_installed(host), before.0, "{host}");
    }
    publish(&lab, &hosts, "newest");
    for host in &hosts {
        let found = resolve(&lab, host, &pair(&lab, host, "1.0", "1.2"), &[]);
        assert_eq!(offered(&found, "pw-lib", Host), [version(&lab, host, "1.0")], "{host}");
        assert_eq!(
            offered(&found, "pw-app", Repository),
            [version(&lab, host, "1.2")],
            "{host}"
        );
        assert_eq!(
            lab.shell(host, "stat -c %a /var/lib/patchwave/packages"),
            "700",
            "{host}"
        );
    }
}
