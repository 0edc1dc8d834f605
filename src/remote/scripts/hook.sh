# Runs a hook of the operator: a program with a JSON document on its standard input, for a limited time.
# Data: seconds; the six variables; the document; then each word as the number of its lines and these.
# What must stay true: the words are never read by a shell again, and what the hook left running is ended.
# shellcheck shell=sh

newline='
'

# The lines of one word, joined.
read_word() {
  IFS= read -r word
  word_lines=$(($1 - 1))
  while [ "$word_lines" -gt 0 ]; do
    IFS= read -r word_line
    word=$word$newline$word_line
    word_lines=$((word_lines - 1))
  done
}

# signal_hook SIGNAL: to the hook and, where it has a session of its own, to all that it started there.
signal_hook() {
  if [ "$own_session" = 1 ]; then
    kill "-$1" -- "-$hook_process" 2>/dev/null || kill "-$1" "-$hook_process" 2>/dev/null
  else
    kill "-$1" "$hook_process" 2>/dev/null
  fi
}

# Ends the watch, and the pause that it waits for. A word that comes before there is one is remembered.
end_watch() {
  watch_over=1
  if [ -n "$watch_sleep" ]; then
    kill "$watch_sleep" 2>/dev/null
    exit "$watch_code"
  fi
}

# Ends the hook when its time is up; exits with 9 when it had to. TERM ends the watch.
watch_hook() {
  watch_code=0 watch_over='' watch_sleep=''
  trap end_watch TERM
  sleep "$deadline" &
  watch_sleep=$!
  if [ -n "$watch_over" ]; then end_watch; fi
  wait "$watch_sleep"
  watch_code=9
  signal_hook TERM
  sleep 5 &
  watch_sleep=$!
  wait "$watch_sleep"
  signal_hook KILL
  exit 9
}

run_hook() {
  own_session=0
  if has setsid; then
    own_session=1
    printf '%s\n' "$document" 2>/dev/null | setsid "$@" &
  else
    printf '%s\n' "$document" 2>/dev/null | "$@" &
  fi
  hook_process=$!
  watch_hook </dev/null >/dev/null 2>&1 &
  watch_process=$!
  wait "$hook_process"
  hook_code=$?
  kill -TERM "$watch_process" 2>/dev/null
  wait "$watch_process" 2>/dev/null
  watch_end=$?
  signal_hook KILL
  return "$hook_code"
}

in_time() {
  [ "$watch_end" != 9 ]
}

main() {
  IFS= read -r nonce
  IFS= read -r deadline
  IFS= read -r PATCHWAVE_RUN
  IFS= read -r PATCHWAVE_HOOK
  IFS= read -r PATCHWAVE_AT
  IFS= read -r PATCHWAVE_UNDO
  IFS= read -r PATCHWAVE_HOST
  IFS= read -r PATCHWAVE_WAVE
  IFS= read -r document
  export PATCHWAVE_RUN PATCHWAVE_HOOK PATCHWAVE_AT PATCHWAVE_UNDO PATCHWAVE_HOST PATCHWAVE_WAVE
  set --
  while IFS= read -r lines; do
    read_word "$lines"
    set -- "$@" "$word"
  done
  prepare
  exec </dev/null
  section hook run_hook "$@"
  section in-time in_time
  finish
}
