# shellcheck shell=bash
# Debian 12 as released, with systemd and sshd, doas and one-time passwords (for tests of logins): what deb12 stands
# on, and whence Alpine has its sshd.
# needs:

build_artifact() {
  bootstrap bookworm "$OUT/bare" \
    systemd systemd-sysv libpam-systemd dbus openssh-server sudo procps iproute2 passwd needrestart \
    opendoas libpam-oath
  in_root "$OUT/bare" "$OUT/fs" guest_base
}
