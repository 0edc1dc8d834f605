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
  if [ -d "${pacman_copy:-}/sync" ]; then return 0; fi
  # Outside the job's own folder: the download user of pacman 7 has to reach it.
  pacman_copy=$(mktemp -d) || return
  ln -s "$(pacman_database)/local" "$pacman_copy/local" && chmod 755 "$pacman_copy" || return
  set -- -Sy --noprogressbar --dbpath "$pacman_copy" --logfile /dev/null
  if is_root; then
    pacman "$@"
  elif has fakeroot; then
    # Without root there is no user to lock the download up with.
    if pacman -Sy --help | grep -q -e --disable-sandbox; then set -- "$@" --disable-sandbox; fi
    fakeroot -- pacman "$@"
  else
    return 77
  fi
}

# New dependencies are not named: pacman then marks them as dependencies itself. What is on the host alone is no
# name of a repository.
# shellcheck disable=SC2317
pacman_names() {
  # What takes the place of others may be needed by nothing, and has to be named.
  if removes_planned; then names_all=yes; else names_all=no; fi
  awk -F '|' -v hosted="$work/hosted" -v all="$names_all" '
    BEGIN { while ((getline line < hosted) > 0) { split(line, part, "|"); here[part[3]] = 1 } }
    $5 == "nothing" { next }
    ($4 != "" || $7 == "asked" || (all == "yes" && $1 != "")) && !($2 in here) { print $2 }' "$work/plan"
}

# pacman_removals NAME...: adds what pacman would remove for them to the steps, as NAME|*|VERSION|nothing. `--print` looks
# at no conflicts, so the transaction is tried on copies of the databases alone (`--dbonly`), where it ends at the download,
# for which there is no program; `--ask 4` answers the question about a conflict with yes (pacman(8)).
pacman_removals() {
  if ! removes_planned; then return 0; fi
  if ! is_root; then return 77; fi
  rm -rf "$work/trial"
  mkdir -p "$work/trial/cache" && cp -R "$(pacman_database)/local" "$work/trial/local" &&
    cp -R "$pacman_copy/sync" "$work/trial/sync" || return
  pacman-conf | awk '
    /^(XferCommand|CacheDir|DBPath|GPGDir|HookDir|LogFile) / { next }
    { print }
    $0 == "[options]" { print "XferCommand = /bin/false" }' >"$work/trial/pacman.conf"
  LC_ALL=C pacman -S --noconfirm --ask 4 --dbonly --noprogressbar --config "$work/trial/pacman.conf" \
    --dbpath "$work/trial" --cachedir "$work/trial/cache" --logfile /dev/null "$@" >"$work/asked" 2>&1
  rm -rf "$work/trial"
  if ! grep -q 'Proceed with installation?' "$work/asked"; then
    cat "$work/asked"
    return 1
  fi
  sed -n 's/^.*:: .* are in conflict.* Remove \([^ ?]*\)? \[y\/N\].*$/\1/p' "$work/asked" | sort -u >"$work/gone.names"
  awk -v names="$work/gone.names" '
    BEGIN { while ((getline line < names) > 0) gone[line] = 1 }
    $1 == "have" && ($2 in gone) { print $2 "|*|" $3 "|nothing" }' "$work/have" >>"$work/steps.found"
}

# Which of the new packages takes the place of what was wanted for itself is not told: none is a dependency then.
pacman_mark_new() {
  if ! removes_planned || [ -s "$work/gone.wanted" ]; then return 0; fi
  # shellcheck disable=SC2046
  set -- $(awk -F '|' '$1 != "" && $4 == "" && $7 != "asked" { print $2 }' "$work/plan")
  if [ "$#" -gt 0 ]; then pacman -D --asdeps "$@" >/dev/null; fi
}

# pacman_steps ARGUMENT...: what pacman would install, as NAME|ARCHITECTURE|FROM|TO.
pacman_steps() {
  pacman "$@" --noconfirm --dbpath "$pacman_copy" --logfile /dev/null --print-format 'step %n|%a|%v|%s' >"$work/steps" 2>&1
  steps_code=$?
  grep -v '^step ' "$work/steps"
  if [ "$steps_code" != 0 ]; then return "$steps_code"; fi
  pacman -Q --dbpath "$pacman_copy" | sed 's/^/have /' >"$work/have"
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
  pacman_steps -Sp "$@" && pacman_removals "$@" || return
  compare_steps <"$work/steps.found" || return
  demand_steps "$work/steps.found"
}

pacman_is_whole() {
  pacman -Qu --dbpath "$pacman_copy" 2>/dev/null | sed -n '/\[ignored\]/!s/ .*$//p' | sort >"$work/whole"
  pacman_names | sort | comm -13 - "$work/whole" | grep -q . && return 1
  return 0
}

# The lock of pacman is a file: whoever makes it holds it. A link is made or fails, in one step; a
# redirection under `set -C` is not enough, because shells may overwrite an empty file.
pacman_take_lock() {
  : >"$1.patchwave" && ln "$1.patchwave" "$1" 2>/dev/null
  pacman_code=$?
  rm -f "$1.patchwave"
  return "$pacman_code"
}

