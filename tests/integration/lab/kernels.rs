//! Packages that are installed beside their older versions: what dnf says of them is understood, and the job brings
//! them about.

use patchwave::model::error::ErrorCode;
use patchwave::remote::job::JobStep;

use super::host_jobs::{change, job, refresh, resolve, steps, version};
use super::hosts::Lab;

#[test]
#[ignore = "needs the lab"]
fn a_kernel_is_planned_and_installed_beside_the_older_one() {
    let lab = Lab::up(&["rocky", "fedora"]);
    for host in ["rocky", "fedora"] {
        lab.control("extras", host, &[]);
        refresh(&lab, host);
        let kernel = [change(&lab, host, "pwx-kernel", Some("1.0"), "1.1")];
        let expected = format!("pwx-kernel {}", version(&lab, host, "1.1"));
        let found = resolve(&lab, host, &kernel, &[]);
        assert_eq!(found.refusal, None, "{host}");
        assert_eq!(steps(&found), [expected], "{host}");
        let elsewhere = [change(&lab, host, "pwx-kernel", Some("0.9"), "1.1")];
        let refusal = resolve(&lab, host, &elsewhere, &[]).refusal;
        assert_eq!(refusal.map(|error| error.code), Some(ErrorCode::Drift), "{host}");
    }
    let planned = lab
        .patchwave(&["plan", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in ["rocky", "fedora"] {
        let text = planned.host(host)["changes"].to_string();
        assert!(text.contains("pwx-kernel"), "{host}: {text}");
        let kernel = [change(&lab, host, "pwx-kernel", Some("1.0"), "1.1")];
        let (log, code) = job(&lab, host, JobStep::Everything, &kernel, &[]);
        assert_eq!(code, 0, "{host}: {log}");
        assert_eq!(
            lab.shell(host, "rpm -q --qf '%{VERSION}\\n' pwx-kernel | sort | tr '\\n' ' '")
                .trim(),
            "1.0 1.1",
            "{host}"
        );
    }
}

#[test]
#[ignore = "needs the lab"]
fn a_wanted_name_is_neither_a_pattern_nor_what_another_package_provides() {
    let lab = Lab::up(&[]);
    lab.publish("new");
    let hosts: Vec<String> = lab.hosts.iter().map(|host| host.name.clone()).collect();
    for host in &hosts {
        refresh(&lab, host);
        for wanted in ["pw.extra", "pw-new.p"] {
            let found = resolve(&lab, host, &[], &[wanted]);
            let refusal = found.refusal.map(|error| error.code);
            assert!(
                matches!(refusal, Some(ErrorCode::Gone | ErrorCode::Dep)),
                "{host} {wanted}: {refusal:?}"
            );
        }
    }
}
