# What the jobs of all managers share. A line of the plan is
# WORD|NAME|ARCHITECTURE|FROM|TO|REPOSITORY, where WORD is what the manager is told, and FROM is empty for
# a new package; `|NAME|*|VERSION|nothing|` is a package that goes where the others take its place, at that version
# alone, and that no manager is told of; `|asked` follows where that is wanted for itself, and is no dependency, and `|back` where a package may
# go back to an older version. No manager is told that it may install older versions unless a line has that.
#
# The file of a manager defines `transaction` and `simulate`, and again those of the functions below that it
# knows better: the later definition wins (and makes shellcheck call the earlier one unreachable). A job calls, in this order,
#   space          refuses with E_DISK what would not fit; nothing was fetched yet;
#   download       puts everything that is planned into the manager's own cache; no installed package changes;
#   transaction    installs what was downloaded, and fails before it changes anything where a part is missing;
#   tidy           removes files of ours outside the job's folder, however the job ended.
# A job that only downloads has no transaction. `$job_step` is `everything`, `download`, `secure` or `repair`.
# A job that secures calls `secure` alone: the files of installed versions are put aside before they are replaced.
# A job that repairs calls `repair` alone: it mends what an interrupted manager left, as `findings` tells it.
# shellcheck shell=sh

# shellcheck disable=SC2317
space() {
  return 0
}

# shellcheck disable=SC2317
download() {
  # shellcheck disable=SC2154
  if [ "$job_step" = download ]; then
    refuse E_MANAGER 'this package manager downloads only while it installs'
  fi
}

# The folder in which the manager keeps packages that it downloaded; nothing where it keeps none.
# shellcheck disable=SC2317
package_cache() {
  return 0
}

# shellcheck disable=SC2317
tidy() {
  return 0
}

# What is broken, a line each: `WORDS|REMEDY`; the remedy is empty where only a person can decide.
# shellcheck disable=SC2317
findings() {
  refuse E_MANAGER 'patchwave cannot tell what is broken with this package manager'
}

# shellcheck disable=SC2317
repair() {
  refuse E_MANAGER 'patchwave knows no repair for this package manager'
}

# What the manager is told. Where a version is on the host alone, that is the path of its file.
plan_words() {
  if [ ! -s "$work/hosted" ]; then
    cut -d '|' -f 1 "$work/plan"
    return
  fi
  awk -F '|' -v hosted="$work/hosted" '
    BEGIN { while ((getline line < hosted) > 0) { split(line, part, "|"); path[part[1]] = part[2] } }
    { print ($1 in path) ? path[$1] : $1 }' "$work/plan"
}

# goes_back: whether the plan takes packages back to older versions.
goes_back() {
  awk -F '|' '$7 == "back" { found = 1 } END { exit found ? 0 : 1 }' "$work/plan"
}

# removes_planned: whether packages go with the plan. No other removal is let through.
removes_planned() {
  awk -F '|' '$1 == "" && $5 == "nothing" { found = 1 } END { exit found ? 0 : 1 }' "$work/plan"
}

# acting WORDS: says what a repair does, before it does it.
acting() {
  echo "patchwave: repair: $1"
}

# refuse CODE MESSAGE: a line that patchwave knows, and the exit code of its own guards.
refuse() {
  echo "patchwave: $1: $2"
  return 78
}

# again_while_locked PATTERN COMMAND [ARGUMENT...]: waits for the manager's lock, runs the command, and does both
# again while what it logged has the pattern: another process may have been faster.
again_while_locked() {
  lock_pattern=$1
  shift
  begin_wait
  while :; do
    await_lock || return
    lock_offset=$(wc -c <"$work/log")
    "$@"
    lock_code=$?
    if [ "$lock_code" = 0 ] || lock_wait_is_over; then return "$lock_code"; fi
    tail -c "+$((lock_offset + 1))" "$work/log" | grep -qE "$lock_pattern" || return "$lock_code"
    # The manager named the holder itself.
    echo 'patchwave: waiting for the lock: another process'
    sleep 1
  done
}

# compare_steps: reads NAME|ARCHITECTURE|FROM|TO, the steps that the manager would take, and refuses any
# that is not planned. ARCHITECTURE is `*` where the manager does not say it.
# shellcheck disable=SC2317
compare_steps() {
  awk -F '|' -v plan="$work/plan" '
    function shown(version) { return version == "" ? "nothing" : version }
    BEGIN {
      while ((getline line < plan) > 0) {
        split(line, part, "|")
        planned[part[2] "|" part[3] "|" part[4] "|" part[5]] = 1
        planned[part[2] "|*|" part[4] "|" part[5]] = 1
        from[part[2]] = part[4]
        to[part[2]] = part[5]
      }
    }
    ($1 "|" $2 "|" $3 "|" $4) in planned { next }
    $4 == "nothing" && ($1 "|*|" $3 "|" $4) in planned { next }
    {
      bad = 1
      if ($4 != "nothing" && ($1 in to) && to[$1] != $4)
        print "patchwave: E_GONE: " $1 " " to[$1] " is planned, and " $4 " is what would be installed"
      else if (($1 in to) && from[$1] != $3)
        print "patchwave: E_DRIFT: " $1 " is at " shown($3) ", not at the planned " shown(from[$1])
      else
        print "patchwave: E_DRIFT: the transaction would also change " $1 " from " shown($3) " to " $4
    }
    END { exit bad ? 78 : 0 }
  '
}
