# shellcheck shell=bash
# What every part of the lab uses: where things are, how it speaks, how it stops.

export LC_ALL=C LANGUAGE='' TZ=UTC
umask 022

# The machine's own paths first: an active Python or Ruby environment must not change what is built.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH

LAB_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_CACHE=${PATCHWAVE_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/patchwave-lab}
# Running instances of this machine: one file each, holding the path of the instance's folder.
LAB_REGISTRY=/run/patchwave-lab
# The first two bytes of the addresses that the instances share out.
LAB_NET=${PATCHWAVE_LAB_NET:-10.77}

# All hosts that there are, in the order in which they are listed.
LAB_HOSTS=(deb12 deb13 rocky suse fedora arch alpine)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "lab: $*"
  exit 1
}

usage_error() {
  say "lab: $*"
  say "lab: \`$LAB_SOURCE/lab help\` lists the commands"
  exit 2
}

# now_ms: milliseconds since the epoch.
now_ms() {
  local t=${EPOCHREALTIME/[.,]/}
  printf '%s' "$((t / 1000))"
}

# seconds_since MS: "1.2", for messages.
seconds_since() {
  local ms
  ms=$(($(now_ms) - $1))
  printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# json_string TEXT: TEXT as a JSON string; paths and names hold no control characters.
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "$text"
}

# known_host NAME: whether the lab has such a host.
known_host() {
  local name
  for name in "${LAB_HOSTS[@]}"; do
    [ "$name" = "$1" ] && return 0
  done
  return 1
}

# host_field NAME FIELD: a `# FIELD: VALUE` line of the host's image script.
host_field() {
  sed -n "s/^# $2: //p" "$LAB_SOURCE/images/$1.sh"
}

# mounted_below DIR: whether anything is mounted on DIR or under it.
mounted_below() {
  local point rest
  while read -r _ point rest; do
    point=$(printf '%b' "$point")
    case $point in "$1" | "$1"/*) return 0 ;; esac
  done </proc/mounts
  return 1
}

# remove_tree DIR: removes DIR, but only if nothing is mounted below it.
remove_tree() {
  [ -e "$1" ] || return 0
  if mounted_below "$(realpath "$1")"; then
    say "lab: $1 is not removed: something is still mounted below it"
    return 1
  fi
  rm -rf --one-file-system -- "$1"
}
