# shellcheck shell=bash
# The security updates that Debian has published for the packages of the base bookworm.
# needs: bases/bookworm

build_artifact() {
  real_security bookworm 12 oldstable-security
}
