# shellcheck shell=bash
# The security updates that Debian has published for the packages of the base trixie.
# needs: bases/trixie

build_artifact() {
  real_security trixie 13 stable-security
}
