# Looks at everything that a scan and an update need of a host, and changes nothing. Without root it tells what may be
# told without. The sections are described in src/remote/doctor.rs.
# shellcheck shell=sh

# Programs that the scripts cannot do without, and those that only something hangs on.
print_programs() {
  printf 'user=%s\n' "$(id -un)"
  printf 'shell=%s\n' "$(readlink -f /bin/sh 2>/dev/null)"
  programs_missing=
  for program in awk cat chmod cut date df grep head id ls mkdir mktemp mv rm sed sleep sort tail tr uname wc; do
    has "$program" || programs_missing="$programs_missing $program"
  done
  printf 'missing=%s\n' "${programs_missing# }"
  programs_missing=
  for program in timeout diff find; do
    has "$program" || programs_missing="$programs_missing $program"
  done
  printf 'lacking=%s\n' "${programs_missing# }"
  for program in systemd-run setsid daemon nohup; do
    if has "$program"; then printf 'detaches=%s\n' "$program" && return; fi
  done
}

# Where the manager keeps what it downloads, by default.
download_folder() {
  case $manager in
    apt) echo /var/cache/apt/archives ;;
    dnf4) echo /var/cache/dnf ;;
    dnf5) echo /var/cache/libdnf5 ;;
    yum | microdnf) echo /var/cache/yum ;;
    tdnf) echo /var/cache/tdnf ;;
    zypper) echo /var/cache/zypp ;;
    pacman) echo /var/cache/pacman/pkg ;;
    apk) echo /var/cache/apk ;;
    pkg) echo /var/cache/pkg ;;
    xbps) echo /var/cache/xbps ;;
    *) echo /var/cache ;;
  esac
}

# `bytes FOLDER FREE TOTAL MOUNT` in KiB, `files FOLDER FREE TOTAL MOUNT`, and `kernel BYTES`: what one more kernel
# like the newest takes in /boot.
print_space() {
  for asked_folder in / /usr /var "$(download_folder)" /var/lib/patchwave /tmp /boot; do
    space_free "$asked_folder" k | sed "s|^|bytes $asked_folder |"
    space_free "$asked_folder" i | sed "s|^|files $asked_folder |"
  done
  kernel_bytes=$(newest_size /boot/vmlinuz*)
  initial_bytes=$(newest_size /boot/initrd.img-* /boot/initrd-* /boot/initramfs-*)
  if [ -n "$kernel_bytes" ]; then echo "kernel $((kernel_bytes + ${initial_bytes:-0}))"; fi
}

print_read_only() {
  for asked_folder in / /usr /var /var/lib /var/cache /etc /boot /tmp; do
    if mounted_read_only "$asked_folder"; then echo "$asked_folder"; fi
  done
}

# `state=` `absent`, `folder` or `other`; of a folder its owner and mode; `writable=` as far as can be told without
# writing anything.
print_job_folder() {
  job_folder=/var/lib/patchwave
  job_parent=$job_folder
  if [ -d "$job_folder" ]; then
    echo state=folder
    # Name, owner and mode of a folder of ours.
    # shellcheck disable=SC2012
    ls -ldn "$job_folder" | awk '{ print "mode=" $1 "\nowner=" $3 }'
  elif [ -e "$job_folder" ] || [ -h "$job_folder" ]; then
    echo state=other
    return
  else
    echo state=absent
    job_parent=/var/lib
  fi
  if ! is_root; then return; fi
  job_mount=$(space_free "$job_folder" k | cut -d ' ' -f 3-)
  if ! [ -w "$job_parent" ] || mounted_read_only "${job_mount:-/}"; then
    echo writable=no
  elif lsattr -d "$job_parent" 2>/dev/null | grep -q '^[^ ]*i'; then
    echo writable=immutable
  else
    echo writable=yes
  fi
}

