# apk: the scripts of packages that failed are run again.
# shellcheck shell=sh

# NAME for each package whose script (s), files (f) or attributes (x) failed.
apk_marked() {
  for apk_database in /lib/apk/db/installed /usr/lib/apk/db/installed; do
    if [ -r "$apk_database" ]; then
      awk '/^P:/ { name = substr($0, 3) } /^f:.*[fsx]/ { print name }' "$apk_database"
      return
    fi
  done
}

apk_findings() {
  apk_marked | sed 's/^.*$/a script of & failed|apk fix &/'
}

# shellcheck disable=SC2317
findings() {
  apk_findings
}

# shellcheck disable=SC2317
repair() {
  # Names of packages have no blanks.
  # shellcheck disable=SC2046
  set -- $(apk_marked)
  if [ "$#" = 0 ]; then return 0; fi
  # apk also makes the host agree with its list of wanted packages.
  if apk fix -s "$@" 2>/dev/null | grep -q ') Purging '; then
    refuse E_DEP 'apk fix would also remove packages: compare /etc/apk/world first'
    return
  fi
  acting "apk fix $*"
  again_while_locked 'Unable to lock database' apk fix "$@"
}
