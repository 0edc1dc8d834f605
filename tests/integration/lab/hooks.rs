//! Hooks on real hosts: as root, with the document on standard input, and undone; and on the controller.

use serde_json::Value;

use super::hosts::Lab;

/// The shells and the tools of Debian, of Alpine (busybox) and of the Red Hat family.
const HOSTS: [&str; 3] = ["alpine", "deb12", "rocky"];

const PLAYBOOK: &str = r#"
name: all
waves: [{name: fleet, rest: true, parallel: 3}]
hooks:
  - name: drain
    at: pre-patch
    shell: |
      set -e
      cat > /root/document
      printf '%s\n' "$(id -u) $PATCHWAVE_HOST $PATCHWAVE_AT {{ host.name }}" > /root/drained
    undo: {shell: "cat > /root/undone; rm /root/drained"}
"#;

fn apply(playbook: &str) -> [&str; 7] {
    ["apply", playbook, "--yes", "--refresh", "always", "--format", "json"]
}

#[test]
#[ignore = "needs the lab"]
fn a_hook_on_the_host_runs_as_root_with_its_document_and_is_undone() {
    let lab = Lab::up(&HOSTS);
    lab.publish("new");
    // That it was drained while it was patched, the host's own clock of files tells.
    let playbook = format!("{PLAYBOOK}  - {{name: look, at: post-patch, run: [cp, /root/drained, /root/seen]}}\n");
    lab.workplace.write("all.yml", &playbook);
    let outcome = lab.patchwave(&apply("all.yml")).expect_exit(0);
    for host in &lab.hosts {
        let name = &host.name;
        assert_eq!(outcome.host(name)["state"], "patched");
        assert_eq!(
            lab.shell(name, "cat /root/seen").trim(),
            format!("0 {name} pre-patch {name}")
        );
        assert!(
            lab.shell(name, "ls /root/drained 2>&1 || true")
                .contains("No such file")
        );
        let document: Value = serde_json::from_str(&lab.shell(name, "cat /root/document")).unwrap();
        assert_eq!(document["host"]["name"], name.as_str());
        assert_eq!(document["state"], "unchanged");
        assert!(!document["changes"].as_array().unwrap().is_empty());
        let undone: Value = serde_json::from_str(&lab.shell(name, "cat /root/undone")).unwrap();
        assert_eq!(
            (&undone["undo"], &undone["state"]),
            (&Value::Bool(true), &Value::from("patched"))
        );
    }
    let shown = lab.patchwave(&["show", "last", "alpine"]).expect_exit(0);
    assert!(shown.stdout.contains("hook `drain` is done"), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("the undoing of hook `drain` is done"),
        "{}",
        shown.stdout
    );
}

#[test]
#[ignore = "needs the lab"]
fn a_hook_whose_time_is_up_is_ended_on_the_host_and_nothing_is_changed() {
    let lab = Lab::up(&HOSTS);
    lab.publish("new");
    lab.workplace.write(
        "slow.yml",
        "name: slow\nwaves: [{name: fleet, rest: true, parallel: 3, max_failures: 3}]\nhooks:\n  \
         - {name: slow, at: pre-patch, timeout: 2s, shell: \"echo $$ > /root/pid; sleep 300 & sleep 301\", \
         undo: [touch, /root/undone]}\n",
    );
    let before: Vec<_> = lab
        .hosts
        .iter()
        .map(|host| lab.installed(&host.name, "pw-lib"))
        .collect();
    let outcome = lab.patchwave(&apply("slow.yml")).expect_exit(21);
    for (host, before) in lab.hosts.iter().zip(&before) {
        let report = outcome.host(&host.name);
        assert_eq!(report["error"]["code"], "E_HOOK", "{report:#}");
        assert!(
            report["error"]["message"].as_str().unwrap().contains("ended after 2 s"),
            "{report:#}"
        );
        assert_eq!(&lab.installed(&host.name, "pw-lib"), before);
        lab.shell(&host.name, "ls /root/undone");
        let left = lab.shell(
            &host.name,
            "ps ax 2>/dev/null | grep 'sleep 30[01]' | grep -v grep || true",
        );
        assert_eq!(left.trim(), "", "{}", host.name);
    }
}
