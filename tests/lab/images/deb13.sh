# shellcheck shell=bash
# Debian 13: apt 3.0, no needrestart.
# manager: apt
# os_id: debian
# on: bases/trixie
# states: packages/deb 13
# real: packages/security-trixie
# needs: bases/trixie packages/deb packages/security-trixie

guest_image() { guest_apt deb13; }

build_artifact() { build_image deb13; }