# `ID|running|`, `ID|died|` or `ID|ended|EXIT-CODE`, the newest first.
print_jobs() {
  if ! is_root; then return 77; fi
  if ! [ -d /var/lib/patchwave/jobs ]; then return 0; fi
  # Names are ids of runs, without blanks.
  # shellcheck disable=SC2012
  ls -1t /var/lib/patchwave/jobs | head -n 20 | while read -r job_id; do
    job=/var/lib/patchwave/jobs/$job_id
    if [ -e "$job/result" ]; then
      echo "$job_id|ended|$(head -n 1 "$job/result")"
    elif kill -0 "$(cat "$job/pid" 2>/dev/null)" 2>/dev/null; then
      echo "$job_id|running|"
    else
      echo "$job_id|died|"
    fi
  done
}

# What systemd says of the whole system; 69 where there is none.
print_system_state() {
  if ! [ -d /run/systemd/system ]; then return 69; fi
  # Anything but `running` has an exit code of its own.
  limited 20 systemctl is-system-running 2>/dev/null || :
}

# `FILE|HOLDER` of the first lock that is held. A lock of pacman that was left over is no lock, but damage.
print_lock() {
  lock_found=$(held_lock) || return 0
  if [ -z "${lock_found#*|}" ] && left_over_since "${lock_found%%|*}" >/dev/null; then return 0; fi
  echo "$lock_found"
}

# As `repair` looks, but only at what is quick; 69 where nobody knows how.
print_broken() {
  case $manager in
    apt | pacman | apk) "${manager}_findings" ;;
    dnf4 | dnf5 | yum | microdnf | tdnf | zypper) rpm_findings ;;
    opkg) opkg_broken | sed 's/$/ is neither installed nor removed|/' ;;
    xbps) xbps_present | awk '$1 != "ii" { print $2 " is neither installed nor removed (" $1 ")|" }' ;;
    *) return 69 ;;
  esac
}

# Whether the one command may be run as root that a narrow rule allows; 69 where the manager needs none, 78 where it
# needs root and there is no such rule.
print_refresh_rule() {
  refresh_is_asked=yes
  case $manager in
    apt) apt_fetch --error-on=any ;;
    zypper | apk) "${manager}_fetch" ;;
    microdnf | tdnf | pkg | opkg) return 78 ;;
    pacman) if has fakeroot; then return 69; else return 78; fi ;;
    *) return 69 ;;
  esac
}

look_at_manager() {
  case $manager in
    apt | dnf4 | dnf5 | yum | microdnf | tdnf | zypper | pacman | apk | pkg | xbps | opkg | brew) ;;
    *) return 0 ;;
  esac
  if [ "$refresh_through" != none ]; then section refresh-rule print_refresh_rule; fi
  # With this policy it only tells the age.
  refresh_policy=never
  "${manager}_is_due"
  lock_text=$(print_lock)
  section lock printf '%s\n' "$lock_text"
  # Some managers wait for a lock without limit, and while one works packages are between two states.
  if [ -n "$lock_text" ]; then return 0; fi
  section broken print_broken
  case $manager in
    dnf4 | dnf5 | zypper) section reboot-check "${manager}_reboot_check" ;;
  esac
}

main() {
  read -r nonce
  read -r refresh_through
  prepare
  # Nothing that runs from here on may read the rest of the script.
  exec </dev/null
  section clock date +%s
  started=$(date +%s)
  # Nothing here waits, refreshes or installs; these are read by functions that would.
  lock_scope=packages lock_wait=0 refresh_seconds=0 work=
  manager=$(detect_manager)
  section os-release print_os_release
  section system print_system
  section programs print_programs
  section space print_space
  section read-only print_read_only
  section job-folder print_job_folder
  section jobs print_jobs
  section kernels print_kernels
  section reboot-flags print_reboot_flags
  section services print_services
  section failed-units print_failed_units
  section system-state print_system_state
  if [ "$manager" = apt ] && is_root && has needrestart; then section needrestart print_needrestart; fi
  if [ -z "$(refusal)" ]; then look_at_manager; fi
  section clock-end date +%s
  finish
}
