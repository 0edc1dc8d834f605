# dnf 4: a replay refuses what is not in it, so the same versions are asked for by their names.
# shellcheck shell=sh

simulate() {
  if ! is_root; then return 77; fi
  begin_wait && await_lock || return
  if is_hosted; then check_hosted_signatures || return; fi
  # Words are NAME-VERSION.ARCHITECTURE, checked by the controller; none holds a blank or a glob.
  # shellcheck disable=SC2046
  dnf4_run -C --assumeno install $(plan_words) >"$work/out" 2>&1
  simulate_code=$?
  cat "$work/out"
  if [ "$simulate_code" != 0 ] && ! grep -q '^Operation aborted' "$work/out"; then return "$simulate_code"; fi
  dnf_table_steps "$work/out" | compare_steps || return
  rpm_take_steps
}
