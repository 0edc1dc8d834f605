# The probe: everything that patchwave wants to know of a host, in one round trip. It changes nothing
# but the manager's own metadata.
# shellcheck shell=sh

# Some managers wait for the lock without limit, or fail, when they only list what there is.
listing_is_free() {
  case $manager in
    dnf4 | yum | dnf5 | zypper) ;;
    *) return 0 ;;
  esac
  if ! is_root; then return 0; fi
  section lock await_lock
}

main() {
  read -r nonce
  read -r refresh_policy
  read -r refresh_seconds
  read -r installed_wanted
  read -r lock_wait
  read -r refresh_through
  prepare
  # Nothing that runs from here on may read the rest of the script.
  exec </dev/null
  started=$(date +%s)
  lock_scope=metadata
  begin_wait
  manager=$(detect_manager)
  section os-release print_os_release
  section system print_system
  if [ -z "$(refusal)" ]; then
    section kernels print_kernels
    section reboot-flags print_reboot_flags
    section services print_services
    section failed-units print_failed_units
    if [ "$manager" = apt ] && is_root && has needrestart; then section needrestart print_needrestart; fi
    case $manager in
      apt | dnf4 | dnf5 | yum | microdnf | tdnf | zypper | pacman | apk | pkg | xbps | opkg | brew)
        if listing_is_free; then "${manager}_probe"; fi
        if [ "$installed_wanted" = yes ]; then section installed "${manager}_installed"; fi
        ;;
    esac
  fi
  finish
}