pacman_swap() {
  pacman_lock=$(pacman_database)/db.lck
  if ! pacman_take_lock "$pacman_lock"; then
    echo 'error: unable to lock database'
    return 1
  fi
  cp -pR "$1"/. "$(pacman_database)/sync/"
  pacman_code=$?
  rm -f "$pacman_lock"
  return "$pacman_code"
}

package_cache() {
  pacman-conf CacheDir 2>/dev/null | head -n 1 | sed 's:/$::'
}

# The sizes of the downloads are in the steps, without what is in the cache; `-Si` knows the installed sizes,
# and the host's own database those of the old versions, which stay until the new ones are unpacked.
pacman_needs() {
  sed -n 's/^step //p' "$work/steps" >"$work/sizes"
  # shellcheck disable=SC2046
  pacman -Si --dbpath "$pacman_copy" $(cut -d '|' -f 1 "$work/sizes") 2>/dev/null |
    awk -F ' *: ' '$1 == "Name" { name = $2 } $1 == "Installed Size" { print name "|" $2 }' >"$work/installed"
  awk -F '|' '$3 != "" { print $1 "-" $3 }' "$work/steps.found" | while read -r old_package; do
    awk -v package="$old_package" '/^%SIZE%$/ { getline; print package "|" $0; exit }' "$(pacman_database)/local/$old_package/desc"
  done >"$work/old"
  awk -F '|' -v cache="$(package_cache)" -v database="$(pacman_database)" '
    BEGIN { unit["B"] = 1; unit["KiB"] = 1024; unit["MiB"] = 1048576; unit["GiB"] = 1073741824 }
    FILENAME ~ /sizes$/ { packages++; bytes += $4; next }
    FILENAME ~ /installed$/ {
      split($2, part, " ")
      size = part[1] * unit[part[2]]
      growth += size
      if (size > largest) largest = size
      next
    }
    { growth -= $2 }
    END {
      if (growth < 0) growth = 0
      printf "%s %.0f %d\n", cache, bytes, packages
      printf "/usr %.0f %d\n", growth + largest, packages * 10
      printf "%s %.0f %d\n", database, packages * 16384, packages * 4
    }' "$work/sizes" "$work/installed" "$work/old"
}

# The initial file system is written in place.
# shellcheck disable=SC2317
space() {
  pacman_snapshot || return
  # pacman compares again before it installs.
  if is_hosted; then return 0; fi
  pacman_check || return
  { pacman_needs && kernel_space image; } | space_check
}

# From the snapshot, which a download changes no more than the host's own databases.
download() {
  if is_hosted && [ -z "$(pacman_names)" ]; then return 0; fi
  if [ -z "$(pacman_names)" ]; then
    # shellcheck disable=SC2046
    set -- $(plan_words)
  else
    # shellcheck disable=SC2046
    set -- $(pacman_names)
  fi
  again_while_locked 'unable to lock database' \
    pacman -Sw --noconfirm --noprogressbar --dbpath "$pacman_copy" --logfile /dev/null "$@"
}

# The host may have changed during the download, so it is compared with the same snapshot once more.
transaction() {
  if is_hosted; then
    pacman_install_files
    return
  fi
  pacman_check && pacman_install
}

tidy() {
  if [ -n "${pacman_copy:-}" ]; then rm -rf "$pacman_copy"; fi
}

pacman_install() {
  if pacman_is_whole; then pacman_whole=yes; else pacman_whole=no; fi
  cp -pR "$(pacman_database)/sync" "$work/previous" || return
  again_while_locked 'unable to lock database' pacman_swap "$pacman_copy/sync" || return
  transaction_log=$(($(wc -c <"$work/log") + 1))
  if removes_planned; then set -- --ask 4; else set --; fi
  pacman -Qqe | awk -F '|' -v plan="$work/plan" '
    BEGIN { while ((getline line < plan) > 0) { split(line, part, "|"); if (part[5] == "nothing") goes[part[2]] = 1 } }
    $1 in goes' >"$work/gone.wanted"
  if [ -z "$(pacman_names)" ]; then
    # shellcheck disable=SC2046
    again_while_locked 'unable to lock database' pacman -S --noconfirm "$@" --noprogressbar --asdeps $(plan_words)
  else
    # shellcheck disable=SC2046
    again_while_locked 'unable to lock database' pacman -S --noconfirm "$@" --noprogressbar $(pacman_names)
  fi
  install_code=$?
  if [ "$install_code" = 0 ]; then pacman_mark_new; fi
  if [ "$pacman_whole" = no ] || [ "$install_code" != 0 ]; then
    again_while_locked 'unable to lock database' pacman_swap "$work/previous"
  fi
  if [ "$install_code" = 0 ] &&
    tail -c "+$transaction_log" "$work/log" | grep -q 'command failed to execute correctly'; then
    # pacman exits with 0 although a script failed.
    refuse E_MANAGER 'a script of a package failed: command failed to execute correctly'
    return
  fi
  return "$install_code"
}

# shellcheck disable=SC2317
simulate() {
  pacman_snapshot && pacman_check
  simulate_code=$?
  rm -rf "$pacman_copy"
  cat "$work/steps.found"
  return "$simulate_code"
}
