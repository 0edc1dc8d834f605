# Who uses files of packages now: what an update of them restarts, or leaves running with the old file.
# shellcheck shell=sh

# `PROCESS PATH` of every file that a process runs: its mappings that are executable, and the words that it was
# called with, of which one is the script of an interpreter.
files_in_use() {
  # A small head knows no bytes, and then scripts are not found.
  {
    grep -HE '^[0-9a-f]+-[0-9a-f]+ ..x[ps] [^/]*/' /proc/[0-9]*/maps
    head -c 4096 /proc/[0-9]*/cmdline | tr '\0' ' '
  } 2>/dev/null | awk '
    /^==> \/proc\/[0-9]+\/cmdline <==/ { split($2, place, "/"); called = place[3]; next }
    /^\/proc\/[0-9]+\/maps:/ {
      split($1, place, "/")
      path = $0
      sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", path)
      sub(/ \(deleted\)$/, "", path)
      if (!seen[place[3] " " path]++) print place[3], path
      next
    }
    called != "" && NF { for (i = 1; i <= NF && i <= 4; i++) if ($i ~ /^\//) print called, $i; called = "" }'
}

# `PROCESS NAME` of each process and package. A file of /lib is one of /usr/lib on most systems.
package_processes() {
  files_in_use | awk -v owned="$work/files" '
    BEGIN {
      while ((getline line < owned) > 0) {
        at = index(line, "|")
        path = substr(line, at + 1)
        owner[path] = substr(line, 1, at - 1)
        if (path ~ /^\/(lib|bin|sbin)/) owner["/usr" path] = owner[path]
      }
    }
    {
      process = $1
      sub(/^[^ ]+ /, "")
      if (($0 in owner) && !seen[process " " owner[$0]]++) print process, owner[$0]
    }' | sort -n
}

# The names of units that run.
running_units() {
  if [ -d /run/systemd/system ]; then
    systemctl list-units --type=service --state=running --plain --no-legend --no-pager 2>/dev/null | awk 'NF { print $1 }'
  else
    printf '%s\n' "$openrc_known" | sed 's/^[0-9]* *//'
  fi
}

# NAME|UNIT of running units that packages brought themselves: their program may be another package's.
package_units() {
  running_units | awk -v owned="$work/files" '
    BEGIN {
      while ((getline line < owned) > 0) {
        at = index(line, "|")
        path = substr(line, at + 1)
        if (path !~ /\/systemd\/system\/[^\/]*$/ && path !~ /^\/etc\/init\.d\/[^\/]*$/) continue
        sub(/.*\//, "", path)
        owner[path] = substr(line, 1, at - 1)
      }
    }
    {
      template = $0
      sub(/@[^.]*\./, "@.", template)
      if ($0 in owner) print owner[$0] "|" $0
      else if (template in owner) print owner[template] "|" $0
    }'
}

# NAME|UNIT, `init` for process 1.
print_users() {
  is_root || return 77
  # BSD and macOS do not tell what a process maps.
  [ -r /proc/self/maps ] || return 69
  # shellcheck disable=SC2046
  set -- $(cat "$work/names")
  if [ "$#" = 0 ]; then return 0; fi
  files_of "$@" >"$work/files" || return
  own_namespace=$(readlink /proc/self/ns/pid)
  own_processes=$(own_ancestors)
  own_slice=$(group_of self)
  own_slice=${own_slice%/*}
  openrc_known=$(openrc_processes)
  owner_process=
  { package_units && users_of_files; } | sort -u >"$work/users"
  print_limited "$work/users"
}

users_of_files() {
  package_processes | while read -r process package; do
    case $own_processes in *" $process "*) continue ;; esac
    if [ "$process" != "$owner_process" ]; then
      owner_process=$process
      owner=
      if [ "$(readlink "/proc/$process/ns/pid")" = "$own_namespace" ]; then owner=$(owner_of "$process"); fi
    fi
    case $owner in
      init\ *) printf '%s|init\n' "$package" ;;
      unit\ *) printf '%s|%s\n' "$package" "${owner#unit }" ;;
    esac
  done
}
