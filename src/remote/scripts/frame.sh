# What every script starts with: the environment of the managers, and the frames of the output.
# shellcheck shell=sh

prepare() {
  umask 022
  LC_ALL=C LANGUAGE='' TZ=UTC PAGER=cat HOME=${HOME:-/root}
  PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  export LC_ALL LANGUAGE TZ PAGER HOME PATH
  unset LANG COLUMNS DISPLAY 2>/dev/null
  uid=$(id -u)
  # Nothing that runs from here on may read the rest of the script.
  exec </dev/null
}

mark() {
  printf '\n@@patchwave %s %s\n' "$nonce" "$1"
  printf '\n@@patchwave %s %s\n' "$nonce" "$1" >&2
}

# section NAME COMMAND [ARGUMENT...]: runs the command inside a frame and returns its exit code.
section() {
  section_name=$1
  shift
  mark "begin $section_name"
  "$@"
  section_code=$?
  mark "end $section_name $section_code"
  return "$section_code"
}

finish() {
  mark 'done'
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# limited SECONDS COMMAND [ARGUMENT...]: for commands that change no package.
limited() {
  limited_seconds=$1
  shift
  if has timeout; then
    timeout "$limited_seconds" "$@"
  else
    "$@"
  fi
}
