//! What is read of a host's condition, and what is left out of it.

use super::super::frame::FrameWriter;
use super::super::script::Nonce;
use super::*;

fn read(sections: &[(&str, &str, i32)]) -> Condition {
    let nonce = Nonce::from_bits(1);
    let mut writer = FrameWriter::new(nonce.clone());
    for (name, text, code) in sections {
        writer.section(name, text, "", *code);
    }
    parse_condition(&writer.finish(), &nonce).unwrap()
}

fn list(set: Option<BTreeSet<String>>) -> Vec<String> {
    set.unwrap().into_iter().collect()
}

#[test]
fn a_section_that_failed_or_is_missing_is_unknown() {
    let seen = read(&[("failed-units", "a.service\n", 0), ("mounts", "1 0 / ext4\n", 75)]);
    assert_eq!(list(seen.failed_units), ["a.service"]);
    assert_eq!((seen.mounts, seen.routes, seen.sockets), (None, None, None));
}

#[test]
fn units_that_come_and_go_by_themselves_are_left_out() {
    let text = "ssh.service active running enabled w\n\
        web.service active running disabled -\n\
        firewall.service active exited enabled w\n\
        systemd-sysusers.service active exited static w\n\
        systemd-logind.service active running static bw\n\
        packagekit.service active running static b\n\
        systemd-hostnamed.service active running static ab\n\
        man-db.service active running static a\n\
        apt-daily.service activating start static a\n\
        apt-daily.timer active waiting enabled w\n\
        run-u12.service active running transient t\n\
        backup-once.service active running transient t\n\
        patchwave-job-1.service active running - t\n\
        user@0.service active running static w\n\
        user-runtime-dir@0.service active exited static w\n\
        ssh@1-10.0.0.1:22-10.0.0.2:4711.service active running static a\n\
        systemd-pstore.service inactive dead enabled wc\n\
        dbus.socket active running static w\n\
        half a line\n";
    let seen = read(&[("active-units", text, 0)]);
    assert_eq!(
        list(seen.active_units),
        [
            "apt-daily.timer",
            "dbus.socket",
            "firewall.service",
            "ssh.service",
            "systemd-logind.service",
            "web.service"
        ]
    );
    assert_eq!(list(Some(seen.left_out_units)), ["systemd-pstore.service"]);
}

#[test]
fn sockets_are_named_by_address_and_port_and_clients_are_left_out() {
    let text = "range 32768 60999\n\
        tcp 00000000:0016 sshd\n\
        tcp6 00000000000000000000000000000000:0016 sshd\n\
        tcp 0100007F:177A login\n\
        tcp 0100007F:0CEA mariadbd\n\
        tcp6 00000000000000000000000001000000:0277 cupsd\n\
        tcp6 0000000000000000FFFF00000100007F:1F90 java\n\
        tcp 00000000:A3F1 rpc.mountd\n\
        tcp 00000000:A3F2 -\n\
        udp 00000000:D431 named\n\
        udp 00000000:0044 dhclient\n\
        udp 00000000:0385 rpc.statd\n\
        udp 00000000:006F rpcbind\n\
        udp6 000080FE00000000FF005450000000FE:007B ntpd\n\
        udp6 B80D0120000000000000000001000000:007B ntpd\n\
        unix /run/dbus/system_bus_socket\n\
        unix /run/user/1000/bus\n\
        unix /run/systemd/private\n\
        unix /tmp/ssh-XXXX/agent.12\n\
        unix /run/php/php8.2-fpm.sock\n\
        unix /var/run/postgresql/.s.PGSQL.5432\n\
        unix /run/app/worker-81723.sock\n\
        text tcp4 *:25 sendmail\n";
    let seen = read(&[("sockets", text, 0)]);
    assert_eq!(seen.processes.get("tcp 0.0.0.0:22").map(String::as_str), Some("sshd"));
    assert_eq!(
        list(seen.sockets),
        [
            "tcp 0.0.0.0:22",
            "tcp 0.0.0.0:any",
            "tcp 0.0.0.0:any rpc.mountd",
            "tcp 127.0.0.1:3306",
            "tcp 127.0.0.1:8080",
            "tcp [::1]:631",
            "tcp [::]:22",
            "tcp4 *:25",
            "udp 0.0.0.0:111",
            "udp 0.0.0.0:68",
            "udp [link-local]:123",
            "udp [own address]:123",
            "unix /run/dbus/system_bus_socket",
            "unix /run/php/php8.2-fpm.sock",
            "unix /var/run/postgresql/.s.PGSQL.5432",
        ]
    );
}

#[test]
fn mounts_of_the_kernel_of_containers_and_of_automounters_are_left_out() {
    let text = "1 0 / ext4\n2 1 /proc proc\n3 1 /srv/my\\040files xfs\n4 1 /home autofs\n5 4 /home/anna nfs4\n\
        6 5 /home/anna/deep ext4\n7 1 /run/user/0 tmpfs\n8 1 /var/lib/docker/overlay2/x/merged overlay\n\
        9 1 /snap/core/1 squashfs\n10 1 /boot/efi vfat\n11 1 /data tmpfs\n12 1 /backup autofs\n13 12 /backup nfs\n\
        14 1 /tank/.zfs/snapshot/x zfs\n15 1 /runner ext4\n";
    assert_eq!(
        list(read(&[("mounts", text, 0)]).mounts),
        [
            "/ ext4",
            "/boot/efi vfat",
            "/data tmpfs",
            "/runner ext4",
            "/srv/my files xfs"
        ]
    );
}

#[test]
fn routes_and_the_resolver_are_read() {
    let text = "4 eth0 0100000A\n4 tun0 00000000\n6 eth0 fe800000000000000000000000000001\ntext em0 10.0.0.1\nx\n";
    assert_eq!(
        list(read(&[("routes", text, 0)]).routes),
        [
            "default dev tun0",
            "default via 10.0.0.1 dev em0",
            "default via 10.0.0.1 dev eth0",
            "default6 via fe80::1 dev eth0",
        ]
    );
    let text = "# made by a lease at 12:00\nnameserver  10.0.0.1\n\n; old\nsearch\ta.example b.example\n";
    assert_eq!(
        list(read(&[("resolver", text, 0)]).resolver),
        ["nameserver 10.0.0.1", "search a.example b.example"]
    );
}
