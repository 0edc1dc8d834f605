# shellcheck shell=bash
# Recorded processes: a file holds "PID START", START being the kernel's start time, so that an id
# that another process got meanwhile is never signalled.

# process_start PID: the start time; nothing if the process is gone, or dead and not yet fetched.
process_start() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  stat=${stat##*) }
  # shellcheck disable=SC2086 # the fields are wanted one by one
  set -- $stat
  case $1 in Z | X) return 0 ;; esac
  printf '%s' "${20}"
}

# process_record FILE PID
process_record() {
  printf '%s %s\n' "$2" "$(process_start "$2")" >"$1.new"
  mv "$1.new" "$1"
}

# process_alive FILE: prints the id if the recorded process still runs.
process_alive() {
  local pid start
  [ -f "$1" ] || return 1
  read -r pid start <"$1" || return 1
  [ -n "$start" ] && [ "$(process_start "$pid")" = "$start" ] || return 1
  printf '%s' "$pid"
}

# process_end FILE SIGNAL SECONDS: signals it and waits until it is gone.
process_end() {
  local pid i
  pid=$(process_alive "$1") || return 0
  kill "-$2" "$pid" 2>/dev/null || return 0
  for ((i = 0; i < $3 * 50; i++)); do
    process_alive "$1" >/dev/null || return 0
    sleep 0.02
  done
  return 1
}
