//! What a host is like, and what keeps it from being rebooted, under every shell.

use std::fs;

use crate::model::manager::Manager;
use crate::model::reboot_rule::Blocker;

use super::super::condition::{Extent, condition_script, parse_condition};
use super::super::reboot_blockers::{blockers_script, parse_blockers};
use super::world::World;
use super::{alike, answer, nonce};

fn write(world: &World, path: &str, text: &str) {
    let path = world.path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn systemd(world: &World) {
    fs::create_dir_all(world.path("/run/systemd/system")).unwrap();
    world.stub(
        "systemctl",
        "#!/bin/sh\ncase $* in\n  show*) printf 'Id=web.service\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n\\n\
         Id=idle.service\\nActiveState=inactive\\nSubState=dead\\nUnitFileState=enabled\\nConditionResult=no\\n\
         ConditionTimestampMonotonic=5\\n' ;;\n  *failed*) echo 'bad.service loaded failed failed Bad' ;;\n\
         *borg*) echo 'borg.service loaded active running Borg' ;;\nesac\n",
    );
}

#[test]
fn a_look_is_the_same_under_every_shell() {
    alike(Manager::Apt, |world| {
        systemd(world);
        write(world, "/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
        let line = |place: &str, state: &str| {
            format!(
                "   0: {place} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
            )
        };
        let tcp = [
            head.to_owned(),
            line("00000000:0016", "0A"),
            line("0100007F:0050", "01"),
        ]
        .concat();
        write(world, "/proc/net/tcp", &tcp);
        write(
            world,
            "/proc/net/udp",
            &[head.to_owned(), line("00000000:007B", "07")].concat(),
        );
        write(
            world,
            "/proc/net/unix",
            "Num       RefCount Protocol Flags    Type St Inode Path\n0: 00000002 00000000 00010000 0001 01 1 /run/a.sock\n\
             0: 00000002 00000000 00000000 0002 01 2 /run/b.sock\n",
        );
        write(
            world,
            "/proc/self/mountinfo",
            "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n2 1 8:2 / /srv rw - xfs /dev/sdb rw\n",
        );
        write(
            world,
            "/proc/net/route",
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0100000A\t3\t0\t0\t0\t00000000\n",
        );
        write(world, "/etc/resolv.conf", "# c\nnameserver 10.0.0.1\n");
        let script = condition_script(Extent::Everything, nonce()).unwrap();
        let (output, text) = answer(world, &script);
        let seen = parse_condition(&output, &nonce()).unwrap();
        let list = |set: Option<std::collections::BTreeSet<String>>| set.map(Vec::from_iter).unwrap_or_default();
        assert_eq!(list(seen.failed_units), ["bad.service"], "{text}");
        assert_eq!(list(seen.active_units), ["web.service"], "{text}");
        assert!(seen.left_out_units.contains("idle.service"), "{text}");
        assert_eq!(
            list(seen.sockets),
            ["tcp 0.0.0.0:22", "udp 0.0.0.0:123", "unix /run/a.sock"],
            "{text}"
        );
        assert_eq!(list(seen.mounts), ["/ ext4", "/srv xfs"], "{text}");
        assert_eq!(list(seen.routes), ["default via 10.0.0.1 dev eth0"], "{text}");
        assert_eq!(list(seen.resolver), ["nameserver 10.0.0.1"], "{text}");
        text
    });
}

#[test]
fn blockers_are_the_same_under_every_shell() {
    let command = |words: &[&str]| Blocker::Command(words.iter().map(|word| (*word).to_owned()).collect());
    let blockers = [
        Blocker::Users,
        Blocker::Inhibitors,
        Blocker::Unit("borg*".to_owned()),
        Blocker::File("/run/backup.lock".to_owned()),
        command(&["sh", "-c", "echo not  yet; exit 3"]),
        command(&["true"]),
        Blocker::File("/run/nothing".to_owned()),
    ];
    alike(Manager::Apt, |world| {
        systemd(world);
        world.stub("loginctl", "#!/bin/sh\n");
        world.stub(
            "who",
            "#!/bin/sh\necho 'anna     sshd pts/7   Nov 22 07:28 (10.0.0.1)'\n",
        );
        world.stub(
            "systemd-inhibit",
            "#!/bin/sh\necho 'WHO UID USER PID COMM WHAT WHY MODE'\necho 'backup 0 root 9 borg shutdown:sleep nightly block'\n\
             echo 'lid 0 root 9 logind sleep shutdown block'\necho 'unattended 0 root 9 u shutdown x delay'\n",
        );
        write(world, "/run/backup.lock", "");
        let path = world.path("/run/backup.lock").display().to_string();
        let mut own = blockers.to_vec();
        own[3] = Blocker::File(path);
        let (output, text) = answer(world, &blockers_script(&own, nonce()).unwrap());
        let found = parse_blockers(&own, &output, &nonce()).unwrap();
        assert_eq!(found.len(), 5, "{found:?}\n{text}");
        assert_eq!(found[0], "anna on pts/7 is logged in");
        assert!(found[1].contains("backup 0 root 9 borg"), "{found:?}");
        assert_eq!(found[2], "borg.service runs");
        assert_eq!(found[4], "`sh -c echo not  yet; exit 3`: exit 3: not yet");
        text
    });
}

#[test]
fn a_list_of_sessions_that_cannot_be_read_is_not_taken_for_nobody() {
    alike(Manager::Apt, |world| {
        systemd(world);
        world.stub("who", "#!/bin/sh\n");
        world.stub("loginctl", "#!/bin/sh\necho 'no bus' >&2\nexit 1\n");
        let blockers = [Blocker::Users];
        let (output, text) = answer(world, &blockers_script(&blockers, nonce()).unwrap());
        let found = parse_blockers(&blockers, &output, &nonce()).unwrap();
        assert_eq!(found, ["the users that are logged in could not be looked at"], "{text}");
        // Without logind there are no sessions to be told.
        world.stub("systemctl", "#!/bin/sh\nexit 3\n");
        let (output, text) = answer(world, &blockers_script(&blockers, nonce()).unwrap());
        assert!(parse_blockers(&blockers, &output, &nonce()).unwrap().is_empty());
        text
    });
}
