# pacman: a lock that no process holds is removed. What the database lacks is only told.
# shellcheck shell=sh

# The lock file, when it was left over; else nothing.
pacman_stale_lock() {
  pacman_held=$(held_lock) || return 1
  if [ -n "${pacman_held#*|}" ]; then return 1; fi
  left_over_since "${pacman_held%%|*}" >/dev/null && echo "${pacman_held%%|*}"
}

pacman_findings() {
  if pacman_stale=$(pacman_stale_lock); then
    echo "$pacman_stale was left over at $(left_over_since "$pacman_stale"): no process holds it|remove $pacman_stale"
  fi
  pacman -Dk 2>&1 | grep -v '^No database errors' | tr '|' ' ' | sed -n 's/^\(error\|warning\): \(.*\)$/\2|/p' | head -n 20
}

# shellcheck disable=SC2317
findings() {
  pacman_findings
}

# shellcheck disable=SC2317
repair() {
  pacman_stale=$(pacman_stale_lock) || return 0
  acting "remove $pacman_stale: no process holds it"
  rm -f "$pacman_stale"
}
