# The environment that managers run in, and small tools that every script uses.
# shellcheck shell=sh

prepare() {
  umask 022
  LC_ALL=C LANGUAGE='' TZ=UTC PAGER=cat HOME=${HOME:-/root}
  PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  export LC_ALL LANGUAGE TZ PAGER HOME PATH
  unset LANG COLUMNS DISPLAY 2>/dev/null
}

is_root() {
  [ "$(id -u)" = 0 ]
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
