# shellcheck shell=bash
# Rocky Linux 9, as far as dnf 4 and its advisories go; the files below are Debian 13.
# manager: dnf4
# os_id: rocky
# on: bases/rpmtools
# states: packages/rpm rocky
# needs: bases/rpmtools packages/rpm

guest_image() {
  rm -f /etc/os-release
  cat >/etc/os-release <<'RELEASE'
NAME="Rocky Linux"
VERSION="9.6 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.6"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"
CPE_NAME="cpe:/o:rocky:rocky:9::baseos"
RELEASE
  guest_dnf4 rocky
}

build_artifact() { build_image rocky; }
