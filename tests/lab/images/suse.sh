# shellcheck shell=bash
# openSUSE Leap 15.6, as far as zypper and its patches go; the files below are Debian 13.
# manager: zypper
# os_id: opensuse-leap
# on: bases/rpmtools
# states: packages/rpm suse
# needs: bases/rpmtools packages/rpm

guest_image() {
  rm -f /etc/os-release
  cat >/etc/os-release <<'RELEASE'
NAME="openSUSE Leap"
VERSION="15.6"
ID="opensuse-leap"
ID_LIKE="suse opensuse"
VERSION_ID="15.6"
PRETTY_NAME="openSUSE Leap 15.6"
CPE_NAME="cpe:/o:opensuse:leap:15.6"
RELEASE
  guest_zypper suse
}

build_artifact() { build_image suse; }
