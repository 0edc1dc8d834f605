# shellcheck shell=bash
# Debian 13 as released, with systemd and sshd: what deb13, rocky and suse stand on.
# needs:

build_artifact() {
  bootstrap trixie "$OUT/bare" \
    systemd systemd-sysv libpam-systemd dbus openssh-server sudo procps iproute2 passwd opendoas
  in_root "$OUT/bare" "$OUT/fs" guest_base
}
