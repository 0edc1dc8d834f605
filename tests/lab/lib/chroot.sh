# shellcheck shell=bash
# Running functions inside a root file system while an artifact is built: in namespaces of their
# own, so that every mount, process and address is gone when the function ends.

# in_root LOWER UPPER FUNCTION: runs the shell function FUNCTION inside the overlay of LOWER (a list
# as overlayfs wants it) with the changes going to UPPER. Inside, /tmp/build is the folder $OUT, and
# http://repo/ serves $WWW (if it is set). FUNCTION and guest_* are handed over; it must be POSIX sh.
in_root() {
  local lower=$1 upper=$2 function=$3 scratch name
  scratch=$(mktemp -d -p "$OUT" root.XXXXXX)
  mkdir -p "$upper" "$scratch"/{work,root}
  {
    printf 'export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive\n'
    for name in $(compgen -A function guest_) "$function"; do
      declare -f "$name"
    done
    printf 'set -eux\n%s\n' "$function"
  } >"$scratch/script"
  unshare --mount --net --pid --ipc --fork --kill-child --propagation private \
    bash "$LAB_SOURCE/lib/chroot-run" "$lower" "$upper" "$scratch" "$OUT" "${WWW:-}"
  rm -rf --one-file-system "$scratch"
}
