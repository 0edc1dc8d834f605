# How old the metadata of the package manager is, and whether it is to be fetched anew. `started` is the time of the
# beginning, `refresh_policy` and `refresh_seconds` are what was sent; `refresh_through` is the program by which the
# refresh alone runs as root (`sudo`, `doas`), or `none`.
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

# refresh_is_due rule|root|anyone METADATA-FILE...: decides by the policy that was sent, and says so. The refresh needs
# root, which a rule may give for it alone, or which no rule gives, or it does not.
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
  if [ "$refresh_word" = wanted ] && ! is_root; then
    case "$refresh_needs $refresh_through" in
      'rule none' | 'root '*) refresh_word=needs-root ;;
    esac
  fi
  section metadata printf 'age=%s\nrefresh=%s\n' "$metadata_age" "$refresh_word"
  [ "$refresh_word" = wanted ]
}

# refresh_is_allowed SECONDS PROGRAM [ARGUMENT...]: whether the program of `refresh_through` lets the login run it. It is
# asked for this command alone; nothing runs.
refresh_is_allowed() {
  case $refresh_through in
    sudo) sudo -n -l -- /usr/bin/timeout "$@" >/dev/null 2>&1 ;;
    # Where its rules may not be read, only trying can tell.
    doas)
      [ ! -r /etc/doas.conf ] ||
        [ "$(doas -C /etc/doas.conf -u root -- /usr/bin/timeout "$@" 2>/dev/null)" = 'permit nopass' ]
      ;;
  esac
}

# refresh_is_proved SECONDS PROGRAM [ARGUMENT...]: whether it may run without a password; 75 where only trying can tell.
refresh_is_proved() {
  if ! refresh_is_allowed "$@"; then return 1; fi
  if [ "$refresh_through" = doas ]; then
    if [ -r /etc/doas.conf ]; then return 0; else return 75; fi
  fi
  # What asks for a password is allowed, too. From 1.9.16 on sudo shows the rule that fits.
  case $(sudo -n -ll -- /usr/bin/timeout "$@" 2>/dev/null) in
    *'!authenticate'*) return 0 ;;
    *RunAs*) return 75 ;;
  esac
  # The last rule that fits counts.
  refresh_rule=$(printf '/usr/bin/timeout %s\n' "$*" | sed 's/[=,:\\]/\\&/g')
  case $(sudo -n -l 2>/dev/null | refresh_rule=$refresh_rule awk '
    /^ *\((root|ALL)[ :)]/ && (index($0, ENVIRON["refresh_rule"]) || / ALL(,|$)/) { last = $0 }
    END { print last }') in
    *' PASSWD: '*) return 75 ;;
    *' NOPASSWD: '*) return 0 ;;
    *) return 75 ;;
  esac
}

# refreshing SECONDS PROGRAM [ARGUMENT...]: runs the manager's refresh; PROGRAM is an absolute path. The words that sudo
# or doas is given are those of src/manager/refresh.rs, and rules allow no others. With `refresh_is_asked` as `yes`
# nothing is run: it says which command it would be, and whether that is allowed.
refreshing() {
  refresh_limit=$1
  refresh_program=$2
  shift 2
  if [ "${refresh_is_asked:-no}" = yes ]; then
    echo "/usr/bin/timeout $refresh_limit $refresh_program $*"
    refresh_is_proved "$refresh_limit" "$refresh_program" "$@"
  elif is_root || [ "$refresh_through" = none ]; then
    limited "$refresh_limit" "${refresh_program##*/}" "$@"
  elif refresh_is_allowed "$refresh_limit" "$refresh_program" "$@"; then
    "$refresh_through" -n /usr/bin/timeout "$refresh_limit" "$refresh_program" "$@"
  else
    echo "patchwave: E_SUDO: $refresh_through does not let $(id -un) run: /usr/bin/timeout $refresh_limit $refresh_program $*" >&2
    return 78
  fi
}
