# Tells the state of one unit: asked of systemd, or of OpenRC where there is no systemd. Changes nothing.
# shellcheck shell=sh

unit_of_openrc() {
  if ! rc-service --exists "$1"; then
    printf 'LoadState=not-found\n'
    return 0
  fi
  limited 60 rc-service "$1" status >/dev/null 2>&1
  printf 'LoadState=loaded\nStatus=%s\n' "$?"
}

unit_state() {
  if [ -d /run/systemd/system ] && has systemctl; then
    printf 'Init=systemd\n'
    limited 60 systemctl show --property=LoadState --property=ActiveState --property=SubState -- "$1"
  elif has rc-service; then
    printf 'Init=openrc\n'
    unit_of_openrc "${1%.service}"
  else
    printf 'Init=none\n'
  fi
}

main() {
  IFS= read -r nonce
  IFS= read -r unit
  prepare
  exec </dev/null
  section unit unit_state "$unit"
  finish
}
