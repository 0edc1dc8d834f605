# Prints what a job's log holds from an offset, and the job's state.
# shellcheck shell=sh

# Most bytes of the log in one answer; the rest comes with the next.
log_limit=262144

# Between the folder and the process id lie some seconds in which a job is neither running nor dead.
job_is_new() {
  [ ! -e "$job/pid" ] && [ -z "$(find "$job" -prune -mmin +1 2>/dev/null)" ]
}

job_state() {
  if [ ! -d "$job" ]; then
    echo unknown
  elif job_lives "$job" || job_is_new; then
    # The result may be there while the process still has to end.
    if [ -e "$job/result" ]; then echo finished; else echo running; fi
  elif [ -e "$job/result" ]; then
    echo finished
  elif [ -e "$job/boot" ] && [ "$(cat "$job/boot")" != "$(boot_id)" ]; then
    echo lost-in-reboot
  else
    echo died
  fi
}

# A line of the job itself is meant for whoever follows it, and is not kept back.
job_speaks() {
  tail -c "+$((offset + 1))" "$job/log" 2>/dev/null | grep -q '^patchwave: '
}

await_end() {
  follow_end=$(($(date +%s) + wait_seconds))
  state=$(job_state)
  while [ "$state" = running ] && [ "$(date +%s)" -lt "$follow_end" ] && ! job_speaks; do
    sleep 0.3 2>/dev/null || sleep 1
    state=$(job_state)
  done
}

print_state() {
  if ! is_root; then
    echo state=needs-root
    return 77
  fi
  await_end
  # The state comes first: what a finished job logged is in the log by now.
  size=0
  if [ -e "$job/log" ]; then size=$(($(wc -c <"$job/log"))); fi
  next=$((offset + log_limit))
  if [ "$next" -gt "$size" ]; then next=$size; fi
  if [ "$next" -lt "$offset" ]; then next=$offset; fi
  printf 'state=%s\nresult=%s\nsize=%s\nnext=%s\nsilent=%s\n' \
    "$state" "$(cat "$job/result" 2>/dev/null)" "$size" "$next" "$(silent_seconds)"
}

# How long the log did not grow, by this host's own clock; nothing where no tool tells the time of a file.
silent_seconds() {
  log_changed=$(stat -c %Y "$job/log" 2>/dev/null || stat -f %m "$job/log" 2>/dev/null) || return 0
  echo "$(($(date +%s) - log_changed))"
}

# The head of a small busybox counts only lines.
first_bytes() {
  if [ "$(printf ab | head -c 1 2>/dev/null)" = a ]; then head -c "$1"; else dd bs=1 count="$1" 2>/dev/null; fi
}

print_log() {
  if [ "$next" -gt "$offset" ]; then
    tail -c "+$((offset + 1))" "$job/log" | first_bytes "$((next - offset))"
  fi
}

main() {
  read -r nonce
  read -r job_id
  read -r offset
  read -r wait_seconds
  prepare
  exec </dev/null
  job=/var/lib/patchwave/jobs/$job_id
  next=$offset
  section state print_state
  section log print_log
  finish
}
