# pacman: Arch Linux and kin. The system's own databases are never synchronised: installing anything after
# that would be a partial upgrade. A copy is.
# shellcheck shell=sh

pacman_database() {
  pacman-conf DBPath 2>/dev/null || echo /var/lib/pacman/
}

# pacman_ask ARGUMENT...: asks about the databases in use.
pacman_ask() {
  if [ -e "$pacman_copy/pacman.conf" ]; then set -- "$@" --config "$pacman_copy/pacman.conf"; fi
  pacman "$@" --dbpath "$pacman_used"
}

# pacman_fetch ARGUMENT...: fetches the databases into the copy.
pacman_fetch() {
  set -- -Sy --noprogressbar --dbpath "$pacman_copy/fresh" --logfile /dev/null "$@"
  if is_root; then
    limited 240 pacman "$@"
  else
    # Without root there is no user to lock the download up with.
    if pacman -Sy --help | grep -q -e --disable-sandbox; then set -- "$@" --disable-sandbox; fi
    limited 240 fakeroot -- pacman "$@"
  fi
}

pacman_refresh() {
  mkdir "$pacman_copy/fresh" && ln -s "$(pacman_database)/local" "$pacman_copy/fresh/local" || return
  # The download user of pacman 7 has to reach it.
  chmod 755 "$pacman_copy" "$pacman_copy/fresh"
  pacman_fetch
  pacman_code=$?
  if [ "$pacman_code" != 0 ]; then pacman_mend; fi
  return "$pacman_code"
}

# pacman_config REPOSITORY...: the host's configuration with these repositories alone. pacman prints its default
# folders too and refuses one that is named and not there; no hook runs and no package is fetched here.
pacman_config() {
  if [ -d "$(pacman-conf GPGDir)" ]; then pacman_keys=kept; else pacman_keys=; fi
  pacman-conf | awk -v names=" $* " -v keys="$pacman_keys" '
    /^(HookDir|CacheDir) *=/ || (/^GPGDir *=/ && !keys) { next }
    /^\[/ { keep = $0 == "[options]" || index(names, " " substr($0, 2, length($0) - 2) " ") }
    keep'
}

# pacman_is_usable REPOSITORY: whether pacman itself accepts the copy's database.
pacman_is_usable() {
  pacman_config "$1" >"$pacman_copy/one.conf"
  [ -e "$pacman_copy/fresh/sync/$1.db" ] || return
  pacman -Sl "$1" --config "$pacman_copy/one.conf" --dbpath "$pacman_copy/fresh" >/dev/null 2>&1
}

# One database that is missing or not trusted makes pacman refuse them all, and one that fails may end the fetching
# of the others. So each that is missing is fetched alone; one that fails again is named and taken from the host's
# own databases; what is not there either is left out.
pacman_mend() {
  pacman_kept=
  for pacman_name in $(pacman-conf --repo-list); do
    if ! pacman_is_usable "$pacman_name"; then
      pacman_fetch --config "$pacman_copy/one.conf"
    fi
    if ! pacman_is_usable "$pacman_name"; then
      echo "patchwave: not synchronized: $pacman_name"
      rm -f "$pacman_copy/fresh/sync/$pacman_name".db*
      cp -p "$(pacman_database)/sync/$pacman_name".db* "$pacman_copy/fresh/sync/" 2>/dev/null
      pacman_is_usable "$pacman_name" || continue
    fi
    pacman_kept="$pacman_kept $pacman_name"
  done
  # Names of repositories hold no blanks.
  # shellcheck disable=SC2086
  pacman_config $pacman_kept >"$pacman_copy/pacman.conf"
}

# `NAME|VERSION|ARCH|REPOSITORY|BYTES`: what an upgrade would install.
pacman_print() {
  pacman_ask "$@" --noconfirm --logfile /dev/null --print-format '%n|%v|%a|%r|%s'
}

# What pacman refuses takes the whole upgrade with it. So the packages that it names as the cause are left out,
# at most seven times; `blocked` then says which, and why.
pacman_simulation() {
  pacman_left_out=
  pacman_blocked=
  for pacman_try in 1 2 3 4 5 6 7 8; do
    pacman_plan=$(pacman_print -Sup --ignore "$pacman_left_out" 2>&1)
    pacman_code=$?
    if [ "$pacman_code" = 0 ] || [ "$pacman_try" = 8 ]; then break; fi
    pacman_said=$(printf '%s\n' "$pacman_plan" | grep '^:: ')
    pacman_cause=$(printf '%s\n' "$pacman_said" | sed -n \
      -e "s/^:: unable to satisfy dependency '.*' required by \([^ ]*\)$/\1/p" \
      -e 's/^:: installing \([^ ]*\) (.*) breaks dependency .*$/\1/p' | sort -u | tr '\n' ',')
    if [ -z "$pacman_cause" ]; then break; fi
    pacman_left_out=$pacman_cause$pacman_left_out
    pacman_blocked=$(printf '%s\n%s' "$pacman_blocked" "$pacman_said")
  done
  printf '%s\n' "$pacman_plan"
  return "$pacman_code"
}

# Exit code 1 means that there is none, or an error.
pacman_updates() {
  pacman_newer=$(pacman_ask -Qu)
  pacman_code=$?
  printf '%s\n' "$pacman_newer"
  return "$pacman_code"
}

# Where the new versions of packages come from that the upgrade leaves out.
pacman_ignored() {
  pacman_absent=$(printf '%s\n' "$pacman_newer" | while read -r pacman_name _; do
    case $pacman_plan in
      *"
$pacman_name|"* | "$pacman_name|"*) ;;
      *) echo "$pacman_name" ;;
    esac
  done)
  if [ -z "$pacman_absent" ]; then return 0; fi
  # Names of packages hold no blanks.
  # shellcheck disable=SC2086
  pacman_print -Sp --nodeps --nodeps $pacman_absent
}

