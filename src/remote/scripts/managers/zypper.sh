# zypper: SUSE and openSUSE.
# shellcheck shell=sh

zypper_run() {
  zypper -n --no-refresh "$@"
}

# zypper_look ARGUMENT...: a command about packages.
zypper_look() {
  # Aliases that hold a blank are not limited by.
  # shellcheck disable=SC2086
  zypper_run "$@" $zypper_only
}

# zypper_ask ARGUMENT...: with the lines of the input as further arguments; nothing when there are none.
zypper_ask() {
  zypper_words=$(cat)
  # Names of packages and patches hold no blanks.
  # shellcheck disable=SC2086
  if [ -n "$zypper_words" ]; then zypper_run "$@" $zypper_only $zypper_words; fi
}

zypper_fetch() {
  refreshing 300 /usr/bin/zypper -n refresh
}

# Both streams as one: what says why a repository fails, and that it fails, are written to different ones.
zypper_refresh() {
  await_lock && zypper_fetch 2>&1
  zypper_code=$?
  if [ "$zypper_code" != 0 ]; then zypper_limit; fi
  return "$zypper_code"
}

# A repository without any metadata is tried again by each command, each time until the mirror times out. So the
# commands that follow load the others alone.
zypper_limit() {
  zypper_aliases=$(zypper_run -x -q repos | tr '<' '\n' |
    sed -n '/^repo .* enabled="1"/s/^repo alias="\([^"]*\)".*$/\1/p')
  case $zypper_aliases in
    *[\ \&]*) return ;;
  esac
  for zypper_alias in $zypper_aliases; do
    if [ -e "/var/cache/zypp/solv/$zypper_alias/solv" ]; then zypper_only="$zypper_only -r $zypper_alias"; fi
  done
}

# Tumbleweed moves as a whole: its updates are a `dup`.
zypper_simulation() {
  zypper_plan=
  if ! is_root; then return 77; fi
  if [ "$(os_release_value ID)" = opensuse-tumbleweed ]; then
    set -- dup --no-allow-vendor-change
  else
    set -- up
  fi
  zypper_plan=$(zypper_look -x -q "$@" --dry-run --no-recommends --auto-agree-with-licenses)
  zypper_code=$?
  printf '%s\n' "$zypper_plan"
  return "$zypper_code"
}

# When something would be removed: which of the new packages replaces it, and what needs that one.
zypper_obsoletes() {
  case $zypper_plan in
    *'<to-remove>'*)
      printf '%s\n' "$zypper_plan" | tr '<' '\n' |
        sed -n -e '/^to-install/,/^\/to-install/s/^solvable type="package" name="\([A-Za-z0-9._+-]*\)".*$/\1/p' \
          -e '/^to-upgrade/,/^\/to-upgrade/s/^solvable type="package" name="\([A-Za-z0-9._+-]*\)".*$/\1/p' |
        zypper_ask -q info --obsoletes --requires |
        awk '/^[A-Z][A-Za-z ]* *:/ { part = /^(Name|Requires|Obsoletes) *:/ } /^$/ || /^Information/ { part = 0 } part'
      ;;
  esac
}

zypper_updates() {
  zypper_list=$(zypper_look -x -q list-updates --all)
  zypper_code=$?
  printf '%s\n' "$zypper_list"
  return "$zypper_code"
}

# Without root nothing can be simulated; but zypper can tell what it would offer from what is only newer.
zypper_installable() {
  if ! is_root; then zypper_look -x -q list-updates; fi
}

# Asked for by name, zypper says why it leaves out what is newer: a dependency, a vendor, a lock.
zypper_reasons() {
  if ! is_root; then return 77; fi
  zypper_absent=$(printf '%s\n' "$zypper_list" | tr '<' '\n' |
    sed -n 's/^update kind="package" name="\([A-Za-z0-9._+-]*\)".*$/\1/p' | while read -r zypper_name; do
    case $zypper_plan in
      *" name=\"$zypper_name\" "*) ;;
      *) echo "$zypper_name" ;;
    esac
  done)
  if [ -z "$zypper_absent" ]; then return 0; fi
  printf '%s\n' "$zypper_absent" | zypper_ask -x update --dry-run --no-recommends --auto-agree-with-licenses
}

zypper_patches() {
  zypper_patch_list=$(zypper_look -x -q list-patches)
  zypper_code=$?
  printf '%s\n' "$zypper_patch_list"
  return "$zypper_code"
}

# The tags of patches that the distribution withdrew.
zypper_retracted() {
  zypper_retracted_list=$(zypper_look -x -q list-patches --all | tr '<' '\n' |
    sed -n '/^update kind="patch" .*status="retracted"/s/^/</p')
  printf '%s\n' "$zypper_retracted_list"
}

