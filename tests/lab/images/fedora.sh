# shellcheck shell=bash
# Fedora 42, as far as dnf 5 and its advisories go; the files below are Debian unstable.
# manager: dnf5
# os_id: fedora
# on: bases/sid
# states: packages/rpm fedora
# needs: bases/sid packages/rpm

guest_image() {
  rm -f /etc/os-release
  cat >/etc/os-release <<'RELEASE'
NAME="Fedora Linux"
VERSION="42 (Server Edition)"
ID=fedora
VERSION_ID=42
PLATFORM_ID="platform:f42"
PRETTY_NAME="Fedora Linux 42 (Server Edition)"
CPE_NAME="cpe:/o:fedoraproject:fedora:42"
VARIANT_ID=server
RELEASE
  guest_dnf5 fedora
}

build_artifact() { build_image fedora; }
