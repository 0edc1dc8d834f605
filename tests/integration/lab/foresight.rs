//! What a plan foresees is what then happens: restarts, and what there is no way back from.

use serde_json::Value;

use super::hosts::Lab;

fn texts(values: &Value) -> Vec<String> {
    let values = values.as_array().into_iter().flatten();
    values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// A library that nothing but one service maps, as a part of the package `pw-lib`: an update removes the file.
fn make_user(lab: &Lab, host: &str, file: &str) {
    lab.shell(
        host,
        &format!(
            "printf '[Service]\\nType=exec\\nExecStart={file} 100000\\n' >/run/systemd/system/pw-user.service && \
             systemctl daemon-reload && systemctl start pw-user"
        ),
    );
}

#[test]
#[ignore = "needs the lab"]
fn what_cannot_be_taken_back_is_foreseen_and_what_can_is_not() {
    let lab = Lab::up(&["deb12", "rocky"]);
    let plan = ["plan", "--refresh", "always", "--format", "json"];
    let irreversible = |host: &str| {
        let document = lab.patchwave(&plan).expect_exit(0).json();
        let rows = document["risk"]["irreversible"].as_array().unwrap().clone();
        let concerned = rows
            .iter()
            .filter(|row| texts(&row["hosts"]).contains(&host.to_owned()));
        concerned
            .filter_map(|row| row["package"].as_str().map(str::to_owned))
            .collect::<Vec<String>>()
    };
    // `new` has 1.1 alone; `history` has 1.0 beside it.
    lab.publish("new");
    for host in ["deb12", "rocky"] {
        assert!(irreversible(host).contains(&"pw-lib".to_owned()), "{host}");
    }
    lab.publish("history");
    for host in ["deb12", "rocky"] {
        assert!(!irreversible(host).contains(&"pw-lib".to_owned()), "{host}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn the_foreseen_restarts_and_reboots_are_those_that_are_needed_afterwards() {
    let lab = Lab::up(&["deb12", "rocky"]);
    lab.publish("new");
    for host in &lab.hosts {
        let file = lab.shell(
            &host.name,
            "f=$( (dpkg -L pw-app || rpm -ql pw-app) 2>/dev/null | while read -r p; do \
             if [ -f \"$p\" ]; then echo \"$p\"; fi; done | head -n 1); \
             cp -a \"$f\" \"$f.kept\"; cp /bin/sleep \"$f\"; chmod 755 \"$f\"; echo \"$f\"",
        );
        make_user(&lab, &host.name, &file);
    }
    let document = lab
        .patchwave(&["plan", "--refresh", "always", "--format", "json"])
        .expect_exit(0)
        .json();
    let risk = &document["risk"];
    let row = risk["restarts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["unit"] == "pw-user.service");
    let row = row.unwrap_or_else(|| panic!("{risk:#}"));
    assert_eq!(texts(&row["hosts"]), ["deb12", "rocky"], "{risk:#}");
    assert_eq!(risk["reboots"], serde_json::json!([]), "{risk:#}");
    assert_eq!(risk["reboots_left_out"], serde_json::json!([]), "{risk:#}");
    let outcome = lab
        .patchwave(&["apply", "--yes", "--refresh", "always", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        let report = outcome.host(&host.name);
        let needed: Vec<&str> = report["needs_restart"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["unit"].as_str())
            .collect();
        assert_eq!(needed, ["pw-user.service"], "{report:#}");
        assert_eq!(report["rebooted"], false, "{report:#}");
    }
    let scan = lab
        .patchwave(&["scan", "--refresh", "never", "--format", "json"])
        .expect_exit(0);
    for host in &lab.hosts {
        assert_eq!(
            scan.host(&host.name)["facts"]["reboot"]["required"],
            false,
            "{}",
            host.name
        );
    }
}
