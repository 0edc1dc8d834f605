# apk: Alpine Linux, versions 2 and 3. Nothing that the updates hang on is asked of version 3 alone.
# shellcheck shell=sh

apk_fetch() {
  refreshing 240 /sbin/apk --wait 5 update
}

apk_refresh() {
  await_lock && apk_fetch
}

# The same resolution as the job's: all at once, apk itself included. What cannot be resolved takes the whole
# upgrade with it. So the packages that apk names as the cause are left out, at most seven times; the first refusal
# is what `blocked` shows. Before 2.14 apk could leave nothing out.
#
# apk 3 refuses to upgrade while it misses an index; the scan goes on with the others, as it has named the one.
apk_simulation() {
  apk_blocked=
  apk_forced=
  set --
  for apk_try in 1 2 3 4 5 6 7 8; do
    # What goes wrong is read from both streams, what would be done from one.
    apk_plan=$(apk upgrade -s --no-self-upgrade ${apk_forced:+"$apk_forced"} "$@" 2>&1)
    apk_code=$?
    case $apk_plan in
      *--force-missing-repositories*)
        if [ -n "$apk_forced" ]; then break; fi
        apk_forced=--force-missing-repositories
        continue
        ;;
      *'unable to select packages'*) ;;
      *) break ;;
    esac
    if [ -z "$apk_blocked" ]; then apk_blocked=$apk_plan; fi
    apk_causes=$(apk_named_causes)
    if [ -z "$apk_causes" ] || [ "$apk_try" = 8 ]; then break; fi
    for apk_cause in $apk_causes; do set -- "$@" --ignore "$apk_cause"; done
  done
  case $apk_plan in
    *'unrecognized option'*) apk_plan=$apk_blocked apk_code=1 ;;
  esac
  printf '%s\n' "$apk_plan"
  return "$apk_code"
}

# `breaks: NAME-VERSION[…]` and `required by: NAME-VERSION[…]`, more of them each on a line of its own.
apk_named_causes() {
  printf '%s\n' "$apk_plan" | tr ' ' '\n' |
    sed -n 's/^\([^[]*\)-[^-[]*-r[0-9]*\[.*\]$/\1/p' | sort -u | while read -r apk_cause; do
    case $apk_list in
      *"upgradable from: $apk_cause-"[0-9]*) echo "$apk_cause" ;;
    esac
  done
}

# Pinned packages are here and not in the simulation; older new versions are here as well.
apk_updates() {
  printf '%s\n' "$apk_list"
  return "$apk_list_code"
}

apk_names() {
  printf '%s\n' "$apk_plan" | sed -n 's/^([ 0-9]*\/[0-9]*) [A-Z][a-z-]* \([^ @]*\)[^ ]* (.*$/\1/p'
  printf '%s\n' "$apk_list" | sed -n 's/^.*\[upgradable from: \(.*\)-[^-]*-r[0-9]*\]$/\1/p'
}

# Lines of `apk list` for all versions: they have the architecture.
apk_details() {
  apk_names | sort -u | xargs -r apk list 2>/dev/null
}

apk_policies() {
  apk_names | sort -u | xargs -r apk policy 2>/dev/null
}

# apk 2 has no such command; its indexes in the cache say the same as `NAME|VERSION|ARCHITECTURE|BYTES`.
apk_sizes() {
  if apk_names | sort -u | xargs -r apk query --from repositories --format json --fields name,version,arch,file-size 2>/dev/null; then
    return 0
  fi
  for apk_index in /var/cache/apk/APKINDEX.*.tar.gz /etc/apk/cache/APKINDEX.*.tar.gz; do
    if [ -e "$apk_index" ]; then tar -xzOf "$apk_index" APKINDEX 2>/dev/null; fi
  done | awk -v names="$(apk_names | tr '\n' ' ')" '
    BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
    /^P:/ { name = substr($0, 3) }
    /^V:/ { version = substr($0, 3) }
    /^A:/ { arch = substr($0, 3) }
    /^S:/ { size = substr($0, 3) }
    /^$/ { if (name in wanted) print name "|" version "|" arch "|" size; name = "" }'
}

