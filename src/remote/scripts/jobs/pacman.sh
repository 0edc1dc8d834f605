# pacman: a repository holds one version of a package, so the versions are checked against a fresh private
# copy of the databases before anything is touched. That snapshot, and no later one, is then put in the
# place of the host's own for the time of the transaction. Afterwards the host's own comes back unless the
# plan was the whole upgrade: a newer database beside older packages would make the next plain
# `pacman -S` a partial upgrade. Installing a part of the updates is one already: that is the plan's choice.
# shellcheck shell=sh

pacman_database() {
  pacman-conf DBPath 2>/dev/null || echo /var/lib/pacman/
}

pacman_snapshot() {
  rm -rf "$work/snapshot"
  mkdir -p "$work/snapshot" && ln -s "$(pacman_database)/local" "$work/snapshot/local" || return
  chmod 755 "$work" "$work/snapshot"
  if is_root; then
    pacman -Sy --noprogressbar --dbpath "$work/snapshot" --logfile /dev/null
  elif has fakeroot; then
    fakeroot -- pacman -Sy --noprogressbar --dbpath "$work/snapshot" --logfile /dev/null
  else
    return 77
  fi
}

# New dependencies are not named: pacman then marks them as dependencies itself.
pacman_names() {
  awk -F '|' '$4 != "" { print $2 }' "$work/plan"
}

# pacman_steps ARGUMENT...: what pacman would install, as NAME|ARCHITECTURE|FROM|TO.
pacman_steps() {
  pacman "$@" --noconfirm --dbpath "$work/snapshot" --logfile /dev/null --print-format 'step %n|%a|%v' >"$work/steps" 2>&1
  steps_code=$?
  grep -v '^step ' "$work/steps"
  if [ "$steps_code" != 0 ]; then return "$steps_code"; fi
  pacman -Q --dbpath "$work/snapshot" | sed 's/^/have /' >"$work/have"
  awk '
    /^have / { have[$2] = $3 }
    /^step / { split($2, part, "|"); print part[1] "|" part[2] "|" have[part[1]] "|" part[3] }
  ' "$work/have" "$work/steps" >"$work/steps.found"
}

pacman_check() {
  # A plan of new packages alone has no name to give; they are named then.
  if [ -z "$(pacman_names)" ]; then
    # shellcheck disable=SC2046
    set -- $(plan_words)
  else
    # shellcheck disable=SC2046
    set -- $(pacman_names)
  fi
  pacman_steps -Sp "$@" || return
  compare_steps <"$work/steps.found" || return
  # What is planned and would not be done is a difference too.
  awk -F '|' -v steps="$work/steps.found" '
    BEGIN { while ((getline line < steps) > 0) { split(line, part, "|"); found[part[1] "|" part[4]] = 1 } }
    !(($2 "|" $5) in found) {
      print "patchwave: E_GONE: " $2 " " $5 " is in no repository now, or nothing needs it"
      bad = 1
    }
    END { exit bad ? 78 : 0 }' "$work/plan"
}

pacman_is_whole() {
  pacman -Qu --dbpath "$work/snapshot" 2>/dev/null | sed -n '/\[ignored\]/!s/ .*$//p' | sort >"$work/whole"
  pacman_names | sort | comm -13 - "$work/whole" | grep -q . && return 1
  return 0
}

pacman_swap() {
  pacman_sync=$(pacman_database)/sync
  # The lock of pacman itself: whoever makes this file holds it.
  pacman_lock=$(pacman_database)/db.lck
  (set -C && : >"$pacman_lock") 2>/dev/null || return 1
  rm -rf "$work/previous" && cp -pR "$pacman_sync" "$work/previous" && cp -pR "$1"/. "$pacman_sync/"
  pacman_code=$?
  rm -f "$pacman_lock"
  return "$pacman_code"
}

pacman_locked_swap() {
  pacman_swap "$work/snapshot/sync" && return
  echo 'error: unable to lock database'
  return 1
}

transaction() {
  pacman_snapshot || return
  pacman_check || return
  if pacman_is_whole; then pacman_whole=yes; else pacman_whole=no; fi
  again_while_locked 'unable to lock database' pacman_locked_swap || return
  transaction_log=$(($(wc -c <"$work/log") + 1))
  if [ -z "$(pacman_names)" ]; then
    # shellcheck disable=SC2046
    again_while_locked 'unable to lock database' pacman -S --noconfirm --noprogressbar --asdeps $(plan_words)
  else
    # shellcheck disable=SC2046
    again_while_locked 'unable to lock database' pacman -S --noconfirm --noprogressbar $(pacman_names)
  fi
  transaction_code=$?
  if [ "$pacman_whole" = no ] || [ "$transaction_code" != 0 ]; then
    cp -pR "$work/previous"/. "$(pacman_database)/sync/"
  fi
  if [ "$transaction_code" = 0 ] &&
    tail -c "+$transaction_log" "$work/log" | grep -q 'command failed to execute correctly'; then
    # pacman exits with 0 although a script failed.
    refuse E_MANAGER 'a script of a package failed: command failed to execute correctly'
    return
  fi
  return "$transaction_code"
}

simulate() {
  pacman_snapshot || return
  pacman_check
  simulate_code=$?
  cat "$work/steps.found"
  return "$simulate_code"
}
