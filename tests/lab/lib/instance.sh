# shellcheck shell=bash
# An instance: hosts that belong together, in one folder. `lab up`, `lab down`, `lab list`.

# instance DIR: fails unless DIR is an instance; prints its real path.
instance() {
  [ -f "$1/number" ] || usage_error "$1 is no instance of the lab"
  realpath "$1"
}

# instance_hosts DIR
instance_hosts() {
  local host
  for host in "${LAB_HOSTS[@]}"; do
    [ ! -d "$1/hosts/$host" ] || printf '%s\n' "$host"
  done
}

# instance_register DIR: takes a free number for it.
instance_register() {
  local number
  mkdir -p "$LAB_REGISTRY"
  (
    flock -w 60 8 || die "$LAB_REGISTRY/lock is held"
    for ((number = 1; number < 250; number++)); do
      network_free "$number" || continue
      printf '%s\n' "$1" >"$LAB_REGISTRY/$number"
      printf '%s\n' "$number" >"$1/number"
      exit 0
    done
    die "all numbers are taken"
  ) 8>"$LAB_REGISTRY/lock"
}

# instance_serve DIR: the web server of the repositories; each host has a folder below http://repo/.
instance_serve() {
  local address
  address=$LAB_NET.$(<"$1/number").1
  setsid python3 -m http.server 80 --bind "$address" --directory "$1/www" >"$1/www.log" 2>&1 </dev/null 8>&- 9>&- &
  process_record "$1/www.pid" "$!"
}

# instance_artifacts DIR HOST: links from the host's folder to the artifacts that it uses, for `publish`
# and for whoever removes outdated artifacts.
instance_artifacts() {
  local dir=$1/hosts/$2 family variant real name
  mkdir -p "$dir"
  read -r family variant <<<"$(host_field "$2" states)"
  ln -s "$(artifact_path "$family")/states/$variant" "$dir/states"
  real=$(host_field "$2" real)
  [ -z "$real" ] || ln -s "$(artifact_path "$real")" "$dir/real"
  for name in $(artifact_closure "images/$2"); do
    artifact_path "$name"
    printf '\n'
  done >"$dir/artifacts"
}

# instance_json DIR
instance_json() {
  local host number separator=
  number=$(<"$1/number")
  printf '{"dir": %s, "id": "pw%s", "key": %s, "known_hosts": %s, "repository": "http://%s.%s.1/", "hosts": [' \
    "$(json_string "$1")" "$number" "$(json_string "$1/key")" "$(json_string "$1/known_hosts")" "$LAB_NET" "$number"
  for host in $(instance_hosts "$1"); do
    printf '%s\n  {"name": "%s", "address": "%s", "port": 22, "manager": "%s", "os_id": "%s", "root": %s}' "$separator" \
      "$host" "$(network_address "$number" "$host")" "$(host_field "$host" manager)" "$(host_field "$host" os_id)" \
      "$(json_string "$1/hosts/$host/root")"
    separator=,
  done
  printf '\n]}\n'
}

