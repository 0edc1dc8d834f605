# Runs the words that it is given, one a line, as one command.
# What must stay true: the words are never read by a shell again.
# shellcheck shell=sh

main() {
  IFS= read -r nonce
  set --
  while IFS= read -r word; do
    set -- "$@" "$word"
  done
  prepare
  exec </dev/null
  section command "$@"
  finish
}
