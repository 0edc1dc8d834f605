# shellcheck shell=bash
# Debian 13 with rpm, dnf 4 and zypper on top: what rocky and suse stand on.
# needs: bases/trixie
# on: bases/trixie

RPM_TOOLS=(rpm dnf dnf-plugins-core python3-systemd zypper lsof)

guest_install_debs() {
  apt-get -y -q -o Dpkg::Options::=--force-unsafe-io --no-install-recommends install /tmp/build/debs/*.deb
  rm -rf /var/cache/apt/*.bin
}

build_artifact() {
  apt_download "$(artifact_path bases/trixie)/bare" "$OUT/debs" \
    "deb $(debian_mirror Debian) trixie main" -- install "${RPM_TOOLS[@]}"
  in_root "$(lowerdir bases/trixie)" "$OUT/fs" guest_install_debs
  rm -rf "$OUT/debs"
}
