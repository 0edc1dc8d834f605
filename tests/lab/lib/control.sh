# shellcheck shell=bash
# What is done to hosts that are up: commands inside, repositories, cables, power.

# arguments COUNT NAMES GIVEN...: checks the number of arguments.
arguments() {
  [ $(($# - 2)) -ge "$1" ] || usage_error "wanted: $2"
}

# target DIR HOST: the real path of the instance; fails unless it has the host.
target() {
  local dir
  dir=$(instance "$1") || exit
  [ -d "$dir/hosts/$2" ] || usage_error "$dir has no host $2"
  printf '%s' "$dir"
}

lab_exec() {
  arguments 3 'exec DIR HOST CMD [ARG...]' "$@"
  local dir host=$2 pid
  dir=$(target "$1" "$2")
  pid=$(host_init "$dir" "$host") || die "$host is not running"
  shift 2
  exec nsenter --all --root --wd --target "$pid" env -i LC_ALL=C HOME=/root USER=root LOGNAME=root SHELL=/bin/sh TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# repository_link DIR HOST FOLDER: from now on http://repo/HOST/ is FOLDER.
repository_link() {
  ln -sfn "$3" "$1/www/.$2.new"
  mv -T "$1/www/.$2.new" "$1/www/$2"
}

lab_publish() {
  arguments 3 'publish DIR HOST STATE' "$@"
  local dir host=$2 state=${3%+real} from real stamp folder old
  dir=$(target "$1" "$2")
  if [ "$state" = gone ]; then
    repository_link "$dir" "$host" "$dir/nowhere"
    return 0
  fi
  from=$dir/hosts/$host/states/$state
  [ -d "$from" ] || usage_error "no such state: $state"
  # A web server tells changes by whole seconds: every publication is a later one than the last.
  stamp=$(date +%s)
  if [ -f "$dir/hosts/$host/stamp" ] && [ "$stamp" -le "$(<"$dir/hosts/$host/stamp")" ]; then
    stamp=$(($(<"$dir/hosts/$host/stamp") + 1))
  fi
  folder=$dir/hosts/$host/repository-$stamp
  cp -r --no-preserve=timestamps "$from/." "$folder"
  if [ "$state" != "$3" ]; then
    real=$dir/hosts/$host/real
    [ -d "$real" ] || usage_error "$host has no real security updates"
    cp "$real"/{Release,Packages,Packages.gz} "$folder/real/"
    ln -s "$(realpath "$real")/pool" "$folder/real/pool"
  fi
  # apt keeps what it has if a Release is dated earlier than the one before.
  find "$folder" -name Release -exec sed -i "s/^Date: .*/Date: $(date -u -R -d "@$stamp")/" {} +
  find "$folder" -type f -exec touch -d "@$stamp" {} +
  old=$(readlink "$dir/www/$host")
  repository_link "$dir" "$host" "$folder"
  printf '%s\n' "$stamp" >"$dir/hosts/$host/stamp"
  case $old in "$dir/hosts/$host"/repository-*) rm -rf --one-file-system "$old" ;; esac
}

lab_rekey() {
  arguments 2 'rekey DIR HOST' "$@"
  local dir root pid
  dir=$(target "$1" "$2")
  root=$dir/hosts/$2/root
  rm -f "$root"/etc/ssh/ssh_host_ed25519_key{,.pub}
  ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$root/etc/ssh/ssh_host_ed25519_key"
  # sshd reads its keys again on HUP; connections that are open stay open.
  for pid in $(lab_exec_quiet "$dir" "$2" cat /run/sshd.pid); do
    lab_exec_quiet "$dir" "$2" kill -HUP "$pid"
  done
  host_wait "$dir" "$2" 30
}

lab_exec_quiet() {
  (lab_exec "$@" </dev/null)
}

lab_cut() {
  arguments 2 'cut DIR HOST' "$@"
  local dir
  dir=$(target "$1" "$2")
  ip link set "pw$(<"$dir/number")-$2" down
}

lab_mend() {
  arguments 2 'mend DIR HOST' "$@"
  local dir
  dir=$(target "$1" "$2")
  ip link set "pw$(<"$dir/number")-$2" up
}

lab_stop() {
  arguments 2 'stop DIR HOST' "$@"
  local dir
  dir=$(target "$1" "$2")
  host_off "$dir" "$2"
}

lab_start() {
  arguments 2 'start DIR HOST' "$@"
  local dir
  dir=$(target "$1" "$2")
  process_alive "$dir/hosts/$2/supervisor.pid" >/dev/null || host_boot "$dir" "$2"
  host_wait "$dir" "$2" 90
}

# signal_all DIR HOST SIGNAL: to every process in the host's pid namespace; twice, because the first
# round may miss what is started meanwhile.
signal_all() {
  local init namespace process pid
  init=$(host_init "$1" "$2") || die "$2 is not running"
  namespace=$(readlink "/proc/$init/ns/pid")
  for _ in 1 2; do
    for process in /proc/[0-9]*; do
      pid=${process#/proc/}
      [ "$(readlink "$process/ns/pid" 2>/dev/null)" = "$namespace" ] || continue
      kill "-$3" "$pid" 2>/dev/null || true
    done
  done
}

lab_freeze() {
  arguments 2 'freeze DIR HOST' "$@"
  local dir
  dir=$(target "$1" "$2")
  signal_all "$dir" "$2" STOP
}

lab_thaw() {
  arguments 2 'thaw DIR HOST' "$@"
  local dir
  dir=$(target "$1" "$2")
  signal_all "$dir" "$2" CONT
}

lab_boot_id() {
  arguments 2 'boot-id DIR HOST' "$@"
  lab_exec "$1" "$2" cat /proc/sys/kernel/random/boot_id
}