# instance_start DIR HOST...: everything between the empty folder and hosts that answer.
instance_start() {
  local dir=$1 host number failed=0
  shift
  instance_register "$dir"
  number=$(<"$dir/number")
  ssh-keygen -q -t ed25519 -N '' -C patchwave-lab -f "$dir/key"
  mkdir -p "$dir/www" "$dir/hosts"
  network_up "$number"
  # Nobody removes outdated artifacts before it is written down which ones are in use.
  exec 9>"$LAB_CACHE/use.lock"
  flock -s -w 120 9 || die "$LAB_CACHE/use.lock is held"
  for host in "$@"; do
    instance_artifacts "$dir" "$host"
    repository_link "$dir" "$host" "$dir/hosts/$host/states/old"
  done
  exec 9>&-
  instance_serve "$dir"
  for host in "$@"; do
    network_plug "$number" "$host"
    host_prepare "$dir" "$host"
    host_boot "$dir" "$host"
  done
  local waiting=()
  for host in "$@"; do
    host_wait "$dir" "$host" 90 &
    waiting+=("$!")
  done
  for host in "${waiting[@]}"; do wait "$host" || failed=1; done
  cat "$dir"/hosts/*/known_host >"$dir/known_hosts"
  [ "$failed" = 0 ] || die "not every host came up"
}

# Every systemd takes several inotify instances, and the root of all hosts is the root of this machine.
raise_inotify_limit() {
  local limit=/proc/sys/fs/inotify/max_user_instances
  [ "$(cat "$limit")" -ge 1024 ] || printf '1024\n' >"$limit"
}

lab_up() {
  local dir="" host hosts=()
  while [ "$#" -gt 0 ]; do
    case $1 in
      --dir)
        [ "$#" -gt 1 ] || usage_error "--dir wants a folder"
        dir=$2
        shift 2
        ;;
      -*) usage_error "no such option: $1" ;;
      *)
        known_host "$1" || usage_error "no such host: $1"
        hosts+=("$1")
        shift
        ;;
    esac
  done
  [ "${#hosts[@]}" -gt 0 ] || hosts=("${LAB_HOSTS[@]}")
  mapfile -t hosts < <(printf '%s\n' "${hosts[@]}" | awk '!seen[$0]++')
  local found
  found=$(reasons)
  if [ -n "$found" ]; then
    printf '%s\n' "$found" >&2
    exit 3
  fi
  raise_inotify_limit
  build_hosts "${hosts[@]}" >&2
  if [ -n "$dir" ]; then
    mkdir -p "$dir"
    [ -z "$(ls -A "$dir")" ] || usage_error "$dir is not empty"
  else
    dir=$(mktemp -d -p "${TMPDIR:-/var/tmp}" patchwave-lab.XXXXXX)
  fi
  dir=$(realpath "$dir")
  chmod 755 "$dir"
  # Who began it, so that whoever runs tests ends theirs and no others.
  [ -z "${PATCHWAVE_LAB_OWNER:-}" ] || printf '%s\n' "$PATCHWAVE_LAB_OWNER" >"$dir/owner"
  LAB_STARTING=$dir
  trap 'if [ -n "$LAB_STARTING" ]; then instance_end "$LAB_STARTING" >&2; fi' EXIT
  trap 'exit 130' INT TERM HUP
  instance_start "$dir" "${hosts[@]}" >&2
  instance_json "$dir"
  LAB_STARTING=
}

# instance_end DIR: whatever of it there is goes, in any state that it may be in.
instance_end() {
  local dir=$1 host number pids=()
  if [ -f "$dir/number" ]; then
    number=$(<"$dir/number")
    for host in $(instance_hosts "$dir"); do
      host_remove "$dir" "$host" &
      pids+=("$!")
    done
    for host in "${pids[@]}"; do wait "$host" || true; done
    for host in www fault; do
      process_end "$dir/$host.pid" TERM 5 || process_end "$dir/$host.pid" KILL 5 || true
    done
    network_down "$number"
    remove_tree "$dir" || return 1
    rm -f "$LAB_REGISTRY/$number"
  elif [ -d "$dir" ]; then
    rmdir "$dir" 2>/dev/null || true
  fi
}

lab_down() {
  local file rc=0
  case ${1:-} in
    --all)
      for file in "$LAB_REGISTRY"/[0-9]*; do
        [ -f "$file" ] || continue
        if [ -d "$(<"$file")" ]; then instance_end "$(<"$file")" || rc=1; else rm -f "$file"; fi
      done
      return "$rc"
      ;;
    '' | -*) usage_error "down wants an instance's folder, or --all" ;;
  esac
  [ -e "$1" ] || return 0
  local dir
  dir=$(instance "$1")
  instance_end "$dir"
}

lab_list() {
  local file dir
  for file in "$LAB_REGISTRY"/[0-9]*; do
    [ -f "$file" ] || continue
    dir=$(<"$file")
    [ -d "$dir" ] || continue
    printf '%s\tpw%s\t%s\n' "$dir" "${file##*/}" "$(instance_hosts "$dir" | paste -s -d ' ')"
  done
}
