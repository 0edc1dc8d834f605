# Whether the process of a job runs.
# shellcheck shell=sh

# job_lives FOLDER: of the job in that folder.
job_lives() {
  job_pid=$(cat "$1/pid" 2>/dev/null) || return 1
  # A process id may have been given to another program since.
  kill -0 "$job_pid" 2>/dev/null && command_line "$job_pid" | grep -qF "$1/run"
}

# FreeBSD has no /proc; its ps knows.
command_line() {
  if [ -r "/proc/$1/cmdline" ]; then tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null; else ps -o command= -p "$1" 2>/dev/null; fi
}
