# shellcheck shell=bash
# A control group for each host. Without one of its own a host's systemd would manage the machine's
# root group, together with every other host's.

# cgroup_roots: where the machine has the hierarchies that systemd uses: the new one, and the old one by name.
cgroup_roots() {
  awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) { print $2 }' /proc/mounts
}

# cgroup_join NAME: makes the group and moves this shell into it.
cgroup_join() {
  local root
  for root in $(cgroup_roots); do
    mkdir -p "$root/patchwave-lab/$1"
    printf '%s\n' "$$" >"$root/patchwave-lab/$1/cgroup.procs"
  done
}

# cgroup_processes NAME: the ids of all processes in the group and below it.
cgroup_processes() {
  local root
  for root in $(cgroup_roots); do
    find "$root/patchwave-lab/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un
}

# cgroup_end NAME: kills whatever still is in the group: an interrupted start may have left something
# that is written down nowhere else.
cgroup_end() {
  local i pids
  for ((i = 0; i < 250; i++)); do
    pids=$(cgroup_processes "$1")
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086 # one argument for each id
    kill -KILL $pids 2>/dev/null || true
    sleep 0.02
  done
  return 1
}

# cgroup_remove NAME: removes the group, which no process is in any more.
cgroup_remove() {
  local root
  for root in $(cgroup_roots); do
    [ -d "$root/patchwave-lab/$1" ] || continue
    find "$root/patchwave-lab/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    rmdir "$root/patchwave-lab" 2>/dev/null || true
  done
}
