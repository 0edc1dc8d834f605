# Prints what of a host must be the same before and after its update. It changes nothing.
# What must stay true: every list is complete or its section fails: a list that was cut off would look like a loss.
# shellcheck shell=sh

# bounded LINES: passes on its input; 75 when there is more.
bounded() {
  awk -v most="$1" 'NR > most { exit 75 } { print }'
}

# `NAME ACTIVE SUB FILE FLAGS` of units. FILE is the state of the unit's file or `-`; FLAGS are letters:
# `t` transient, `b` started by its name on the bus, `a` activated by another unit, `w` wanted by another unit,
# `c` left out of this boot because a condition of it does not hold; `-` for none.
print_systemd_units() {
  units_shown=$(limited 60 systemctl show --all --no-pager \
    --property=Id,ActiveState,SubState,UnitFileState,Transient,TriggeredBy,BusName,WantedBy,RequiredBy \
    --property=ConditionResult,ConditionTimestampMonotonic \
    '*.service' '*.timer' '*.socket' 2>/dev/null) || return 69
  printf '%s\n\n' "$units_shown" | awk '
    function told() {
      flags = ""
      if (value["Transient"] == "yes") flags = flags "t"
      if (value["BusName"] != "") flags = flags "b"
      if (value["TriggeredBy"] != "") flags = flags "a"
      if (value["WantedBy"] value["RequiredBy"] != "") flags = flags "w"
      checked = value["ConditionTimestampMonotonic"] + 0 > 0
      if (value["ConditionResult"] == "no" && checked) flags = flags "c"
      file = value["UnitFileState"]
      left_out = file ~ /^enabled/ && flags ~ /c/
      if (value["Id"] != "" && (value["ActiveState"] != "inactive" || left_out)) {
        print value["Id"], value["ActiveState"], value["SubState"], (file == "" ? "-" : file), (flags == "" ? "-" : flags)
      }
      for (key in value) delete value[key]
    }
    $0 == "" { told(); next }
    { at = index($0, "="); value[substr($0, 1, at - 1)] = substr($0, at + 1) }' | bounded 4000
}

# OpenRC takes a service for started until somebody stops it: its own process tells.
print_openrc_units() {
  for unit_path in /run/openrc/started/*; do
    [ -e "$unit_path" ] || [ -L "$unit_path" ] || continue
    unit_name=${unit_path##*/}
    if [ -d "/run/openrc/daemons/$unit_name" ] && ! openrc_lives "$unit_name"; then continue; fi
    printf '%s active running - -\n' "$unit_name"
  done | bounded 4000
}

print_active_units() {
  if [ -d /run/systemd/system ]; then
    print_systemd_units
  elif [ -d /run/openrc/started ]; then
    print_openrc_units
  else
    return 69
  fi
}

# `INODE PROCESS` of every socket that a process holds.
socket_processes() {
  is_root || return 0
  # Names of open files are of no use here, only what they lead to.
  # shellcheck disable=SC2012
  ls -l /proc/[0-9]*/fd 2>/dev/null | awk '
    /\/fd:$/ { process = $0; sub(/\/fd:$/, "", process); sub(/.*\//, "", process); next }
    match($0, /socket:\[[0-9]+\]/) { print substr($0, RSTART + 8, RLENGTH - 9), process }'
}

# `TABLE ADDRESS:PORT INODE` in the kernel's own form, of everything that waits for others.
listening_inodes() {
  for table in tcp tcp6 udp udp6; do
    [ -r /proc/net/"$table" ] || continue
    awk -v table="$table" '(table ~ /^tcp/ && $4 == "0A") || (table ~ /^udp/ && $4 == "07") { print table, $2, $10 }' \
      /proc/net/"$table"
  done
}

# The name of a process in one word; `login` for the part of sshd that serves one.
process_name() {
  name_found=$(tr ' \t' '__' 2>/dev/null <"/proc/$1/comm")
  case $name_found in
    sshd*) if [ -n "$(user_of_login "$1")" ]; then name_found=login; fi ;;
  esac
  echo "${name_found:--}"
}

# `range FIRST LAST` of the ports that the kernel gives out, `TABLE ADDRESS:PORT PROCESS`, and `unix PATH`.
print_linux_sockets() {
  echo "range $(tr '\t' ' ' 2>/dev/null </proc/sys/net/ipv4/ip_local_port_range)"
  { socket_processes && echo '= =' && listening_inodes; } | awk '
    $1 == "=" { rest = 1; next }
    !rest { if (!($1 in holder)) holder[$1] = $2; next }
    { print $1, $2, ($3 in holder ? holder[$3] : "-") }' | while read -r socket_table socket_place socket_holder; do
    if [ "$socket_holder" != - ]; then socket_holder=$(process_name "$socket_holder"); fi
    echo "$socket_table $socket_place $socket_holder"
  done
  if [ -r /proc/net/unix ]; then awk '$4 == "00010000" && $8 ~ /^\// { print "unix", $8 }' /proc/net/unix; fi
}

print_sockets() {
  if [ -r /proc/net/tcp ]; then
    print_linux_sockets | bounded 4000
  elif has sockstat; then
    # The columns are USER COMMAND PID FD PROTO LOCAL FOREIGN.
    sockstat -46l 2>/dev/null | awk '$5 ~ /^(tcp|udp)/ { print "text", $5, $6, $2 }' | bounded 4000
  else
    return 69
  fi
}

# `ID PARENT POINT TYPE`, the point as the kernel writes it.
print_mounts() {
  if [ -r /proc/self/mountinfo ]; then
    awk '{ for (i = 7; i < NF && $i != "-"; i++); print $1, $2, $5, $(i + 1) }' /proc/self/mountinfo | bounded 8000
  elif has mount; then
    mount -p 2>/dev/null | awk 'NF >= 3 { print NR, 0, $2, $3 }' | bounded 8000
  else
    return 69
  fi
}

# `4 DEVICE GATEWAY` and `6 DEVICE GATEWAY` of default routes, the gateway as the kernel writes it.
print_routes() {
  if [ -r /proc/net/route ]; then
    awk '$2 == "00000000" && $8 == "00000000" { print 4, $1, $3 }' /proc/net/route
    if [ -r /proc/net/ipv6_route ]; then
      awk '$1 ~ /^0+$/ && $2 == "00" && $10 != "lo" { print 6, $10, $5 }' /proc/net/ipv6_route
    fi
  elif has netstat; then
    netstat -rn 2>/dev/null | awk '$1 == "default" { print "text", $4, $2 }'
  else
    return 69
  fi | bounded 1000
}

print_resolver() {
  [ -e /etc/resolv.conf ] || return 0
  bounded 1000 </etc/resolv.conf
}

main() {
  read -r nonce
  read -r wanted
  prepare
  exec </dev/null
  section failed-units print_failed_units
  if [ "$wanted" = everything ]; then
    section active-units print_active_units
    section sockets print_sockets
    section mounts print_mounts
    section routes print_routes
    section resolver print_resolver
  fi
  finish
}