# A patch conflicts with the versions that it replaces: that is how it names its packages.
zypper_patch_contents() {
  zypper_contents=$(printf '%s\n%s\n' "$zypper_patch_list" "$zypper_retracted_list" | tr '<' '\n' |
    sed -n 's/^update kind="patch" name="\([A-Za-z0-9._:+-]*\)".*$/\1/p' |
    zypper_ask -q info -t patch |
    sed -n '/^Name  *:/p; /^Conflicts  *:/,/^[A-Z][A-Za-z ]*:/p')
  printf '%s\n' "$zypper_contents"
}

# `NAME|ARCHITECTURE|EPOCH:VERSION-RELEASE` of installed packages that a withdrawn patch may name.
zypper_patched() {
  if [ -z "$zypper_retracted_list" ]; then return 0; fi
  printf '%s\n' "$zypper_contents" |
    sed -n -e 's/^Conflicts  *: \([A-Za-z0-9._+-]*\) < .*$/\1/p' -e 's/^  *\([A-Za-z0-9._+-]*\) < .*$/\1/p' |
    sort -u | xargs -r rpm -q --qf '%{NAME}|%{ARCH}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' | grep '|'
}

# zypper tells the sum of what it would fetch alone. The metadata of the repositories that it would fetch from has
# each size: `NAME|ARCHITECTURE|EPOCH:VERSION-RELEASE|BYTES`.
zypper_sizes() {
  zypper_names=$(printf '%s\n%s\n' "$zypper_plan" "$zypper_list" | tr '<' '\n' |
    sed -n -e 's/^solvable type="package" name="\([A-Za-z0-9._+-]*\)".*$/\1/p' \
      -e 's/^update kind="package" name="\([A-Za-z0-9._+-]*\)".*$/\1/p' | sort -u | tr '\n' ' ')
  if [ -z "$zypper_names" ]; then return 0; fi
  for zypper_file in /var/cache/zypp/raw/*/repodata/*primary.xml*; do
    zypper_alias=${zypper_file#/var/cache/zypp/raw/}
    case $zypper_plan$zypper_list in
      *"repository=\"${zypper_alias%%/*}\""* | *"alias=\"${zypper_alias%%/*}\""*) ;;
      *) continue ;;
    esac
    case $zypper_file in
      *.gz) gzip -dc "$zypper_file" ;;
      *.zst) zstd -dc "$zypper_file" ;;
      *.xz) xz -dc "$zypper_file" ;;
      *) cat "$zypper_file" ;;
    esac 2>/dev/null | grep -E '^ *<(name>|arch>|version |size )' | awk -v names="$zypper_names" '
      function value(name) {
        if (!match($0, " " name "=\"[^\"]*\"")) return ""
        return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
      }
      BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
      /<name>/ { name = $0; sub(/^ *<name>/, "", name); sub(/<.*$/, "", name) }
      !(name in wanted) { next }
      /<arch>/ { arch = $0; sub(/^ *<arch>/, "", arch); sub(/<.*$/, "", arch) }
      /<version / { version = value("epoch") ":" value("ver") "-" value("rel") }
      /<size / { print name "|" arch "|" version "|" value("package") }'
  done
}

zypper_ages() {
  for zypper_folder in /var/cache/zypp/raw/*/; do
    zypper_alias=${zypper_folder#/var/cache/zypp/raw/}
    zypper_alias=${zypper_alias%/}
    echo "$(newest_age "${zypper_folder}repodata" "${zypper_folder}cookie" "/var/cache/zypp/solv/$zypper_alias/cookie") $zypper_alias"
  done
}

zypper_reboot_check() {
  zypper_run needs-rebooting
}

zypper_is_due() {
  refresh_is_due rule /var/cache/zypp/raw/*/repodata /var/cache/zypp/solv/*/cookie
}

zypper_probe() {
  zypper_only=
  # Another process may be faster than the one that has waited.
  ZYPP_LOCK_TIMEOUT=5
  export ZYPP_LOCK_TIMEOUT
  if zypper_is_due; then
    section refresh zypper_refresh
  fi
  section repositories rpm_repositories /var/cache/zypp/raw/*/repodata/repomd.xml
  section repository-ages zypper_ages
  section updates zypper_updates
  section simulation zypper_simulation
  section installable zypper_installable
  section obsoletes zypper_obsoletes
  section reasons zypper_reasons
  section patches zypper_patches
  section retracted zypper_retracted
  section patch-contents zypper_patch_contents
  section patched zypper_patched
  section sizes zypper_sizes
  section locks zypper_run -q locks
  section reboot-check zypper_reboot_check
}

zypper_installed() {
  rpm_installed
}
