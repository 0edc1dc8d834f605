# Looks whether a snapshot of the root file system can be made, and makes it. It carries a name of its own, so that
# asked a second time the first one is found.
# shellcheck shell=sh

# As long as the tool may take.
snapshot_limit=120

# The type of the root file system, and its device.
root_of() {
  awk '$2 == "/" { type = $3; device = $1 } END { print type " " device }' /proc/self/mounts
}

# What lies on other file systems, and so is not in the snapshot.
other_file_systems() {
  awk '$2 ~ /^\/(usr|var|etc|opt|srv|boot|boot\/efi|home)$/ { if (!seen[$2]++) printf "%s%s", (count++ ? " " : ""), $2 }' \
    /proc/self/mounts
}

snapper_number() {
  limited "$snapshot_limit" snapper -c root list 2>/dev/null | grep -F "$snapshot_name" |
    sed -n '1s/^[^0-9]*\([0-9][0-9]*\).*$/\1/p'
}

# Sets `tool`, `place` as the tool knows it, and `found` where it is there already; or `reason`.
find_tool() {
  tool='' place='' found='' reason=''
  # Words are a type and a device.
  # shellcheck disable=SC2046
  set -- $(root_of)
  root_type=${1:-} root_device=${2:-}
  if has snapper && grep -q '^SUBVOLUME="/"' /etc/snapper/configs/root 2>/dev/null; then
    tool=snapper
    place=$snapshot_name
    snapshot_number=$(snapper_number)
    if [ -n "$snapshot_number" ]; then place="$snapshot_number $snapshot_name" found=yes; fi
  elif [ "$root_type" = btrfs ]; then
    if has btrfs; then
      tool=btrfs
      place=/.patchwave-snapshots/$snapshot_name
      if [ -e "$place" ]; then found=yes; fi
    else
      reason='the root file system is btrfs, and the program btrfs is missing'
    fi
  elif [ "$root_type" = zfs ]; then
    if has zfs; then
      tool=zfs
      place=$root_device@$snapshot_name
      if zfs list -H -t snapshot -o name "$place" >/dev/null 2>&1; then found=yes; fi
    else
      reason='the root file system is ZFS, and the program zfs is missing'
    fi
  else
    find_volume
  fi
}

# A thin volume needs no size. A classic snapshot does, and is lost when that is not enough.
find_volume() {
  if ! has lvs; then
    reason="the root file system is ${root_type:-unknown} on ${root_device:-an unknown device}: neither snapper, btrfs, ZFS nor a thin volume of LVM"
    return
  fi
  # shellcheck disable=SC2046
  set -- $(lvs --noheadings -o vg_name,lv_name,segtype "$root_device" 2>/dev/null)
  if [ "${3:-}" != thin ]; then
    reason="the root file system is ${root_type:-unknown} on ${root_device:-an unknown device}, which is no thin volume of LVM"
    return
  fi
  tool=lvm
  place=$1/$snapshot_name
  volume=$1/$2
  if lvs "$place" >/dev/null 2>&1; then found=yes; fi
}

make_snapshot() {
  case $tool in
    snapper) limited "$snapshot_limit" snapper -c root create --print-number --description "$snapshot_name" >/dev/null ;;
    btrfs)
      # Nobody else may reach the programs of old in it.
      mkdir -p "${place%/*}" && chmod 700 "${place%/*}" &&
        limited "$snapshot_limit" btrfs subvolume snapshot -r / "$place" >/dev/null
      ;;
    zfs) limited "$snapshot_limit" zfs snapshot "$place" ;;
    lvm) limited "$snapshot_limit" lvcreate --quiet --snapshot --name "${place#*/}" "$volume" >/dev/null ;;
  esac
}

print_snapshot() {
  if ! is_root; then
    echo state=needs-root
    return 77
  fi
  find_tool
  if [ "$wanted" = make ] && [ -n "$tool" ] && [ -z "$found" ]; then
    if ! make_snapshot; then
      echo state=failed
      return 1
    fi
    find_tool
    # Only what is seen afterwards was made.
    if [ -z "$found" ]; then
      echo state=failed
      return 1
    fi
  fi
  if [ -z "$tool" ]; then echo state=none; elif [ -n "$found" ]; then echo state=made; else echo state=possible; fi
  echo "tool=$tool"
  echo "place=$place"
  echo "without=$(other_file_systems)"
  echo "reason=$reason"
}

main() {
  read -r nonce
  read -r snapshot_name
  read -r wanted
  prepare
  exec </dev/null
  section snapshot print_snapshot
  finish
}
