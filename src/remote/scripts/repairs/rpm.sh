# rpm: the database is built anew only where it cannot be read. What would remove a package is only told.
# shellcheck shell=sh

# The first line that says why; nothing when the database is sound.
rpm_trouble() {
  rpm_said=$(rpm -qa 2>&1 >/dev/null)
  rpm_code=$?
  if [ "$rpm_code" = 0 ]; then rpm_said=$(printf '%s\n' "$rpm_said" | grep -iE 'error|corrupt|malformed'); fi
  if [ "$rpm_code" = 0 ] && [ -z "$rpm_said" ] && has rpmdb; then
    rpm_said=$(rpmdb --verifydb 2>&1)
    rpm_code=$?
    if [ "$rpm_code" = 0 ]; then return; fi
  fi
  if [ "$rpm_code" != 0 ] && [ -z "$rpm_said" ]; then rpm_said="rpm ends with exit code $rpm_code"; fi
  printf '%s\n' "$rpm_said" | tr '|' ' ' | sed -n '/./{p;q;}'
}

# Kernels are meant to be there in several versions.
rpm_duplicates() {
  rpm -qa --qf '[%{PROVIDES} ]|%{NAME}.%{ARCH}\n' 2>/dev/null |
    awk -F '|' '$1 !~ /installonlypkg|kernel/ && $2 !~ /^gpg-pubkey\./ { count[$2]++ }
      END { for (name in count) if (count[name] > 1) print name " is installed " count[name] " times: an interrupted upgrade; one of them has to be removed|" }'
}

rpm_findings() {
  rpm_first=$(rpm_trouble)
  if [ -n "$rpm_first" ]; then
    echo "the rpm database is damaged: $rpm_first|rpm --rebuilddb"
    return
  fi
  for rpm_unfinished in /var/lib/yum/transaction-all*; do
    if [ "$manager" = yum ] && [ -e "$rpm_unfinished" ]; then
      echo 'a transaction of yum did not end|yum-complete-transaction --cleanup-only'
      break
    fi
  done
  rpm_duplicates
}

# The old versions of planned packages whose new ones are installed beside them, as rpm names them.
rpm_replaced() {
  if [ ! -s "$work/plan" ]; then return; fi
  rpm -qa --qf '%{NAME}|%{ARCH}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}|%{VERSION}-%{RELEASE}\n' 2>/dev/null | sed 's/|0:/|/' |
    awk -F '|' -v plan="$work/plan" '
      BEGIN { while ((getline line < plan) > 0) { split(line, part, "|"); from[part[2] "|" part[3]] = part[4]; to[part[2] "|" part[3]] = part[5] } }
      { key = $1 "|" $2 }
      !(key in to) || from[key] == "" || from[key] == to[key] { next }
      $3 == to[key] { is_there[key] = 1 }
      $3 == from[key] { old[key] = $1 "-" $4 "." $2 }
      END { for (key in old) if (key in is_there) print old[key] }' | sort
}

# What a transaction of ours does last is done here when it was broken off: the replaced versions go.
rpm_end_upgrade() {
  # Names of packages have no blanks.
  # shellcheck disable=SC2046
  set -- $(rpm_replaced)
  if [ "$#" = 0 ]; then return 0; fi
  acting "rpm -e $*: the planned versions are installed beside them"
  rpm -e "$@"
}

rpm_repair() {
  if [ -z "$(rpm_trouble)" ]; then return 0; fi
  rpm_folder=$(rpm --eval '%{_dbpath}')
  acting "a copy of $rpm_folder in $work/rpm, then rpm --rebuilddb"
  cp -pR "$rpm_folder" "$work/rpm" || return
  rpm_said=$(rpm --rebuilddb 2>&1)
  rpm_code=$?
  printf '%s\n' "$rpm_said"
  rpm_rebuilt=$(printf '%s\n' "$rpm_said" | sed -n "s/^.*replace files in .* with files from \([^ ]*\) to recover\$/\1/p")
  if [ -z "$rpm_rebuilt" ]; then return "$rpm_code"; fi
  # A folder of a layered file system cannot be renamed: rpm leaves its files for us to put in place.
  case $rpm_rebuilt in
    "$rpm_folder"*)
      rm -f "$rpm_folder"/rpmdb.sqlite-wal "$rpm_folder"/rpmdb.sqlite-shm
      cp -pR "$rpm_rebuilt"/. "$rpm_folder"/ && rm -rf "$rpm_rebuilt"
      ;;
    *) return "$rpm_code" ;;
  esac
}

# shellcheck disable=SC2317
findings() {
  rpm_findings
}

# shellcheck disable=SC2317
repair() {
  begin_wait && await_lock && rpm_repair && rpm_end_upgrade
}
