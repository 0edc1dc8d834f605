# Which system this is, who manages its packages, and whether it may be changed this way at all.
# shellcheck shell=sh

os_release_file() {
  if [ -r /etc/os-release ]; then echo /etc/os-release; else echo /usr/lib/os-release; fi
}

os_release_value() {
  sed -n "s/^$1=//p" "$(os_release_file)" 2>/dev/null | head -n 1 | tr -d "\"'"
}

mounted_read_only() {
  awk -v point="$1" '$2 == point { options = $4 } END { exit !("," options "," ~ /,ro,/) }' /proc/mounts 2>/dev/null
}

# A word for why this system must not be changed package by package; nothing when it may.
refusal() {
  if [ -e /run/ostree-booted ]; then
    echo ostree
  elif [ -e /etc/NIXOS ] || [ "$(os_release_value ID)" = nixos ]; then
    echo nixos
  elif has transactional-update && mounted_read_only /; then
    echo transactional-update
  elif mounted_read_only / || mounted_read_only /usr; then
    echo read-only-root
  fi
}

in_container() {
  [ -e /run/systemd/container ] || [ -e /.dockerenv ] || [ -e /run/.containerenv ] ||
    { [ -r /proc/1/environ ] && tr '\0' '\n' </proc/1/environ 2>/dev/null | grep -q '^container='; }
}

family_of_distribution() {
  # The words of ID_LIKE are separated by blanks.
  # shellcheck disable=SC2046
  for distribution in $(os_release_value ID) $(os_release_value ID_LIKE); do
    case $distribution in
      debian | ubuntu) echo apt && return ;;
      fedora | rhel | centos | rocky | almalinux | ol | amzn) echo dnf && return ;;
      suse | opensuse* | sles | sled | sle*) echo zypper && return ;;
      arch | archlinux | archarm | manjaro) echo pacman && return ;;
      alpine | postmarketos) echo apk && return ;;
    esac
  done
  # An unknown distribution: the first manager that has a database of installed packages.
  if [ -s /var/lib/dpkg/status ]; then
    echo apt
  elif has zypper; then
    echo zypper
  elif has dnf || has dnf5 || has yum; then
    echo dnf
  elif [ -d /var/lib/pacman/local ]; then
    echo pacman
  elif [ -s /lib/apk/db/installed ]; then
    echo apk
  fi
}

# `dnf` and `yum` are names that version 4 and 5 share: only the program itself can tell.
dnf_generation() {
  for dnf_program in dnf dnf5 yum; do
    has "$dnf_program" || continue
    case $("$dnf_program" --version 2>/dev/null | head -n 1) in
      dnf5*) echo dnf5 && return ;;
      4.*) echo dnf4 && return ;;
      3.*) echo yum && return ;;
    esac
  done
  if has microdnf; then echo microdnf; elif has tdnf; then echo tdnf; fi
}

detect_manager() {
  case $(family_of_distribution) in
    apt) if has apt-get && has dpkg-query; then echo apt; fi ;;
    dnf) dnf_generation ;;
    zypper) if has zypper; then echo zypper; fi ;;
    pacman) if has pacman; then echo pacman; fi ;;
    apk) if has apk; then echo apk; fi ;;
  esac
}

print_system() {
  printf 'uid=%s\n' "$(id -u)"
  printf 'kernel=%s\n' "$(uname -r)"
  printf 'machine=%s\n' "$(uname -m)"
  printf 'boot-id=%s\n' "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
  if in_container; then echo container=yes; else echo container=no; fi
  printf 'refused=%s\n' "$(refusal)"
  printf 'manager=%s\n' "$manager"
}

print_os_release() {
  cat "$(os_release_file)"
}
