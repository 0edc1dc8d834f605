# Starts a job, detached from this connection, or finds it started. It never waits for the transaction.
# shellcheck shell=sh

# The plan is what is left of the data; its last line proves that nothing was cut off.
write_plan() {
  while read -r plan_line; do
    if [ "$plan_line" = end ]; then return 0; fi
    printf '%s\n' "$plan_line" >>"$job/plan" || return 1
  done
  return 1
}

launch() {
  if [ -d /run/systemd/system ] && has systemd-run; then
    # A unit of its own outlives the session, and a shutdown waits for it. Nothing but this script itself is ever
    # sent a signal. No sandbox: apt would take it for a chroot.
    if systemd-run --help 2>/dev/null | grep -q -e --collect; then
      systemd-run --quiet --collect --unit="patchwave-job-$job_id" --description="patchwave job $job_id" \
        --property=KillMode=process --property=TimeoutStopSec=20min --setenv=PATH="$PATH" \
        /bin/sh "$job/run" "$job"
    else
      # systemd before 236 (RHEL 7, SLES 12) knows neither the option nor all of these properties.
      systemd-run --quiet --unit="patchwave-job-$job_id" --setenv=PATH="$PATH" /bin/sh "$job/run" "$job"
    fi
  elif has setsid; then
    setsid /bin/sh "$job/run" "$job" </dev/null >/dev/null 2>&1 &
  elif has daemon; then
    # FreeBSD: a session of its own, streams closed.
    daemon -f /bin/sh "$job/run" "$job"
  elif has nohup; then
    nohup /bin/sh "$job/run" "$job" </dev/null >/dev/null 2>&1 &
  else
    # OpenWrt has none of these; the job itself takes no notice of a hang-up.
    /bin/sh "$job/run" "$job" </dev/null >/dev/null 2>&1 &
  fi
}

await_beginning() {
  begin_tries=0
  while [ ! -e "$job/pid" ] && [ "$begin_tries" -lt 100 ]; do
    begin_tries=$((begin_tries + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
  [ -e "$job/pid" ]
}

# What failed runs left stays for a look at its log: the newest ten of them.
prune_jobs() {
  # Names are ids of runs, without blanks.
  # shellcheck disable=SC2012
  ls -1t "$jobs" | sed -n '11,$p' | while read -r old_job; do
    old_folder=$jobs/$old_job
    # One that was killed left no result.
    if [ -e "$old_folder/result" ] || { [ -e "$old_folder/pid" ] && ! job_lives "$old_folder"; }; then
      rm -rf "${jobs:?}/$old_job"
    fi
  done
}

# Some shells call a full disk an input or output error.
say_full() {
  df -Pk "$job" 2>/dev/null | awk -v jobs="$jobs" \
    'NR == 2 && $(NF - 2) < 256 { print "No space left on device: " jobs " has " $(NF - 2) " KiB free" }' >&2
}

start_job() {
  if ! is_root; then
    echo state=needs-root
    return 77
  fi
  mkdir -p "$jobs" && chmod 700 /var/lib/patchwave "$jobs" || return 1
  # Making the folder is what decides who starts the job.
  if ! mkdir -m 700 "$job" 2>/dev/null; then
    if [ -d "$job" ]; then echo state=attached && return; fi
    mkdir -m 700 "$job" || return 1
  fi
  if ! write_plan || ! print_program >"$job/run" ||
    ! echo "$manager" >"$job/manager" || ! echo "$lock_wait" >"$job/lock-wait" || ! echo "$job_step" >"$job/step"; then
    say_full
    rm -rf "$job"
    echo state=not-written
    return 1
  fi
  exec </dev/null
  if ! launch; then
    rm -rf "$job"
    echo state=not-launched
    return 1
  fi
  # A busy host may take longer; whoever follows the job sees it begin.
  await_beginning || :
  prune_jobs
  echo state=started
}

main() {
  read -r nonce
  read -r job_id
  read -r manager
  read -r lock_wait
  read -r job_step
  prepare
  jobs=/var/lib/patchwave/jobs
  job=$jobs/$job_id
  section start start_job
  finish
}
