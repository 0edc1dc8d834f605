# apk: exact versions. To name a version is to write it into /etc/apk/world, where it would stay pinned;
# so the file is put back, and apk is told to agree with it again.
# shellcheck shell=sh

apk_add() {
  # Words are NAME=VERSION, checked by the controller; none holds a blank or a glob.
  # shellcheck disable=SC2046
  apk "$@" $(plan_words)
}

# What apk would do, as NAME|ARCHITECTURE|FROM|TO; it does not name the architecture.
apk_steps() {
  sed -n \
    -e 's/^([^)]*) Upgrading \([^ @]*\)[^ ]* (\([^ ]*\) -> \([^ ]*\))$/\1|*|\2|\3/p' \
    -e 's/^([^)]*) Downgrading \([^ @]*\)[^ ]* (\([^ ]*\) -> \([^ ]*\))$/\1|*|\2|\3/p' \
    -e 's/^([^)]*) Replacing \([^ @]*\)[^ ]* (\([^ ]*\) -> \([^ ]*\))$/\1|*|\2|\3/p' \
    -e 's/^([^)]*) Installing \([^ @]*\)[^ ]* (\([^ ]*\))$/\1|*||\2/p' \
    -e 's/^([^)]*) Purging \([^ @]*\)[^ ]* (\([^ ]*\))$/\1|*|\2|nothing/p' "$1"
}

apk_check() {
  apk_add add -s >"$work/steps" 2>&1
  apk_code=$?
  cat "$work/steps"
  if [ "$apk_code" = 1 ] && grep -qE '^[0-9]+ errors?; ' "$work/steps"; then
    refuse E_BROKEN "a script of a package failed before; from then on every apk exits with 1"
    return
  fi
  if [ "$apk_code" != 0 ]; then return "$apk_code"; fi
  apk_steps "$work/steps" | compare_steps
}

# Unless the host has set up a cache of its own, packages wait beside the indexes.
package_cache() {
  if [ -d /etc/apk/cache ]; then readlink -f /etc/apk/cache; else echo /var/cache/apk; fi
}

# `NAME|VERSION|DOWNLOAD|INSTALLED` of what the repositories offer, sizes in bytes: apk 3 is asked, the index
# of apk 2 is read.
apk_offers() {
  # shellcheck disable=SC2046
  apk query --fields name,version,file-size,installed-size $(cut -d '|' -f 2 "$work/plan") 2>/dev/null |
    awk -F ': ' '
      function offer() { if (name != "") print name "|" version "|" bytes "|" size }
      $1 == "Name" { offer(); name = $2; version = ""; bytes = 0; size = 0 }
      $1 == "Version" { version = $2 }
      $1 == "File-Size" { bytes = $2 }
      $1 == "Installed-Size" { size = $2 }
      END { offer() }' >"$work/offers"
  if [ -s "$work/offers" ]; then return; fi
  for apk_index in "$(package_cache)"/APKINDEX.*.tar.gz; do
    tar -xzOf "$apk_index" APKINDEX 2>/dev/null
  done | awk -F ':' '
    $1 == "P" { name = $2; version = ""; bytes = 0; size = 0 }
    $1 == "V" { version = $2 }
    $1 == "S" { bytes = $2 }
    $1 == "I" { size = $2 }
    $0 == "" && name != "" { print name "|" version "|" bytes "|" size; name = "" }' >"$work/offers"
}

# While a package is unpacked its old and its new files exist side by side.
apk_needs() {
  apk_offers
  apk_steps "$work/steps" >"$work/planned"
  : >"$work/installed"
  for apk_database in /lib/apk/db/installed /usr/lib/apk/db/installed; do
    if [ -r "$apk_database" ]; then
      awk -F ':' '$1 == "P" { name = $2 } $1 == "I" { print name "|" $2 }' "$apk_database" >"$work/installed"
      break
    fi
  done
  # shellcheck disable=SC2012
  ls -1 "$(package_cache)" 2>/dev/null | sed -n 's/\.[0-9a-f]*\.apk$//p' >"$work/cached"
  awk -F '|' -v cache="$(package_cache)" '
    FILENAME ~ /cached$/ { cached[$1] = 1; next }
    FILENAME ~ /installed$/ { old[$1] = $2; next }
    FILENAME ~ /offers$/ { bytes[$1 "|" $2] = $3; size[$1 "|" $2] = $4; next }
    $4 != "nothing" {
      packages++
      if (!(($1 "-" $4) in cached)) download += bytes[$1 "|" $4]
      growth += size[$1 "|" $4] - old[$1]
      if (size[$1 "|" $4] > largest) largest = size[$1 "|" $4]
    }
    END {
      if (growth < 0) growth = 0
      printf "%s %.0f %d\n", cache, download, packages
      printf "/usr %.0f %d\n", growth + largest, packages * 10
    }' "$work/cached" "$work/installed" "$work/offers" "$work/planned"
}

space() {
  apk_check || return
  { apk_needs && kernel_space whole; } | space_check
}

# apk itself fetches each package just before it unpacks it: a mirror that fails then leaves a host half
# upgraded. So all of them are fetched first.
download() {
  again_while_locked 'Unable to lock database' apk_add --cache-dir "$(package_cache)" cache download
}

# Packages that wait in a cache which the host never set up would stay there for ever.
apk_forget_packages() {
  if [ -e /etc/apk/cache ]; then return; fi
  while IFS='|' read -r _ apk_name _ _ apk_version _; do
    rm -f "$(package_cache)/$apk_name-$apk_version".*.apk
  done <"$work/plan"
}

# What is wanted for itself stays in the world; a dependency stays one.
apk_world_of_plan() {
  if [ "$transaction_code" != 0 ]; then
    cat "$work/world"
    return
  fi
  { cat "$work/world" && awk -F '|' '$7 == "asked" { print $2 }' "$work/plan"; } | awk '!seen[$0]++'
}

# In one step: whatever happens in between, the file is the old one or the new one, never a part of it.
apk_restore_world() {
  cp -p "$work/world" /etc/apk/world.patchwave && apk_world_of_plan >/etc/apk/world.patchwave && sync && mv /etc/apk/world.patchwave /etc/apk/world
}

transaction() {
  apk_check || return
  cp -p /etc/apk/world "$work/world" || return
  # What is not in the cache it refuses beforehand.
  again_while_locked 'Unable to lock database' apk_add --no-network --cache-dir "$(package_cache)" add
  transaction_code=$?
  apk_restore_world || return
  if [ "$transaction_code" = 0 ]; then
    again_while_locked 'Unable to lock database' apk --no-network add
    transaction_code=$?
    apk_forget_packages
  fi
  return "$transaction_code"
}

simulate() {
  apk_check
}
