# apt: exact versions, nothing removed but what is planned, no question asked, configuration files kept.
# shellcheck shell=sh

# shellcheck disable=SC2317
apt_run() {
  # Words are NAME:ARCH=VERSION, checked by the controller; none holds a blank or a glob.
  # shellcheck disable=SC2046
  apt-get -y -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=5 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o APT::Get::Show-User-Simulation-Note=false \
    $(apt_keeps) --no-install-recommends $(apt_back) "$@" install $(plan_words)
}

apt_back() {
  if goes_back; then echo --allow-downgrades; fi
}

# Where removals are planned, the guard below lets exactly these through.
apt_keeps() {
  if ! removes_planned; then echo --no-remove; fi
}

package_cache() {
  apt-config shell folder Dir::Cache::archives/d | sed "s/^folder='\(.*\)'\$/\1/; s:/\$::"
}

# What the download and the installation need. `--print-uris` names every file that is not in the cache yet,
# and says how much more the installed packages will take; it takes no lock and changes nothing. dpkg keeps
# old and new files of one package side by side while it unpacks it, and writes its whole status file anew.
apt_needs() {
  dpkg-query -W -f '${Package}|${Installed-Size}\n' >"$work/sizes"
  awk -F '|' -v archives="$(package_cache)" -v status="$(wc -c </var/lib/dpkg/status)" '
    BEGIN { unit["B"] = 1; unit["kB"] = 1e3; unit["MB"] = 1e6; unit["GB"] = 1e9; unit["TB"] = 1e12 }
    FILENAME ~ /plan$/ { planned[$2] = 1; packages++; next }
    FILENAME ~ /sizes$/ { if (($1 in planned) && $2 > largest) largest = $2; next }
    /^\047/ { split($0, part, " "); bytes += part[3]; files++; next }
    /^After this operation, .* will be used/ {
      split($0, part, " ")
      gsub(",", "", part[4])
      growth = part[4] * unit[part[5]]
    }
    END {
      printf "%s %.0f %d\n", archives, bytes, files
      printf "/usr %.0f %d\n", growth + largest * 1024, packages * 10
      printf "/var/lib/dpkg %.0f %d\n", status + packages * 16384, packages * 4
    }' "$work/plan" "$work/sizes" "$work/uris"
}

space() {
  apt_run --print-uris >"$work/uris" 2>&1
  space_code=$?
  if [ "$space_code" != 0 ]; then
    cat "$work/uris"
    return "$space_code"
  fi
  { apt_needs && kernel_space whole; } | space_check
}

download() {
  again_while_locked '^E: (Could not get lock|Unable to (acquire|lock))' apt_run --download-only
}

# Reads what apt is about to do (protocol 3 of DPkg::Pre-Install-Pkgs) and refuses what is not planned.
# Fields: NAME OLD ARCH MULTIARCH DIRECTION NEW ARCH MULTIARCH FILE.
apt_write_guard() {
  cat >"$work/guard" <<'GUARD'
#!/bin/sh
awk -F '|' -v plan="${0%/*}/plan" '
  function shown(version) { return version == "-" ? "nothing" : version }
  BEGIN {
    while ((getline line < plan) > 0) {
      split(line, part, "|")
      if (part[1] == "" && part[5] == "nothing") goes[part[2] " " part[4]] = 1
      planned[part[2] " " part[3] " " part[5]] = part[4] == "" ? "-" : part[4]
    }
  }
  /^$/ { body = 1; next }
  body {
    split($0, field, " ")
    if (field[9] == "**CONFIGURE**") next
    if (field[9] == "**REMOVE**" && (field[1] " " field[2]) in goes) next
    wanted = planned[field[1] " " field[7] " " field[6]]
    if (field[9] == "**REMOVE**") problem = "the transaction would also remove " field[1]
    else if (wanted == "") problem = "the transaction would also change " field[1] " from " shown(field[2]) " to " field[6]
    else if (wanted != field[2]) problem = field[1] " is at " shown(field[2]) ", not at the planned " shown(wanted)
    else next
    print "patchwave: E_DRIFT: " problem
    bad = 1
  }
  END { exit bad }
'
GUARD
  chmod 700 "$work/guard"
}

# Naming a package makes it manual; a dependency has to stay one.
apt_restore_marks() {
  sort "$work/auto" >"$work/auto.sorted"
  awk -F '|' '$4 == "" && $7 != "asked" { print $2 ":" $3; print $2 }' "$work/plan" >"$work/new"
  apt-mark showmanual | sort >"$work/manual"
  # shellcheck disable=SC2046
  set -- $(sort -u "$work/auto.sorted" "$work/new" | comm -12 - "$work/manual")
  if [ "$#" -gt 0 ]; then apt-mark -q auto "$@" >/dev/null; fi
}

transaction() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
  APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none
  export DEBIAN_FRONTEND NEEDRESTART_SUSPEND UCF_FORCE_CONFFOLD APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND
  # needrestart waits for its next chance otherwise, and restarts things during another run of apt.
  apt_waits=
  if [ -e /run/needrestart/unpacked ]; then apt_waits=yes; fi
  apt-mark showauto >"$work/auto"
  apt_write_guard
  # What is not in the cache it refuses beforehand. Packages of a repository on the host itself never are in the
  # cache, and with `--no-download` apt loses their folder.
  if grep -qE "^'(file|copy|cdrom):" "$work/uris"; then set --; else set -- --no-download; fi
  again_while_locked '^E: (Could not get lock|Unable to (acquire|lock))' apt_run "$@" \
    -o DPkg::Pre-Install-Pkgs::="$work/guard" -o "DPkg::Tools::options::$work/guard::Version=3"
  transaction_code=$?
  apt_restore_marks
  if [ -z "$apt_waits" ]; then rm -f /run/needrestart/unpacked; fi
  return "$transaction_code"
}

# apt prints `Inst NAME[:ARCH] [OLD] (NEW ORIGIN [ARCH])` for each step and `Remv NAME[:ARCH] [OLD]`; compared with the plan as above.
simulate() {
  apt_steps=$(apt_run -s -o Dir::Log::Planner=/dev/null)
  simulate_code=$?
  printf '%s\n' "$apt_steps"
  if [ "$simulate_code" != 0 ]; then return "$simulate_code"; fi
  printf '%s\n' "$apt_steps" | sed -n \
    -e 's/^Inst \([^ :]*\)[^ ]* \(\[\([^]]*\)\] \)\{0,1\}(\([^ ]*\) .*\[\([^]]*\)\]).*$/\1|\5|\3|\4/p' \
    -e 's/^Remv \([^ :]*\)[^ ]* \[\([^]]*\)\].*$/\1|*|\2|nothing/p' |
    compare_steps
}
