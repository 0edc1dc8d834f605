# apt: Debian, Ubuntu and kin.
# shellcheck shell=sh

# How many packages are asked about one by one, why they are kept back.
apt_asked_about=10

# apt_fetch OPTION
apt_fetch() {
  refreshing 240 /usr/bin/apt-get -q "$1" update
}

apt_update() {
  # Without the option, an unreachable mirror is only a warning. apt before 2.1.16 does not know it.
  apt_error_option='--error-on=any'
  while :; do
    await_lock || return
    { apt_errors=$(apt_fetch "$apt_error_option" 2>&1 1>&3); apt_code=$?; } 3>&1
    case $apt_errors in
      *"option --error-on=any is not understood"*) apt_error_option=-q && continue ;;
      *"Could not get lock"*) lock_wait_is_over || { sleep 1 && continue; } ;;
    esac
    printf '%s\n' "$apt_errors" >&2
    return "$apt_code"
  done
}

# The folder's time says when all was last fetched. apt sets it also when nothing could be fetched: then the
# next probe would take old data for new.
apt_refresh() {
  apt_time=$(stat -c %Y /var/lib/apt/lists/partial 2>/dev/null)
  apt_update
  apt_code=$?
  # An old apt only warns.
  case $apt_code:$apt_errors in
    0:*'Some index files failed'* | [1-9]*)
      if [ -n "$apt_time" ] && is_root; then touch -d "@$apt_time" /var/lib/apt/lists/partial; fi
      ;;
  esac
  return "$apt_code"
}

# `end=DATE`: when the release's support ends, of what the host knows of it.
apt_support() {
  (
    # shellcheck disable=SC1091
    . /etc/os-release
    printf 'codename=%s\n' "${VERSION_CODENAME-}"
    awk -F, -v codename="${VERSION_CODENAME-}" '
      FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "eol") column = i }
      codename != "" && $3 == codename { print "end=" $column }
    ' "/usr/share/distro-info/$ID.csv" 2>/dev/null
  )
  date +today=%Y-%m-%d
}

# The same options as the job has, so that both resolve alike.
apt_resolve() {
  # Even a simulation would log its plan.
  apt-get -s -q -o APT::Get::Show-User-Simulation-Note=false -o Dir::Log::Planner=/dev/null \
    --no-install-recommends "$@"
}

apt_simulation() {
  apt_plan=$(apt_resolve --with-new-pkgs upgrade)
  apt_code=$?
  printf '%s\n' "$apt_plan"
  return "$apt_code"
}

# Held, phased and kept-back packages are here and not in the simulation.
apt_upgradable() {
  apt_list=$(apt list --upgradable 2>/dev/null)
  apt_code=$?
  printf '%s\n' "$apt_list"
  return "$apt_code"
}

# What the list would name besides, had the administrator no preferences and no default release.
apt_unpinned() {
  apt_others=$(
    {
      printf '%s\n@\n' "$apt_list"
      apt list --upgradable -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o APT::Default-Release= 2>/dev/null
    } | awk '$0 == "@" { other = 1; next } !other { known[$1 " " $2 " " $3] = 1; next } !(($1 " " $2 " " $3) in known)'
  )
  printf '%s\n' "$apt_others"
}

# Reads a list: `NAME:ARCHITECTURE` of each package.
apt_listed() {
  sed -n 's/^\([a-z0-9][a-z0-9+.-]*\)\/[^ ]* [^ ]* \([a-z0-9-]*\) \[upgradable.*$/\1:\2/p'
}

apt_policies() {
  apt_tables=$({
    printf '%s\n' "$apt_list" "$apt_others" | apt_listed | sort -u
    # New dependencies are in the plan, and not upgradable.
    printf '%s\n' "$apt_plan" | sed -n 's/^Inst \([a-z0-9][a-z0-9+.:-]*\) (.*$/\1/p'
  } | xargs -r apt-cache policy)
  printf '%s\n' "$apt_tables"
}

apt_holds() {
  apt_held=$(apt-mark showhold)
  printf '%s\n' "$apt_held"
}

