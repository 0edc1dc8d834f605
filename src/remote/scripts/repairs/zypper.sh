# zypper: what installed packages need is installed; where something would have to go, that is only told.
# shellcheck shell=sh

# zypper_verify: what the dry run of a repair would do, as NAME|ARCHITECTURE|FROM|TO.
zypper_verify() {
  zypper -n --no-refresh -x verify --dry-run --no-recommends >"$work/verify.xml" 2>/dev/null
  zypper_steps "$work/verify.xml"
}

findings() {
  rpm_findings
  if [ -n "$rpm_first" ]; then return; fi
  zypper_prepare
  zypper_verify | awk -F '|' '
    $4 == "nothing" { removed = removed " " $1; next }
    { needed = needed " " $1 }
    END {
      if (removed != "") print "dependencies are not met; zypper would remove" removed "|"
      else if (needed != "") print "dependencies are not met; missing:" needed "|zypper verify"
    }'
}

repair() {
  begin_wait && await_lock && rpm_repair && rpm_end_upgrade || return
  zypper_prepare
  zypper_verify >"$work/verify"
  if [ ! -s "$work/verify" ] || grep -q '|nothing$' "$work/verify"; then return 0; fi
  acting 'zypper verify'
  again_while_locked 'System management is locked' zypper -n --no-refresh verify --no-recommends
}
