# apt and dpkg: packages between two states are configured, and missing dependencies fetched. Nothing is removed.
# shellcheck shell=sh

apt_findings() {
  apt_between_words
  # Without a lock, which another process might miss, and without writing apt's own cache.
  apt_check=$(apt-get -q -o Debug::NoLocking=true -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= check 2>&1) || {
    apt_unmet=$(printf '%s\n' "$apt_check" | grep -m 1 -E ' : (Pre-?)?Depends: ')
    if [ -n "$apt_unmet" ]; then
      echo "a dependency is not met:$apt_unmet|apt-get -f --no-remove install"
    else
      echo "apt-get check fails: $(printf '%s\n' "$apt_check" | grep -m 1 '^E: ' | tr '|' ' ')|"
    fi
  }
}

apt_between_words() {
  # The braces are dpkg-query's.
  # shellcheck disable=SC2016
  dpkg-query -W -f '${binary:Package} ${db:Status-Abbrev}\n' | awk '
    $2 ~ /^.[inc]$/ || $2 ~ /^.[inc] *$/ { next }
    {
      state = substr($2, 2, 1)
      if (substr($2, 3, 1) == "R") { print $1 " must be installed anew (" $2 ")|"; next }
      if (state == "F") words = "half-configured"
      else if (state == "U") words = "unpacked and not configured"
      else if (state == "H") words = "half-installed"
      else words = "waiting for triggers"
      print $1 " is " words "|dpkg --configure -a"
    }'
  for apt_journal in /var/lib/dpkg/updates/[0-9]*; do
    if [ -e "$apt_journal" ]; then echo 'dpkg was interrupted|dpkg --configure -a' && return; fi
  done
}

apt_fix() {
  apt-get -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=5 -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold --no-remove --no-install-recommends -f install
}

# shellcheck disable=SC2317
findings() {
  apt_findings
}

# shellcheck disable=SC2317
repair() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
  APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none
  export DEBIAN_FRONTEND NEEDRESTART_SUSPEND UCF_FORCE_CONFFOLD APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND
  acting 'dpkg --configure -a, configuration files kept'
  again_while_locked 'is locked by another process|frontend lock' \
    dpkg --force-confdef --force-confold --configure -a
  repair_code=$?
  acting 'apt-get -f --no-remove install'
  again_while_locked '^E: (Could not get lock|Unable to (acquire|lock))' apt_fix || return
  return "$repair_code"
}
