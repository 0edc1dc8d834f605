# opkg: OpenWrt. Its busybox lacks many programs, and nearly every login is root: opkg wants its lock for any question.
# shellcheck shell=sh

opkg_refresh() {
  limited 240 opkg update
}

opkg_simulation() {
  opkg_steps ''
}

# The lists that are there; in memory, so that none is after a boot.
opkg_repositories() {
  opkg_folder=$(sed -n 's/^lists_dir[ 	][ 	]*[^ 	]*[ 	][ 	]*//p' /etc/opkg.conf 2>/dev/null | head -n 1)
  for opkg_file in "${opkg_folder:-/var/opkg-lists}"/*; do
    case $opkg_file in
      *.sig) ;;
      *) if [ -s "$opkg_file" ]; then echo "${opkg_file##*/}"; fi ;;
    esac
  done
}

# The names of packages that are neither installed nor removed.
opkg_broken() {
  opkg status | awk '/^Package: / { name = $2 } /^Status: .* (unpacked|half-installed|half-configured)$/ { print name }'
}

opkg_installed() {
  opkg status | awk '
    function flush() { if (name != "" && status == "installed") print name "|" arch "|" version; name = "" }
    /^Package: / { flush(); name = $2; version = arch = status = "" }
    /^Version: / { version = $2 }
    /^Status: / { status = $4 }
    /^Architecture: / { arch = $2 }
    END { flush() }'
}

opkg_is_due() {
  refresh_is_due root /var/opkg-lists/*
}

opkg_probe() {
  if opkg_is_due; then
    section refresh opkg_refresh
  fi
  section repositories opkg_repositories
  section simulation opkg_simulation
  section broken opkg_broken
}
