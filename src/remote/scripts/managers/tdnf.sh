# tdnf: Photon OS, Azure Linux. Written after its sources.
# shellcheck shell=sh

tdnf_refresh() {
  limited 300 tdnf --refresh makecache
}

# 100: there are updates, in newer versions.
tdnf_check_update() {
  tdnf -q -C "$@" check-update
  tdnf_code=$?
  if [ "$tdnf_code" = 100 ]; then return 0; fi
  return "$tdnf_code"
}

tdnf_updates() {
  # What is excluded is wanted too, to be shown as such.
  tdnf_list=$(tdnf_check_update --disableexcludes)
  tdnf_code=$?
  printf '%s\n' "$tdnf_list"
  return "$tdnf_code"
}

# It asks before it does anything, and the answer is no. Without root it refuses to think.
tdnf_simulation() {
  if ! is_root; then return 77; fi
  tdnf -C --assumeno upgrade
}

# Names of packages that may not change, one a line.
tdnf_locks() {
  cat /etc/tdnf/locks.d/*.conf 2>/dev/null
  return 0
}

tdnf_names() {
  printf '%s\n' "$tdnf_list" | tr '\r' '\n' | awk '{ name = $1; if (sub(/\.[^.]*$/, "", name)) print name "|" }'
}

tdnf_is_due() {
  refresh_is_due root /var/cache/tdnf/*/lastrefresh /var/cache/tdnf/*/repodata/repomd.xml
}

tdnf_probe() {
  if tdnf_is_due; then
    section refresh tdnf_refresh
  fi
  section repositories rpm_repositories /var/cache/tdnf/*/repodata/repomd.xml
  section updates tdnf_updates
  section included tdnf_check_update
  section exclusions rpm_exclusions /etc/tdnf/tdnf.conf /etc/yum.repos.d/*.repo
  section simulation tdnf_simulation
  section advisories tdnf -q -C updateinfo list
  section advisory-marks rpm_advisory_marks /var/cache/tdnf/*/repodata/repomd.xml
  section locks tdnf_locks
  section present rpm_present "$(tdnf_names)"
}

tdnf_installed() {
  rpm_installed
}
