# shellcheck shell=bash
# Artifacts: what the lab builds once and keeps in the cache. A script in bases/, packages/ or
# images/ is one artifact; its line `# needs: …` names the artifacts that it is built from, and its
# function `build_artifact` fills the folder $OUT.
# The key of an artifact hashes its script, the libraries that it is built with and the keys of what it needs.

LAB_ARTIFACT_KINDS=(bases packages images)

# artifact_needs NAME: the artifacts that NAME is built from, one a line.
artifact_needs() {
  sed -n 's/^# needs: //p' "$LAB_SOURCE/$1.sh" | tr -s ' ' '\n'
}

# artifact_libraries NAME: the text of the libraries that artifacts of this kind are built with.
artifact_libraries() {
  case $1 in
    bases/*) cat "$LAB_SOURCE/lib/apt.sh" "$LAB_SOURCE/lib/guest/base.sh" ;;
    packages/security-*) cat "$LAB_SOURCE/lib/apt.sh" ;;
    packages/*) cat "$LAB_SOURCE/lib/testset.sh" ;;
    images/*) cat "$LAB_SOURCE/lib/image.sh" "$LAB_SOURCE/lib/guest/$(host_field "${1#*/}" manager).sh" ;;
  esac
}

declare -A LAB_ARTIFACT_KEYS=()

# artifact_key NAME: sets LAB_ARTIFACT_KEYS[NAME], for NAME and all that it needs.
artifact_key() {
  [ -z "${LAB_ARTIFACT_KEYS[$1]:-}" ] || return 0
  local need sum inputs
  inputs=$(uname -m)
  for need in $(artifact_needs "$1"); do
    artifact_key "$need"
    inputs+=" $need=${LAB_ARTIFACT_KEYS[$need]}"
  done
  sum=$({ printf '%s\n' "$inputs" && cat "$LAB_SOURCE/$1.sh" "$LAB_SOURCE"/lib/{artifact.sh,chroot.sh,chroot-run} && artifact_libraries "$1"; } | sha256sum)
  LAB_ARTIFACT_KEYS[$1]=${sum:0:16}
}

# artifact_path NAME: where NAME is, or will be, in the cache.
artifact_path() {
  artifact_key "$1"
  printf '%s' "$LAB_CACHE/$1-${LAB_ARTIFACT_KEYS[$1]}"
}

# artifact_ready NAME: whether it is built.
artifact_ready() {
  [ -d "$(artifact_path "$1")" ]
}

# artifact_closure NAME...: the names and all that they need, each once, needs first.
artifact_closure() {
  declare -A seen=()
  _closure_visit() {
    [ -z "${seen[$1]:-}" ] || return 0
    seen[$1]=1
    local need
    for need in $(artifact_needs "$1"); do
      _closure_visit "$need"
    done
    printf '%s\n' "$1"
  }
  local name
  for name in "$@"; do
    _closure_visit "$name"
  done
}

# layers NAME: the folders whose overlay is the root file system of NAME, top first.
layers() {
  local parent
  printf '%s\n' "$(artifact_path "$1")/fs"
  if [ -d "$(artifact_path "$1")/bare" ]; then
    printf '%s\n' "$(artifact_path "$1")/bare"
  fi
  parent=$(sed -n 's/^# on: //p' "$LAB_SOURCE/$1.sh")
  [ -z "$parent" ] || layers "$parent"
}

# lowerdir NAME: the same as overlayfs wants it.
lowerdir() {
  layers "$1" | paste -s -d :
}

# build_one NAME: builds one artifact in a temporary folder and renames it into place.
build_one() {
  local name=$1 path start log
  start=$(now_ms)
  path=$(artifact_path "$name")
  log=$LAB_CACHE/log/${name//\//-}.log
  mkdir -p "$LAB_CACHE/log" "$(dirname "$path")"
  remove_tree "$path.tmp"
  mkdir "$path.tmp"
  if ! OUT=$path.tmp bash "$LAB_SOURCE/lib/build-artifact" "$name" >"$log" 2>&1 </dev/null 9>&-; then
    say "lab: building $name failed; the end of $log:"
    tail -n 20 "$log" >&2
    remove_tree "$path.tmp"
    return 1
  fi
  touch "$path.tmp"
  mv -T "$path.tmp" "$path"
  printf '%-22s %5ss\n' "$name" "$(seconds_since "$start")"
}

# artifacts_in_use: the artifacts that running instances stand on.
artifacts_in_use() {
  local file
  for file in "$LAB_REGISTRY"/[0-9]*; do
    [ ! -f "$file" ] || cat "$(<"$file")"/hosts/*/artifacts 2>/dev/null || true
  done
}

# prune_artifacts: removes the artifacts of other keys that nobody stands on and that were built more
# than half a day ago: several checkouts share one cache.
prune_artifacts() {
  local kind dir name used
  used=$(artifacts_in_use)
  for kind in "${LAB_ARTIFACT_KINDS[@]}"; do
    for dir in "$LAB_CACHE/$kind"/*; do
      [ -n "$(find "$dir" -maxdepth 0 -type d -mmin +720 2>/dev/null)" ] || continue
      name=${dir##*/}
      name=$kind/${name%-*}
      if [ -f "$LAB_SOURCE/$name.sh" ] && [ "$dir" = "$(artifact_path "$name")" ]; then
        continue
      fi
      if grep -qxF "$dir" <<<"$used"; then
        continue
      fi
      remove_tree "$dir" || true
    done
  done
}
