//! Repairs of systems that were really broken: an interrupted dpkg, a script that failed, a lock that was left over,
//! an rpm database with a damaged file. Whether they are whole again is asked of the managers themselves.

use serde_json::Value;

use super::hosts::Lab;

/// Leaves `pw-fail` half-configured; its script then works.
const HALF_CONFIGURE: &str = "apt-get -q update >/dev/null 2>&1
DEBIAN_FRONTEND=noninteractive apt-get -y -q install pw-fail >/dev/null 2>&1
printf '#!/bin/sh\\nexit 0\\n' >/var/lib/dpkg/info/pw-fail.postinst
dpkg-query -W -f '${db:Status-Abbrev}' pw-fail";

/// Kills apt and dpkg while a script of theirs runs.
const KILL_DPKG: &str = r#"mkdir -p /root/slow/DEBIAN && cd /root
printf 'Package: pw-slow\nVersion: 1\nArchitecture: all\nMaintainer: lab <lab@lab>\nDescription: slow\n' >slow/DEBIAN/control
printf '#!/bin/sh\n[ -e /root/quick ] || exec sleep 60\n' >slow/DEBIAN/postinst && chmod 755 slow/DEBIAN/postinst
dpkg-deb -b slow slow.deb >/dev/null
dpkg -i slow.deb >/dev/null 2>&1 </dev/null & dpkg=$!
sleep 3
kill -9 "$dpkg"
: >/root/quick
sleep 1
dpkg-query -W -f '${db:Status-Abbrev}' pw-slow"#;

const APK_BROKEN: &str =
    "apk update -q; apk upgrade pw-fail >/dev/null 2>&1; grep -c '^f:.*[sS]' /lib/apk/db/installed";

const STALE_LOCK: &str = ": >/var/lib/pacman/db.lck; touch -d '2 hours ago' /var/lib/pacman/db.lck; echo stale";

/// Empties the table by which packages are found by name, behind the back of its index.
const DAMAGE_RPM: &str = r#"python3 - <<'E'
import sqlite3
def change(work):
    database = sqlite3.connect("/var/lib/rpm/rpmdb.sqlite")
    database.execute("PRAGMA writable_schema=ON")
    found = work(database)
    database.commit()
    database.close()
    return found
question = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'Name'"
index = change(lambda d: d.execute(question).fetchone())
change(lambda d: d.execute("DELETE FROM sqlite_master WHERE name = ?", (index[1],)))
change(lambda d: d.execute("DELETE FROM Name"))
change(lambda d: d.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", index))
E
rpm -q pw-lib >/dev/null 2>&1; echo $?"#;

fn host<'a>(document: &'a Value, name: &str) -> &'a Value {
    let hosts = document["hosts"].as_array().unwrap();
    hosts.iter().find(|host| host["name"] == name).unwrap()
}

#[test]
#[ignore = "needs the lab"]
fn what_is_broken_is_mended_and_what_is_fine_is_left_alone() {
    let lab = Lab::up(&["deb12", "deb13", "suse", "arch", "rocky"]);
    lab.publish("broken");
    assert_eq!(lab.shell("deb12", HALF_CONFIGURE), "iF");
    let killed = lab.shell("deb13", KILL_DPKG);
    assert!(killed == "iF" || killed == "iU", "{killed}");
    assert_eq!(lab.shell("arch", STALE_LOCK), "stale");
    assert_ne!(lab.shell("rocky", DAMAGE_RPM), "0");
    let before = lab.everything_installed("suse");
    let broken = ["deb12", "deb13", "arch", "rocky"];

    let look = lab
        .patchwave(&["repair", "--dry-run", "--format", "json"])
        .expect_exit(0)
        .json();
    for name in broken {
        assert_eq!(host(&look, name)["state"], "broken", "{look:#}");
    }
    assert_eq!(host(&look, "suse")["state"], "fine", "{look:#}");
    assert_eq!(lab.shell("arch", "ls /var/lib/pacman/db.lck"), "/var/lib/pacman/db.lck");

    let mended = lab
        .patchwave(&["repair", "--yes", "--format", "json"])
        .expect_exit(0)
        .json();
    for name in broken {
        let entry = host(&mended, name);
        assert_eq!(entry["state"], "repaired", "{entry:#}");
        assert!(!entry["actions"].as_array().unwrap().is_empty(), "{entry:#}");
    }
    assert_eq!(host(&mended, "suse")["state"], "fine");
    assert_eq!(host(&mended, "suse")["actions"], serde_json::json!([]));
    assert_eq!(
        lab.everything_installed("suse"),
        before,
        "a host that was fine was touched"
    );
    assert_eq!(
        lab.shell("deb12", "dpkg-query -W -f '${db:Status-Abbrev}' pw-fail; dpkg --audit"),
        "ii"
    );
    assert_eq!(
        lab.shell("deb13", "dpkg-query -W -f '${db:Status-Abbrev}' pw-slow; dpkg --audit"),
        "ii"
    );
    assert_eq!(lab.shell("arch", "ls /var/lib/pacman/db.lck 2>/dev/null || true"), "");
    assert!(
        lab.shell("rocky", "rpm -q pw-lib && rpmdb --verifydb && echo sound")
            .ends_with("sound")
    );

    let again = lab
        .patchwave(&["repair", "--yes", "--format", "json"])
        .expect_exit(0)
        .json();
    for entry in again["hosts"].as_array().unwrap() {
        assert_eq!(entry["state"], "fine", "{entry:#}");
    }
}

#[test]
#[ignore = "needs the lab"]
fn what_a_repair_cannot_mend_is_a_failure_and_its_remedy_leads_here() {
    let lab = Lab::up(&["alpine", "arch"]);
    lab.publish("broken");
    lab.shell("alpine", APK_BROKEN);
    assert_eq!(lab.shell("arch", STALE_LOCK), "stale");
    // Without a yes nothing is contacted.
    let _ = lab.patchwave(&["repair"]).expect_exit(2);
    let both = "waves: [{name: both, rest: true, max_failures: 2}]\n";
    let _ = lab.workplace.write("both.yml", both);
    let stopped = lab
        .patchwave(&["apply", "both.yml", "--yes", "--refresh", "always", "--format", "json"])
        .expect_exit(21);
    for name in ["alpine", "arch"] {
        let error = &stopped.host(name)["error"];
        assert_eq!(error["code"], "E_BROKEN", "{name}: {error:#}");
        assert!(
            error["hint"].as_str().unwrap().contains("patchwave repair"),
            "{error:#}"
        );
    }
    let outcome = lab
        .patchwave(&["repair", "--yes", "--format", "json"])
        .expect_exit(20)
        .json();
    // The script of this package fails on purpose, whenever it is run.
    assert_eq!(host(&outcome, "alpine")["state"], "failed", "{outcome:#}");
    assert_eq!(host(&outcome, "arch")["state"], "repaired", "{outcome:#}");
}
