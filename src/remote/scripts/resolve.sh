# Asks what a planned transaction would come to. It changes nothing.
# shellcheck shell=sh

read_plan() {
  : >"$work/plan"
  while read -r plan_line; do
    if [ "$plan_line" = end ]; then return 0; fi
    printf '%s\n' "$plan_line" >>"$work/plan" || return 1
  done
  return 1
}

# Nothing is left to do when all that must be present is.
resolve_steps() {
  : >"$work/resolved"
  grep -qv '|nothing|$' "$work/plan" || return 0
  find_hosted && simulate && demand_names
}

main() {
  read -r nonce
  read -r manager
  read -r lock_wait
  prepare
  work=$(mktemp -d) || return 1
  trap resolve_tidy EXIT
  trap 'exit 1' HUP INT TERM
  lock_scope=packages
  : >"$work/log"
  if read_plan; then
    exec </dev/null
    forget_present
    section simulate resolve_steps
    simulate_code=$?
    section offers print_offers
    section users print_users
    section space print_space
    finish
  fi
}
