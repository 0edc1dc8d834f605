# yum 3: RHEL 7 and kin, Amazon Linux 2. Written after its sources and manual pages.
# shellcheck shell=sh

# Lists are as wide as they like when nobody looks; an answer of no leaves a file in the temporary folder.
yum_run() {
  TMPDIR=${yum_work:-/tmp} yum --setopt=exit_on_lock=True "$@"
}

yum_refresh() {
  while :; do
    yum_said=$(limited 300 yum --setopt=exit_on_lock=True makecache fast 2>&1)
    yum_code=$?
    case $yum_said in
      *'Existing lock'* | *'currently holding the yum lock'*)
        if ! lock_wait_is_over; then sleep 3 && continue; fi
        ;;
    esac
    printf '%s\n' "$yum_said"
    return "$yum_code"
  done
}

# 100: there are updates.
yum_check_update() {
  yum_run -q -C "$@" check-update
  yum_code=$?
  if [ "$yum_code" = 100 ]; then return 0; fi
  return "$yum_code"
}

yum_updates() {
  # What is excluded or locked is wanted too, to be shown as such.
  yum_list=$(yum_check_update --disableexcludes=all --disableplugin=versionlock)
  yum_code=$?
  printf '%s\n' "$yum_list"
  return "$yum_code"
}

# Download sizes: repoquery is in yum-utils.
yum_details() {
  if ! has repoquery; then return 0; fi
  limited 120 repoquery -q -C --all --pkgnarrow=updates --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{packagesize}'
}

# It asks before it does anything, and the answer is no: exit code 1. Without root it refuses to think.
yum_simulation() {
  if ! is_root; then return 77; fi
  yum_run -C --assumeno --skip-broken upgrade
}

yum_names() {
  printf '%s\n' "$yum_list" | awk '/^[^ ]/ { name = $1; if (sub(/\.[^.]*$/, "", name)) print name "|" }'
}

yum_is_due() {
  if is_root; then yum_cache=/var/cache/yum; else yum_cache="/var/tmp/yum-$(id -un)-*"; fi
  # The pattern stands unquoted, so that it becomes the files that are there by then.
  # shellcheck disable=SC2086
  refresh_is_due anyone $yum_cache/*/*/*/cachecookie $yum_cache/*/*/*/repomd.xml
}

yum_probe() {
  yum_work=$(mktemp -d) || return
  if yum_is_due; then section refresh yum_refresh; fi
  # shellcheck disable=SC2086
  section repositories rpm_repositories $yum_cache/*/*/*/repomd.xml
  section updates yum_updates
  section included yum_check_update
  section sizes yum_details
  section exclusions rpm_exclusions /etc/yum.conf /etc/yum/yum.conf /etc/yum.repos.d/*.repo
  section simulation yum_simulation
  section advisories yum_run -q -C --disableexcludes=all updateinfo list
  section cves yum_run -q -C --disableexcludes=all updateinfo list cves
  # shellcheck disable=SC2086
  section advisory-marks rpm_advisory_marks $yum_cache/*/*/*/repomd.xml
  section locks yum_run -q -C versionlock list
  section present rpm_present "$(yum_names)"
  # In yum-utils as well.
  if has needs-restarting; then section reboot-check needs-restarting -r; fi
  rm -rf "$yum_work"
}

yum_installed() {
  rpm_installed
}
