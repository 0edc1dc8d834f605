# How old the metadata of the package manager is, and whether it is to be fetched anew. `started` is the time of the
# beginning, `refresh_policy` and `refresh_seconds` are what was sent.
# shellcheck shell=sh

# When a file was last changed, in seconds. GNU and busybox, BSD and macOS, OpenWrt (which has no stat).
modified() {
  [ -e "$1" ] || return 1
  stat -c %Y "$1" 2>/dev/null || stat -f %m "$1" 2>/dev/null || date -r "$1" +%s 2>/dev/null
}

newest_age() {
  newest=0
  for age_path in "$@"; do
    age_time=$(modified "$age_path") || continue
    if [ "$age_time" -gt "$newest" ]; then newest=$age_time; fi
  done
  if [ "$newest" -gt 0 ]; then echo "$((started - newest))"; else echo unknown; fi
}

# refresh_is_due root|anyone METADATA-FILE...: decides by the policy that was sent, and says so.
refresh_is_due() {
  refresh_needs=$1
  shift
  metadata_age=$(newest_age "$@")
  refresh_word=wanted
  case $refresh_policy in
    never) refresh_word=not-wanted ;;
    older-than)
      if [ "$metadata_age" != unknown ] && [ "$metadata_age" -le "$refresh_seconds" ]; then
        refresh_word=fresh-enough
      fi
      ;;
  esac
  if [ "$refresh_word" = wanted ] && [ "$refresh_needs" = root ] && ! is_root; then
    refresh_word=needs-root
  fi
  section metadata printf 'age=%s\nrefresh=%s\n' "$metadata_age" "$refresh_word"
  [ "$refresh_word" = wanted ]
}
