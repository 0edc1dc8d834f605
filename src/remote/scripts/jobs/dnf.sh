# What the jobs of dnf 4 and dnf 5 share: a stored transaction, replayed. It fails cleanly when a
# version is gone, when the host is not as planned, and when another package would be pulled in.
# shellcheck shell=sh

# dnf_write_replay FILE 4|5: reads `installed NAME|ARCH|EPOCH:VERSION-RELEASE|REASON|BYTES`, `installonly NAME`
# `needed NAME` and `removing NAME ARCH VERSION`, and writes the transaction that brings the plan about.
dnf_write_replay() {
  awk -v plan="$work/plan" -v generation="$2" '
    function label(name, evr, arch) { sub(/^0:/, "", evr); return name "-" evr "." arch }
    function item(action, nevra, reason, repository) {
      printf "%s{\"action\":\"%s\",\"nevra\":\"%s\",\"reason\":\"%s\",\"repo_id\":\"%s\"}", separator, action, nevra, reason, repository
      separator = ",\n"
    }
    /^installonly / { parallel[$2] = 1; next }
    /^needed / { needed[$2] = 1; next }
    /^removing / {
      # What dnf would remove is accepted for old kernels alone: how many to keep is the setting of the host.
      if ($2 in parallel) { sub(/^0:/, "", $4); old[++old_count] = $2 "|" $3 "|" $4 }
      next
    }
    /^installed / {
      sub(/^installed /, "")
      split($0, part, "|")
      evr = part[3]; sub(/^0:/, "", evr)
      reason_of[part[1] "|" part[2] "|" evr] = part[4]
      arch_of[part[1] "|" evr] = part[2]
    }
    END {
      while ((getline line < plan) > 0) {
        split(line, part, "|")
        if (part[1] != "" || part[5] != "nothing") continue
        reason = reason_of[part[2] "|" arch_of[part[2] "|" part[4]] "|" part[4]]
        if (tolower(reason) == "user") wanted_goes = 1
      }
      close(plan)
      printf "{\"version\":\"%s\",\"rpms\":[\n", generation == 5 ? "1.0" : "0.0"
      while ((getline line < plan) > 0) {
        split(line, part, "|")
        name = part[2]; arch = part[3]; from = part[4]; to = part[5]; repository = part[6]
        if (part[1] == "" && to == "nothing") {
          gone_arch = arch_of[name "|" from]
          if (gone_arch == "") continue
          item(generation == 5 ? "Replaced" : "Obsoleted", label(name, from, gone_arch), reason_of[name "|" gone_arch "|" from], "@System")
          continue
        }
        if (from == "") {
          # What may come along comes only where something needs it.
          if (part[1] == "" && !(name in needed)) continue
          # Which of the new ones takes the place of what was wanted for itself is not told: none is cleared away then.
          reason = part[7] == "asked" || wanted_goes ? "User" : "Dependency"
          item("Install", label(name, to, arch), generation == 5 ? reason : tolower(reason), repository)
          continue
        }
        old_arch = (name "|" arch "|" from) in reason_of ? arch : arch_of[name "|" from]
        if (old_arch == "") {
          print "patchwave: E_DRIFT: " name " is not at the planned " from >"/dev/stderr"
          failed = 1
          continue
        }
        reason = reason_of[name "|" old_arch "|" from]
        if (name in parallel) {
          # Installed beside what is there, never in its place.
          item("Install", label(name, to, arch), reason, repository)
        } else {
          back = part[7] == "back"
          item(back ? "Downgrade" : "Upgrade", label(name, to, arch), reason, repository)
          old_action = back ? "Downgraded" : "Upgraded"
          item(generation == 5 ? "Replaced" : old_action, label(name, from, old_arch), reason, "@System")
        }
      }
      for (i = 1; i <= old_count; i++) {
        split(old[i], part, "|")
        item(generation == 5 ? "Remove" : "Removed", label(part[1], part[3], part[2]), reason_of[old[i]], "@System")
      }
      print "\n]}"
      exit failed ? 78 : 0
    }' >"$1"
}

# dnf_wanted: NAME-VERSION.ARCHITECTURE of everything that will be installed, also of what comes along.
dnf_wanted() {
  awk -F '|' '
    FILENAME ~ /state$/ { if (sub(/^needed /, "")) needed[$0] = 1; next }
    $1 != "" || ($2 in needed) { print $2 "-" $5 "." $3 }' "$work/state" "$work/plan"
}