# Why apk leaves out what has a newer version: its answer when it is asked for that version. Pinned packages are
# not asked about: the pin is the answer.
apk_reasons() {
  apk_wanted=$(printf '%s\n' "$apk_list" | sed -n 's/^\([^ ]*\)-\([^-]*-r[0-9]*\) .*\[upgradable from: .*\]$/\1 \2/p' |
    awk '{ newest[$1] = $2 } END { for (name in newest) print name, newest[name] }' | sort | while read -r apk_name apk_version; do
    case $apk_plan in
      *") "[A-Z]*" $apk_name ("* | *") "[A-Z]*" $apk_name@"*) continue ;;
    esac
    if ! grep -q "^${apk_name}[=<>~@]" /etc/apk/world; then echo "$apk_name=$apk_version"; fi
  done)
  if [ -z "$apk_wanted" ]; then return 0; fi
  # Names and versions hold no blanks.
  # shellcheck disable=SC2086
  apk add -s ${apk_forced:+"$apk_forced"} $apk_wanted 2>&1 | sed -n '/unable to select packages/,$p'
}

# When a package would go: what needs it now, what the new ones provide in its place, and what needs those.
# `NAME-VERSION is required by:`, `NAME-VERSION provides:`, `NAME-VERSION depends on:`, then a line for each.
apk_purged() {
  case $apk_plan in
    *') Purging '*) ;;
    *) return 0 ;;
  esac
  printf '%s\n' "$apk_plan" | sed -n 's/^([ 0-9]*\/[0-9]*) Purging \([^ @]*\)[^ ]* (.*$/\1/p' | xargs -r apk info -r 2>/dev/null
  printf '%s\n' "$apk_plan" | sed -n 's/^([ 0-9]*\/[0-9]*) Installing \([^ @]*\)[^ ]* (.*$/\1/p' | xargs -r apk info -P 2>/dev/null
  apk_names | sort -u | xargs -r apk info -R 2>/dev/null
}

apk_ages() {
  for apk_index in /var/cache/apk/APKINDEX.*.tar.gz /etc/apk/cache/APKINDEX.*.tar.gz; do
    if [ -e "$apk_index" ]; then echo "$(newest_age "$apk_index") ${apk_index##*/}"; fi
  done
}

apk_is_due() {
  refresh_is_due rule /var/cache/apk/APKINDEX.*.tar.gz /etc/apk/cache/APKINDEX.*.tar.gz
}

apk_probe() {
  if apk_is_due; then
    section refresh apk_refresh
  fi
  apk_list=$(apk list -u 2>/dev/null)
  apk_list_code=$?
  section repositories cat /etc/apk/repositories
  section repository-ages apk_ages
  section simulation apk_simulation
  section blocked printf '%s\n' "$apk_blocked"
  section updates apk_updates
  section reasons apk_reasons
  section purged apk_purged
  section details apk_details
  section policy apk_policies
  section sizes apk_sizes
  section world cat /etc/apk/world
  section broken apk_broken
}

apk_database() {
  if [ -e /lib/apk/db/installed ]; then echo /lib/apk/db/installed; else echo /usr/lib/apk/db/installed; fi
}

# The names of packages whose script (s), files (f) or attributes (x) failed; from then on every apk exits with 1.
apk_broken() {
  awk '/^P:/ { name = substr($0, 3) } /^f:.*[fsx]/ { print name }' "$(apk_database)"
}

apk_installed() {
  awk '
    /^P:/ { name = substr($0, 3) }
    /^V:/ { version = substr($0, 3) }
    /^A:/ { arch = substr($0, 3) }
    /^$/ { if (name != "") print name "|" arch "|" version; name = "" }
    END { if (name != "") print name "|" arch "|" version }' "$(apk_database)"
}
