# shellcheck shell=bash
# Arch Linux, as far as pacman goes; the files below are Debian unstable.
# manager: pacman
# os_id: arch
# on: bases/sid
# states: packages/pacman arch
# needs: bases/sid packages/pacman

guest_image() {
  rm -f /etc/os-release
  cat >/etc/os-release <<'RELEASE'
NAME="Arch Linux"
PRETTY_NAME="Arch Linux"
ID=arch
BUILD_ID=rolling
RELEASE
  guest_pacman arch
}

build_artifact() { build_image arch; }