# `NAME:ARCHITECTURE=VERSION` of what is neither planned nor held nor phased.
apt_kept_back() {
  {
    printf '%s\n' "$apt_plan" | sed -n 's/^Inst \([^ ]*\) .*$/but \1/p'
    printf '%s\n' "$apt_held" | sed 's/^/but /'
    printf '%s\n' "$apt_tables" | awk '/^[^ ]/ { sub(/:$/, ""); name = $0 } / \(phased [0-9]+%\)/ { print "but", name }'
    printf '%s\n' "$apt_list" |
      sed -n 's/^\([a-z0-9][a-z0-9+.-]*\)\/[^ ]* \([^ ]*\) \([a-z0-9-]*\) \[upgradable.*$/\1 \3 \2/p'
  } | awk '
    NF == 2 { but[$2] = 1; next }
    NF == 3 && !($1 in but) && !($1 ":" $2 in but) { print $1 ($2 == "all" ? "" : ":" $2) "=" $3 }'
}

# `@ NAME[:ARCHITECTURE]=VERSION` and what apt would have to do, or why it cannot.
apt_obstacles() {
  apt_kept_back | head -n "$apt_asked_about" | while read -r apt_wanted; do
    printf '@ %s\n' "$apt_wanted"
    apt_resolve install "$apt_wanted" 2>&1 </dev/null
  done
}

# `NAME|ARCH|VERSION|BYTES`: what each planned package weighs.
apt_sizes() {
  printf '%s\n' "$apt_plan" |
    sed -n 's/^Inst \([a-z0-9][a-z0-9+.:-]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*$/\1=\3/p' |
    xargs -r apt-cache show 2>/dev/null |
    awk '
      function flush() { if (size != "") print name "|" arch "|" version "|" size; size = "" }
      /^Package: / { name = $2 }
      /^Architecture: / { arch = $2 }
      /^Version: / { version = $2 }
      /^Size: / { size = $2 }
      /^$/ { flush() }
      END { flush() }'
}

apt_subscription() {
  apt_pro=$(limited 60 pro security-status --format json)
  apt_code=$?
  printf '%s\n' "$apt_pro"
  return "$apt_code"
}

# `NAME|ARCH|VERSION` of what is installed of the packages that the subscription has something for.
apt_subscribed() {
  printf 'native|%s|0\n' "$(dpkg --print-architecture)"
  # The braces are dpkg-query's.
  # shellcheck disable=SC2016
  printf '%s\n' "$apt_pro" | grep -o '"package": *"[a-z0-9][a-z0-9+.:-]*"' |
    sed 's/^.*"\([^"]*\)"$/\1/' | sort -u |
    xargs -r dpkg-query -W -f '${Package}|${Architecture}|${Version}\n' 2>/dev/null
}

# While dpkg works, packages are on their way between two states, and nothing is broken.
apt_broken() {
  if [ -z "$(apt_between)" ]; then return 0; fi
  lock_scope=packages
  held_lock >/dev/null || apt_between
  lock_scope=metadata
}

# `NAME STATE` for each package that is neither installed nor removed but something in between.
apt_between() {
  dpkg-query -W -f '${binary:Package} ${db:Status-Abbrev}\n' | awk '$2 !~ /^.[inc]$/'
  for apt_journal in /var/lib/dpkg/updates/[0-9]*; do
    if [ -e "$apt_journal" ]; then echo "journal interrupted" && return; fi
  done
}

apt_installed() {
  dpkg-query -W -f '${db:Status-Abbrev}|${Package}|${Architecture}|${Version}\n' |
    sed -n 's/^.[^nc].*|\(.*|.*|.*\)$/\1/p'
}

# Files of `lists` carry the mirror's time; the folder that downloads go through carries ours.
apt_is_due() {
  # A login that is not root cannot set the folder's time back, and after a failure it would tell too young an age.
  if ! is_root && [ "$refresh_through" != none ]; then
    refresh_is_due rule /var/lib/apt/periodic/update-success-stamp
    return
  fi
  refresh_is_due rule /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists/partial
}

apt_probe() {
  if apt_is_due; then
    section refresh apt_refresh || section support apt_support
  fi
  section simulation apt_simulation
  section upgradable apt_upgradable
  section unpinned apt_unpinned
  section holds apt_holds
  section policy apt_policies
  section obstacles apt_obstacles
  section sources apt-cache policy
  section sizes apt_sizes
  if has pro; then
    section subscription apt_subscription
    section subscribed apt_subscribed
  fi
  section broken apt_broken
}