# dnf_needs: reads `NAME|ARCHITECTURE|DOWNLOAD|INSTALLED|LOCATION`, sizes in bytes, of what will be installed.
# While a package is installed its old and its new files exist side by side. rpm compares again, file system
# by file system, after the download.
dnf_needs() {
  cat >"$work/wanted"
  find "$(package_cache)" -name '*.rpm' 2>/dev/null | sed 's:.*/::' >"$work/cached"
  sed -n 's/^installed //p' "$work/state" >"$work/installed"
  sed -n 's/^installonly //p' "$work/state" >"$work/parallel"
  awk -F '|' -v cache="$(package_cache)" -v database="$(rpm --eval '%{_dbpath}')" '
    FILENAME ~ /cached$/ { cached[$1] = 1; next }
    FILENAME ~ /parallel$/ { parallel[$1] = 1; next }
    FILENAME ~ /installed$/ { old[$1 "|" $2] = $5; next }
    {
      file = $5
      sub(/.*\//, "", file)
      packages++
      if (!(file in cached)) bytes += $3
      growth += $4
      if (!($1 in parallel)) growth -= old[$1 "|" $2]
      if ($4 > largest) largest = $4
    }
    END {
      if (growth < 0) growth = 0
      printf "%s %.0f %d\n", cache, bytes, packages
      printf "/usr %.0f %d\n", growth + largest, packages * 10
      printf "%s %.0f %d\n", database, packages * 65536, 2
    }' "$work/cached" "$work/parallel" "$work/installed" "$work/wanted"
}

# dnf_cache SETTING FOLDER: where packages are kept: as the configuration says, or by default.
dnf_cache() {
  dnf_folder=$(sed -n "s/^$1 *= *//p" /etc/dnf/dnf.conf 2>/dev/null | tail -n 1)
  echo "${dnf_folder:-$2}"
}

# dnf_has_optional: whether the plan names new dependencies that only the host knows to be needed or not.
dnf_has_optional() {
  awk -F '|' '$1 == "" && $5 != "nothing" { found = 1 } END { exit found ? 0 : 1 }' "$work/plan"
}

# dnf_needed FILE: of the table of a transaction in FILE the packages that come along.
dnf_needed() {
  awk '/^[^ ]/ { part = $0 } part ~ /^Installing (weak )?dependencies/ && /^ [^ ]/ { print "needed", $1 }' "$1"
}

# dnf_has_parallel FILE: whether the plan has a package that is installed beside its older versions.
dnf_has_parallel() {
  sed -n 's/^installonly //p' "$1" | sort -u >"$work/parallel"
  cut -d '|' -f 2 "$work/plan" | sort -u | comm -12 - "$work/parallel" | grep -q .
}

# dnf_removals FILE: of the table of a transaction in FILE the rows that it would remove.
dnf_removals() {
  awk '/^[^ ]/ { part = $1 } part == "Removing" && /^ [^ ]/ { print "removing", $1, $2, $3 }
    part == "Removing:" && /^ [^ ]/ { print "removing", $1, $2, $3 }' "$1"
}

# dnf exits with 0 although a %post scriptlet failed.
dnf_scriptlet_failure() {
  if tail -c "+$1" "$work/log" | grep -E 'scriptlet failed, exit status|Error in (POST|PRE|POSTTRANS|TRIGGER)[A-Z]* scriptlet' | head -n 1 >"$work/scriptlet" &&
    [ -s "$work/scriptlet" ]; then
    refuse E_MANAGER "$(cat "$work/scriptlet")"
  fi
}

# `ID URL...` for each repository whose key comes from elsewhere than the folder in which installed packages keep
# the keys of their distribution.
dnf_foreign_keys() {
  cat /etc/yum.repos.d/*.repo /etc/distro.repos.d/*.repo 2>/dev/null | awk '
    function flush() { if (id != "" && foreign) print id keys; id = ""; keys = ""; foreign = 0; key = 0 }
    function take(text,  count, part, i) {
      gsub(/,/, " ", text)
      count = split(text, part, " ")
      for (i = 1; i <= count; i++) { keys = keys " " part[i]; if (part[i] !~ /^file:\/\/\/etc\/pki\//) foreign = 1 }
    }
    /^\[[A-Za-z0-9._:-]+\]/ { flush(); id = substr($0, 2); sub(/\].*/, "", id); next }
    /^gpgkey[ \t]*=/ { key = 1; sub(/^[^=]*=/, ""); take($0); next }
    /^[ \t]+[^ \t]/ && key { take($0); next }
    { key = 0 }
    END { flush() }'
}

# With -y dnf would accept any key that such a repository names. Without the name it accepts those that the rpm
# database has already, and no other.
dnf_key_options() {
  dnf_foreign_keys | sed 's/^\([^ ]*\) .*$/--setopt=\1.gpgkey=/'
}

# dnf_key_failure OFFSET CODE: says which keys are not accepted when that is why dnf failed.
dnf_key_failure() {
  if tail -c "+$1" "$work/log" |
    grep -qE 'any GPG public keys installed|Public key for|GPG check FAILED|GPG keys listed|does not have any OpenPGP keys|Signature verification failed'; then
    refuse E_REPO "a package is signed with a key that the host has not accepted; after comparing its fingerprint: rpm --import $(dnf_foreign_keys | cut -d ' ' -f 2- | tr '\n' ' ' | sed 's/ $//')"
    return
  fi
  return "$2"
}
