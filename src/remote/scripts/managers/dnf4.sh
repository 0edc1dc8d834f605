# dnf 4: RHEL 8 and 9 and kin, Amazon Linux 2023.
# shellcheck shell=sh

dnf4_name() {
  if has dnf; then echo dnf; else echo yum; fi
}

dnf4_run() {
  "$(dnf4_name)" "$@"
}

# dnf4_cached OPTION...: without fetching anything. Without root dnf keeps a cache of its own for the user, and -C
# would read that of root instead, which may be older, or not there.
dnf4_cached() {
  if is_root; then
    dnf4_run -C "$@"
  else
    dnf4_run --setopt=metadata_expire=never '--setopt=*.metadata_expire=never' "$@"
  fi
}

dnf4_refresh() {
  while :; do
    await_lock || return
    limited 300 "$(dnf4_name)" --setopt=exit_on_lock=True --refresh makecache
    dnf4_code=$?
    # 200: another process holds the lock.
    if [ "$dnf4_code" != 200 ] || lock_wait_is_over; then return "$dnf4_code"; fi
    sleep 1
  done
}

dnf4_candidates() {
  dnf4_cached -q "$@" repoquery --upgrades --latest-limit=1 \
    --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{size}'
}

dnf4_updates() {
  # What is excluded is wanted too, to be shown as such.
  dnf4_list=$(dnf4_candidates --disableexcludes=all)
  dnf4_code=$?
  printf '%s\n' "$dnf4_list"
  return "$dnf4_code"
}

# It asks before it does anything, and the answer is no: exit code 1. Without root it refuses to think.
dnf4_simulation() {
  if ! is_root; then return 77; fi
  dnf4_table=$(dnf4_cached --assumeno --nobest upgrade)
  dnf4_code=$?
  printf '%s\n' "$dnf4_table"
  return "$dnf4_code"
}

# Of what would be installed anew. Names hold no blanks and no patterns.
dnf4_sizes() {
  dnf4_new=$(printf '%s\n' "${dnf4_table:-}" | rpm_new_names)
  if [ -z "$dnf4_new" ]; then return 0; fi
  # shellcheck disable=SC2086
  dnf4_cached -q repoquery --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{size}' $dnf4_new
}

dnf4_is_due() {
  if is_root; then dnf4_cache=/var/cache/dnf; else dnf4_cache="/var/tmp/dnf-$(id -un)-*"; fi
  # The pattern stands unquoted, so that it becomes the files that are there by then. When nothing is new, dnf
  # touches the list of packages (primary) alone.
  # shellcheck disable=SC2086
  refresh_is_due anyone "$(oldest_of $dnf4_cache/*/repodata/*primary.xml*)"
}

dnf4_reboot_check() {
  dnf4_cached -q needs-restarting -r
}

dnf4_probe() {
  if dnf4_is_due; then section refresh dnf4_refresh; fi
  # shellcheck disable=SC2086
  section repositories rpm_repositories $dnf4_cache/*/repodata/repomd.xml
  section updates dnf4_updates
  section included dnf4_candidates
  section exclusions rpm_exclusions /etc/dnf/dnf.conf /etc/yum.repos.d/*.repo
  section simulation dnf4_simulation
  section sizes dnf4_sizes
  # Advisories of excluded packages are wanted as well: without them a fix would pass for none.
  section advisories dnf4_cached -q --disableexcludes=all updateinfo list
  section cves dnf4_cached -q --disableexcludes=all updateinfo list --with-cve
  # shellcheck disable=SC2086
  section advisory-marks rpm_advisory_marks $dnf4_cache/*/repodata/repomd.xml
  section locks dnf4_cached -q versionlock list
  section present rpm_present "$dnf4_list"
  section reboot-check dnf4_reboot_check
}

dnf4_installed() {
  rpm_installed
}
