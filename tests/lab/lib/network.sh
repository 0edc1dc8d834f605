# shellcheck shell=bash
# The wires of an instance: a bridge on the machine, one network namespace and one cable per host.
# Instance number N has the bridge pwN, the addresses 10.77.N.0/24 and the namespaces pwN-HOST.

# network_address N HOST
network_address() {
  local i
  for i in "${!LAB_HOSTS[@]}"; do
    [ "${LAB_HOSTS[$i]}" != "$2" ] || printf '%s.%s.%s' "$LAB_NET" "$1" $((i + 11))
  done
}

# network_free N: whether nothing of this machine has the number.
network_free() {
  [ ! -e "$LAB_REGISTRY/$1" ] && [ ! -e "/sys/class/net/pw$1" ] && [ ! -e "/run/netns/pw$1" ] &&
    ! ip -4 -o address show | grep -qF " $LAB_NET.$1." && ! ip -4 route show | grep -qF "$LAB_NET.$1."
}

network_up() {
  ip link add "pw$1" type bridge forward_delay 0
  ip address add "$LAB_NET.$1.1/24" dev "pw$1"
  ip link set "pw$1" up
}

# network_plug N HOST: the host's namespace, with its cable in the bridge. There is no default route:
# nothing that a host does leaves the instance.
network_plug() {
  local name=pw$1-$2
  ip netns add "$name"
  ip link add "$name" type veth peer name host0 netns "$name"
  ip link set "$name" master "pw$1" up
  ip -n "$name" link set lo up
  ip -n "$name" link set host0 name eth0
  ip -n "$name" address add "$(network_address "$1" "$2")/24" dev eth0
  ip -n "$name" link set eth0 up
}

network_unplug() {
  local name=pw$1-$2
  ip link delete "$name" 2>/dev/null || true
  ip netns delete "$name" 2>/dev/null || true
}

network_down() {
  ip link delete "pw$1" 2>/dev/null || true
}
