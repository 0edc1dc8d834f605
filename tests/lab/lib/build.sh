# shellcheck shell=bash
# `lab build`: brings every artifact into the cache, two at a time, and removes the outdated ones.

LAB_BUILD_JOBS=${PATCHWAVE_LAB_JOBS:-2}

# build_all NAME...: builds those of NAME, and of what they need, that are not in the cache.
build_all() {
  local name need ready failed=0 running=0
  local waiting=() later=()
  # Called here, not in a subshell, so that every artifact_path below finds the keys.
  for name in "$@"; do artifact_key "$name"; done
  mapfile -t later < <(artifact_closure "$@")
  for name in "${later[@]}"; do
    artifact_ready "$name" || waiting+=("$name")
  done
  [ "${#waiting[@]}" -gt 0 ] || return 0
  while [ "${#waiting[@]}" -gt 0 ] || [ "$running" -gt 0 ]; do
    later=()
    for name in "${waiting[@]}"; do
      ready=1
      for need in $(artifact_needs "$name"); do
        artifact_ready "$need" || ready=0
      done
      if [ "$ready" = 1 ] && [ "$running" -lt "$LAB_BUILD_JOBS" ]; then
        build_one "$name" &
        running=$((running + 1))
      else
        later+=("$name")
      fi
    done
    waiting=("${later[@]}")
    [ "$running" -gt 0 ] || break
    wait -n || failed=1
    running=$((running - 1))
    [ "$failed" = 0 ] || break
  done
  wait || failed=1
  [ "$failed${#waiting[@]}" = 00 ] || die "not everything could be built"
}

# build_hosts HOST...: builds what these hosts need, one build at a time on this cache.
build_hosts() {
  local host names=()
  for host in "$@"; do names+=("images/$host"); done
  for host in "${names[@]}"; do artifact_key "$host"; done
  local missing=0
  for host in "${names[@]}"; do artifact_ready "$host" || missing=1; done
  [ "$missing" = 1 ] || return 0
  mkdir -p "$LAB_CACHE"
  (
    flock -w 1800 9 || die "another build has held $LAB_CACHE/build.lock for half an hour"
    build_all "${names[@]}"
  ) 9>"$LAB_CACHE/build.lock"
}

lab_build() {
  local start
  start=$(now_ms)
  [ "$#" -gt 0 ] || set -- "${LAB_HOSTS[@]}"
  local host
  for host in "$@"; do known_host "$host" || usage_error "no such host: $host"; done
  build_hosts "$@"
  # Nobody brings up a host while outdated images are removed, and the other way round.
  (
    flock -w 120 9 || die "$LAB_CACHE/use.lock is held"
    prune_artifacts
  ) 9>"$LAB_CACHE/use.lock"
  printf '%-22s %5ss\n' total "$(seconds_since "$start")"
}
