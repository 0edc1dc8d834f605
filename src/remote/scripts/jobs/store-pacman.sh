# pacman: packages in its cache, NAME-VERSION-RELEASE-ARCHITECTURE.pkg.tar.*, and the installation of files. A
# repository holds one version; an older one can be had from the cache alone.
# shellcheck shell=sh

cached_packages() {
  find "$(package_cache)" "$work/fetched" -name '*.pkg.tar*' -type f ! -name '*.sig' ! -name '*.part' 2>/dev/null >"$work/cached.files"
  printf '%s\n' "$@" >"$work/cached.names"
  awk -v names="$work/cached.names" '
    BEGIN { while ((getline line < names) > 0) asked[line] = 1 }
    {
      label = $0
      sub(/.*\//, "", label)
      sub(/\.pkg\.tar.*$/, "", label)
      arch = label
      sub(/.*-/, "", arch)
      label = substr(label, 1, length(label) - length(arch) - 1)
      name = label
      if (!sub(/-[^-]*-[^-]*$/, "", name) || !(name in asked)) next
      print name "|" arch "|" substr(label, length(name) + 2) "||" $0
    }' "$work/cached.files"
}

# Only what the repositories hold now can be fetched: the installed version when it is that one.
fetch_versions() {
  cut -d '|' -f 1 >"$work/fetch.words"
  pacman_snapshot || return
  # shellcheck disable=SC2046
  again_while_locked 'unable to lock database' \
    pacman -Sw --noconfirm --noprogressbar --dbpath "$pacman_copy" --logfile /dev/null $(cat "$work/fetch.words")
}

# The files of the plan: kept ones, and by the names that the databases give them those which `download` has just
# compared with the databases.
pacman_plan_files() {
  cut -d '|' -f 2 "$work/hosted"
  # shellcheck disable=SC2046
  set -- $(pacman_names) $(new_names)
  if [ "$#" = 0 ]; then return 0; fi
  pacman -Sp --noconfirm --dbpath "$pacman_copy" --logfile /dev/null --print-format 'file %n|%a|%v|%l' "$@" >"$work/located" 2>/dev/null
  awk -F '|' -v plan="$work/plan" -v hosted="$work/hosted" -v cache="$(package_cache)" '
    BEGIN {
      while ((getline line < hosted) > 0) { split(line, part, "|"); here[part[3]] = 1 }
      while ((getline line < plan) > 0) { split(line, part, "|"); if (part[1] != "") planned[part[2] "|" part[3] "|" part[5]] = 1 }
    }
    sub(/^file /, "") && ($1 "|" $2 "|" $3) in planned && !($1 in here) {
      sub(/.*\//, "", $4)
      print cache "/" $4
    }' "$work/located"
}

# Signatures are looked at as the host configures it for files.
pacman_install_files() {
  pacman_plan_files >"$work/install.files"
  # Paths are ours or of the cache, without blanks.
  # shellcheck disable=SC2046
  pacman_steps -Up $(cat "$work/install.files") || return
  compare_steps <"$work/steps.found" && demand_steps "$work/steps.found" || return
  transaction_log=$(($(wc -c <"$work/log") + 1))
  # shellcheck disable=SC2046
  again_while_locked 'unable to lock database' \
    pacman -U --noconfirm --noprogressbar $(cat "$work/install.files") || return
  awk -F '|' '$4 == "" && $7 != "asked" { print $2 }' "$work/plan" >"$work/new"
  # shellcheck disable=SC2046
  set -- $(cat "$work/new")
  if [ "$#" -gt 0 ]; then pacman -D --asdeps "$@" >/dev/null; fi
  if tail -c "+$transaction_log" "$work/log" | grep -q 'command failed to execute correctly'; then
    refuse E_MANAGER 'a script of a package failed: command failed to execute correctly'
  fi
}
