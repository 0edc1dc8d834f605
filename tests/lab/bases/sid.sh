# shellcheck shell=bash
# Debian unstable with dnf5 and pacman: what fedora and arch stand on.
# needs:

build_artifact() {
  bootstrap sid "$OUT/bare" \
    systemd systemd-sysv libpam-systemd dbus openssh-server sudo procps iproute2 passwd \
    rpm dnf5 pacman-package-manager makepkg libarchive-tools
  in_root "$OUT/bare" "$OUT/fs" guest_base
}
