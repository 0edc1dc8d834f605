# shellcheck shell=bash
# Debian 12: apt 2.6, needrestart.
# manager: apt
# os_id: debian
# on: bases/bookworm
# states: packages/deb 12
# real: packages/security-bookworm
# needs: bases/bookworm packages/deb packages/security-bookworm

guest_image() { guest_apt deb12; }

build_artifact() { build_image deb12; }
