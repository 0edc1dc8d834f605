# Runs the words that it is given, one a line, as one command. Data: seconds that it may take; the words.
# What must stay true: the words are never read by a shell again; a command that nobody waits for any more is ended.
# shellcheck shell=sh

main() {
  IFS= read -r nonce
  IFS= read -r deadline
  set --
  while IFS= read -r word; do
    set -- "$@" "$word"
  done
  prepare
  exec </dev/null
  section command limited "$deadline" "$@"
  finish
}