# pacman checks no conflicts when it only prints: what the planned packages say of others.
pacman_details() {
  printf '%s\n' "$pacman_plan" | awk -F '|' 'NF == 5 { print $4 "/" $1 }' |
    if [ -e "$pacman_copy/pacman.conf" ]; then
      xargs -r pacman -Si --config "$pacman_copy/pacman.conf" --dbpath "$pacman_used"
    else
      xargs -r pacman -Si --dbpath "$pacman_used"
    fi | grep -E '^(Name|Version|Provides|Depends On|Conflicts With|Replaces)  *:'
}

# `NAME|VERSION|PROVIDES|CONFLICTS` of each installed package, the last two separated by blanks.
pacman_relations() {
  cat "$(pacman_database)"/local/*/desc | awk '
    function show() { if (name != "") print name "|" version "|" provides "|" conflicts }
    /^%NAME%$/ { show(); getline name; provides = conflicts = part = ""; next }
    /^%VERSION%$/ { getline version; next }
    /^%/ { part = $0; next }
    /^$/ { part = "" }
    part == "%PROVIDES%" { provides = provides " " $0 }
    part == "%CONFLICTS%" { conflicts = conflicts " " $0 }
    END { show() }'
}

pacman_repositories() {
  for pacman_file in "$pacman_used"/sync/*.db; do
    if [ -e "$pacman_file" ]; then echo "${pacman_file##*/}"; fi
  done
}

pacman_ages() {
  for pacman_file in "$pacman_used"/sync/*.db; do
    if [ -e "$pacman_file" ]; then echo "$(newest_age "$pacman_file") ${pacman_file##*/}"; fi
  done
}

# What the host's configuration ignores: `package GLOB`, `group NAME`, and `member NAME PACKAGE`.
pacman_ignore() {
  pacman-conf IgnorePkg | sed 's/^/package /'
  pacman-conf IgnoreGroup | sort -u | while read -r pacman_group; do
    echo "group $pacman_group"
    pacman -Qg "$pacman_group" 2>/dev/null | sed 's/^/member /'
  done
}

# Installed packages that are in no repository.
pacman_foreign() {
  if [ ! -e "$pacman_copy/pacman.conf" ]; then pacman_ask -Qmq; fi
}

pacman_is_due() {
  pacman_used=$(pacman_database)
  if is_root || has fakeroot; then pacman_refresher=anyone; else pacman_refresher=root; fi
  refresh_is_due "$pacman_refresher" "$pacman_used"/sync/*.db
}

pacman_probe() {
  pacman_copy=$(mktemp -d) || return
  trap 'rm -rf "$pacman_copy"' EXIT
  trap 'exit 1' HUP INT TERM
  if pacman_is_due; then
    section refresh pacman_refresh
    if ls "$pacman_copy"/fresh/sync/*.db >/dev/null 2>&1; then pacman_used=$pacman_copy/fresh; fi
  fi
  section repositories pacman_repositories
  section repository-ages pacman_ages
  section updates pacman_updates
  section simulation pacman_simulation
  section blocked printf '%s\n' "$pacman_blocked"
  section ignored pacman_ignored
  section details pacman_details
  section relations pacman_relations
  section ignore pacman_ignore
  section foreign pacman_foreign
}

pacman_installed() {
  cat "$(pacman_database)"/local/*/desc | awk '
    /^%NAME%$/ { getline name }
    /^%VERSION%$/ { getline version }
    /^%ARCH%$/ { getline arch; print name "|" arch "|" version }'
}
