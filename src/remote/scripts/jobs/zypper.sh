# zypper: exact versions, nothing removed but what is planned, nothing recommended.
# shellcheck shell=sh

zypper_install() {
  # Words are NAME.ARCH=VERSION, checked by the controller; none holds a blank or a glob.
  # shellcheck disable=SC2046
  zypper -n --no-refresh "$@" $(zypper_unsigned) $(zypper_back) $(plan_words)
}

zypper_back() {
  if goes_back; then echo --oldpackage; fi
}

# Files of ours are taken unsigned where the host takes them so from the repository that they came from.
zypper_unsigned() {
  if is_hosted && [ "$rpm_unsigned" = yes ]; then echo --allow-unsigned-rpm; fi
}

# The installed versions, into the cache. Words are NAME.ARCHITECTURE=VERSION.
fetch_versions() {
  sed 's/^\([^|]*\)|\([^|]*\)|\(.*\)$/\1.\2=\3/' >"$work/fetch.words"
  # shellcheck disable=SC2046
  zypper -n --no-refresh download $(cat "$work/fetch.words")
}

# zypper_steps FILE: what the dry run in FILE would do, as NAME|ARCHITECTURE|FROM|TO.
zypper_steps() {
  tr '<' '\n' <"$1" | awk '
    function value(name) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
    }
    /^to-/ { part = $0; sub(/>.*/, "", part) }
    /^solvable / && value("type") == "package" {
      from = value("edition-old"); to = value("edition")
      sub(/^0:/, "", from); sub(/^0:/, "", to)
      if (part == "to-remove") { from = to; to = "nothing" }
      print value("name") "|" value("arch") "|" from "|" to
    }'
}

# A kernel is installed beside the one that it is newer than; zypper then names no old version.
zypper_beside() {
  while IFS='|' read -r step_name step_arch step_from step_to; do
    if [ -z "$step_from" ] && rpm -q "$step_name" >/dev/null 2>&1; then
      step_from=$(rpm -q --qf '%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' "$step_name" | sed 's/^0://' | tail -n 1)
    fi
    printf '%s|%s|%s|%s\n' "$step_name" "$step_arch" "$step_from" "$step_to"
  done
}

# A dry run first: zypper itself has no guard against doing more than it was told.
zypper_check() {
  if is_hosted; then check_hosted_signatures || return; fi
  zypper_install -x install --dry-run --no-recommends --auto-agree-with-licenses >"$work/dry.xml" 2>"$work/dry.err"
  zypper_code=$?
  tr '\n<' ' \n' <"$work/dry.xml" |
    sed -n -e "s/&apos;/'/g" -e 's/&quot;/"/g' -e 's/^message type="error">//p'
  cat "$work/dry.err"
  case $zypper_code in
    0 | 102 | 103 | 106) zypper_steps "$work/dry.xml" | zypper_beside | compare_steps ;;
    *) return "$zypper_code" ;;
  esac
}

package_cache() {
  echo /var/cache/zypp/packages
}

# The dry run says how much is not in the cache yet and how much more the installed packages will take; while
# a package is installed its old and its new files exist side by side.
zypper_needs() {
  # shellcheck disable=SC2046
  zypper_largest=$(rpm -q --qf 'size %{SIZE}\n' $(cut -d '|' -f 2 "$work/plan") 2>/dev/null |
    awk '$1 == "size" && $2 > largest { largest = $2 } END { printf "%.0f", largest }')
  tr '<' '\n' <"$work/dry.xml" | awk -v largest="$zypper_largest" -v cache="$(package_cache)" -v database="$(rpm --eval '%{_dbpath}')" '
    function number(name) {
      if (!match($0, " " name "=\"-?[0-9]+\"")) return 0
      return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0
    }
    /^install-summary / {
      packages = number("packages-to-change")
      growth = number("space-usage-diff")
      printf "%s %.0f %d\n", cache, number("download-size"), packages
      printf "/usr %.0f %d\n", (growth > 0 ? growth : 0) + largest, packages * 10
      printf "%s %.0f %d\n", database, packages * 65536, 2
    }'
}

zypper_prepare() {
  # Another process may be faster than the one that has waited.
  ZYPP_LOCK_TIMEOUT=5
  export ZYPP_LOCK_TIMEOUT
}

space() {
  zypper_prepare
  zypper_check || return
  { zypper_needs && kernel_space whole; } | space_check
}

download() {
  zypper_install install --download-only --no-recommends --auto-agree-with-licenses
  zypper_code=$?
  case $zypper_code in
    102 | 103 | 106) return 0 ;;
    *) return "$zypper_code" ;;
  esac
}

# Naming a package makes it the user's choice; a dependency has to stay one.
zypper_restore_marks() {
  zypper_marks=/var/lib/zypp/AutoInstalled
  if [ ! -e "$work/auto" ] || [ ! -e "$zypper_marks" ]; then return; fi
  # Which of the new ones takes the place of what was wanted for itself is not told: none is a dependency then.
  awk -F '|' -v auto="$work/auto" '
    BEGIN { while ((getline line < auto) > 0) dependency[line] = 1 }
    $1 == "" && $5 == "nothing" && !($2 in dependency) { wanted = 1 }
    $4 == "" && $7 != "asked" { new[++count] = $2 }
    END { if (!wanted) for (i = 1; i <= count; i++) print new[i] }' "$work/plan" >"$work/new"
  cat "$zypper_marks" >"$work/auto.new"
  cat "$work/auto" "$work/new" | grep -v '^#' | sort -u | while read -r zypper_name; do
    if [ -n "$zypper_name" ] && ! grep -qxF "$zypper_name" "$zypper_marks" && rpm -q "$zypper_name" >/dev/null 2>&1; then
      echo "$zypper_name" >>"$work/auto.new"
    fi
  done
  cat "$work/auto.new" >"$zypper_marks"
}

# The host may have changed during the download, so it is looked at once more. Should a package have left the
# cache, it is fetched before the first one is installed, or nothing is.
transaction() {
  again_while_locked 'System management is locked' zypper_transaction
}

zypper_transaction() {
  zypper_prepare
  zypper_check || return
  if [ -e /var/lib/zypp/AutoInstalled ]; then cp /var/lib/zypp/AutoInstalled "$work/auto"; fi
  zypper_install install --download-in-advance --no-recommends --auto-agree-with-licenses
  transaction_code=$?
  zypper_tries=1
  # 103: zypper replaced itself first, and wants to be called again for the rest.
  while [ "$transaction_code" = 103 ] && [ "$zypper_tries" -lt 3 ]; do
    zypper_tries=$((zypper_tries + 1))
    zypper_install install --download-in-advance --no-recommends --auto-agree-with-licenses
    transaction_code=$?
  done
  zypper_restore_marks
  case $transaction_code in
    # A reboot, a restart of zypper itself, a skipped repository: the packages are installed.
    102 | 103 | 106) return 0 ;;
    *) return "$transaction_code" ;;
  esac
}

simulate() {
  if ! is_root; then return 77; fi
  begin_wait && await_lock || return
  zypper_prepare
  zypper_check
  zypper_code=$?
  # What it would do, for the controller; a failure has been told in words.
  if [ "$zypper_code" = 0 ]; then cat "$work/dry.xml"; fi
  return "$zypper_code"
}
