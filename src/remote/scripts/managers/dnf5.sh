# dnf 5: Fedora 41 and later.
# shellcheck shell=sh

dnf5_name() {
  if has dnf5; then echo dnf5; else echo dnf; fi
}

dnf5_run() {
  "$(dnf5_name)" "$@"
}

# dnf 5 waits for a lock without limit and has no option for it, so it is not begun before. It is not quiet,
# because a repository that may be skipped is nowhere else mentioned.
dnf5_refresh() {
  await_lock || return
  # The first time, a user gets a copy of what root fetched, and even --refresh takes that for fresh.
  if ! is_root && [ -z "$(find "$HOME/.cache/libdnf5" -name repomd.xml 2>/dev/null)" ]; then
    limited 300 "$(dnf5_name)" -q makecache
  fi
  limited 300 "$(dnf5_name)" --refresh makecache
}

dnf5_candidates() {
  dnf5_run -q -C "$@" repoquery --upgrades --latest-limit=1 \
    --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{downloadsize}\n'
}

dnf5_updates() {
  # What is excluded or locked is wanted too, to be shown as such.
  dnf5_list=$(dnf5_candidates '--setopt=disable_excludes=*')
  dnf5_code=$?
  printf '%s\n' "$dnf5_list"
  return "$dnf5_code"
}

# It asks before it does anything, and the answer is no: exit code 1. Columns must not be cut.
dnf5_simulation() {
  dnf5_table=$(FORCE_COLUMNS=500 dnf5_run -C --assumeno --no-best upgrade)
  dnf5_code=$?
  printf '%s\n' "$dnf5_table"
  return "$dnf5_code"
}

# Of what would be installed anew. Names hold no blanks and no patterns.
dnf5_sizes() {
  dnf5_new=$(printf '%s\n' "$dnf5_table" | rpm_new_names)
  if [ -z "$dnf5_new" ]; then return 0; fi
  # shellcheck disable=SC2086
  dnf5_run -q -C repoquery --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{downloadsize}\n' $dnf5_new
}

# `ID AGE NAME` of each enabled repository; AGE as of the beginning of the probe, `none` without metadata.
dnf5_enabled() {
  dnf5_run -q -C repolist | sed '1{/^repo id /d;}' | while read -r dnf5_id dnf5_repository; do
    dnf5_age=$(newest_age /var/cache/libdnf5/"$dnf5_id"-*/repodata/*primary.xml* \
      "$HOME"/.cache/libdnf5/"$dnf5_id"-*/repodata/*primary.xml*)
    if [ "$dnf5_age" = unknown ]; then dnf5_age=none; fi
    printf '%s %s %s\n' "$dnf5_id" "$dnf5_age" "$dnf5_repository"
  done
}

# Descriptions are long, stand on lines of their own, and are not needed.
dnf5_advisories() {
  # Advisories of excluded packages are wanted as well: without them a fix would pass for none.
  dnf5_said=$(dnf5_run -q -C '--setopt=disable_excludes=*' advisory info --json --updates) || return
  # Without any advisory it prints an empty list; nothing at all is no answer.
  case $dnf5_said in '['*) ;; *) return 1 ;; esac
  printf '%s\n' "$dnf5_said" | sed '/^ *"\(Description\|Rights\|Message\)":/d'
}

dnf5_is_due() {
  # When nothing is new, dnf touches the list of packages (primary) alone.
  if is_root; then dnf5_cache=/var/cache/libdnf5; else dnf5_cache=$HOME/.cache/libdnf5; fi
  refresh_is_due anyone "$(oldest_of "$dnf5_cache"/*/repodata/*primary.xml*)"
}

dnf5_reboot_check() {
  dnf5_run -q -C needs-restarting
}

dnf5_probe() {
  if dnf5_is_due; then section refresh dnf5_refresh; fi
  section repositories rpm_repositories /var/cache/libdnf5/*/repodata/repomd.xml \
    "$HOME"/.cache/libdnf5/*/repodata/repomd.xml
  section enabled dnf5_enabled
  section updates dnf5_updates
  section included dnf5_candidates
  section exclusions rpm_exclusions /etc/dnf/dnf.conf /etc/dnf/libdnf5.conf.d/*.conf \
    /usr/share/dnf5/libdnf.conf.d/*.conf /etc/yum.repos.d/*.repo /etc/dnf/repos.override.d/*.repo
  section simulation dnf5_simulation
  section sizes dnf5_sizes
  section advisories dnf5_advisories
  section advisory-marks rpm_advisory_marks /var/cache/libdnf5/*/repodata/repomd.xml \
    "$HOME"/.cache/libdnf5/*/repodata/repomd.xml
  section locks dnf5_run -q -C versionlock list
  section present rpm_present "$dnf5_list"
  section reboot-check dnf5_reboot_check
}

dnf5_installed() {
  rpm_installed
}
