# What dnf 4 and dnf 5 share where a planned version is on the host alone. A replay knows repositories only, so the
# packages are named, and the table of what dnf would do is compared with the plan first.
# shellcheck shell=sh

# dnf_hosted_check COMMAND...
dnf_hosted_check() {
  check_hosted_signatures || return
  # Words are names and paths of ours; none holds a blank or a glob.
  # shellcheck disable=SC2046
  FORCE_COLUMNS=500 "$@" -C --assumeno install $(plan_words) >"$work/table" 2>&1
  hosted_code=$?
  cat "$work/table"
  if [ "$hosted_code" != 0 ] && ! grep -q '^Operation aborted' "$work/table"; then return "$hosted_code"; fi
  dnf_table_steps "$work/table" >"$work/steps"
  compare_steps <"$work/steps" && demand_steps "$work/steps"
}

# dnf checks the signatures of local files only when it is told to.
dnf_local_check() {
  if [ "$rpm_unsigned" != yes ]; then echo '--setopt=localpkg_gpgcheck=1'; fi
}

# Named is wanted, for dnf; what came along is not.
dnf_new_dependencies() {
  awk -F '|' '$4 == "" && $7 != "asked" { print $2 }' "$work/plan"
}
