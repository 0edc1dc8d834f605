# Looks why a job prints nothing. It changes nothing, and sends no signal to any process.
# shellcheck shell=sh

# As many processes of a job as are told of.
process_limit=40

# all_processes: `PID|PARENT|STATE|TICKS|NAME` of every process: its ticks are what it used of a processor.
all_processes() {
  if [ -r /proc/self/stat ]; then
    # The name stands in brackets and may hold anything, brackets too.
    cat /proc/[0-9]*/stat 2>/dev/null | awk '
      { from = index($0, " ("); upto = 0
        for (at = length($0); at > from; at--) if (substr($0, at, 2) == ") ") { upto = at; break }
        if (!from || !upto) next
        split(substr($0, upto + 2), part, " ")
        name = substr($0, from + 2, upto - from - 2)
        gsub(/[|]/, " ", name)
        print $1 "|" part[2] "|" part[1] "|" part[12] + part[13] "|" name }'
  else
    # A BSD: its own tool knows, but for the ticks.
    ps -axo pid=,ppid=,state=,comm= 2>/dev/null | awk '{ print $1 "|" $2 "|" substr($3, 1, 1) "|0|" $4 }'
  fi
}

# The job and what it started, parents first.
job_processes() {
  all_processes | awk -F '|' -v job="$job_pid" -v limit="$process_limit" '
    { line[$1] = $0; children[$2] = children[$2] " " $1 }
    function tell(process, depth, each, count, number) {
      if (depth > 30 || told >= limit || !(process in line)) return
      told++
      print line[process]
      count = split(children[process], each, " ")
      for (number = 1; number <= count; number++) tell(each[number], depth + 1)
    }
    END { tell(job, 0) }'
}

# The bytes that a process read and wrote, to files and mostly to sockets too.
moved_bytes() {
  awk '$1 == "rchar:" || $1 == "wchar:" { bytes += $2 } END { printf "%.0f", bytes }' "/proc/$1/io" 2>/dev/null || echo 0
}

waits_in() {
  tr -d '\0\n|' <"/proc/$1/wchan" 2>/dev/null | cut -c 1-60
}

arguments_of() {
  { tr '\0\n|' '   ' <"/proc/$1/cmdline" || ps -o command= -p "$1"; } 2>/dev/null | cut -c 1-300
}

# `PID|PARENT|STATE|TICKS|NAME|BYTES|WAITS IN|ARGUMENTS` of each process of the job.
print_processes() {
  job_processes | while IFS='|' read -r pid parent state ticks name; do
    echo "$pid|$parent|$state|$ticks|$name|$(moved_bytes "$pid")|$(waits_in "$pid")|$(arguments_of "$pid")"
  done
}

# What a manager's lock is held by: `FILE|PID|STATE|HOLDER IN WORDS`.
print_locks() {
  if [ -z "$manager" ]; then return; fi
  if [ "$manager" = pacman ]; then
    if [ -e "$(pacman_lock_file)" ]; then tell_lock "$(pacman_lock_file)" "$(pacman_holder "$(pacman_lock_file)" | head -n 1)"; fi
    return
  fi
  for lock_file in $(pid_files); do
    lock_process=$(pid_file_holder "$lock_file") && tell_lock "$lock_file" "$lock_process"
  done
  for lock_file in $(locked_files); do
    lock_process=$(kernel_holder "$lock_file") && tell_lock "$lock_file" "$lock_process"
  done
}

tell_lock() {
  if [ -z "$2" ]; then
    echo "$1|||"
    return
  fi
  echo "$1|$2|$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$2/status" 2>/dev/null)|$(process_in_words "$2")"
}

# `PID|tcp or udp|STATE|REMOTE` of the sockets of the job, as the kernel writes them.
print_connections() {
  job_processes | while IFS='|' read -r pid _; do
    # The path of an open file is what ls prints last.
    # shellcheck disable=SC2012
    ls -l "/proc/$pid/fd" 2>/dev/null | sed -n "s/^.*socket:\\[\\([0-9]*\\)\\].*\$/$pid \\1/p"
  done | {
    sockets=$(cat)
    for protocol in tcp tcp6 udp udp6; do
      printf '%s\n' "$sockets" | awk -v protocol="$protocol" '
        NF == 2 { owner[$2] = $1; next }
        ($10 in owner) { print owner[$10] "|" protocol "|" $4 "|" $3 }' - "/proc/$job_pid/net/$protocol" 2>/dev/null
    done
  } | sort -u | head -n 40
}

# `FREE KIB|FOLDER` of the file systems that a transaction writes to.
print_space() {
  for folder in / /usr /var /var/lib /var/cache /boot /tmp; do
    if [ -d "$folder" ]; then df -Pk "$folder" 2>/dev/null | awk 'NR == 2 { print $(NF - 2) "|" $NF }'; fi
  done | sort -u
}

# What the kernel killed for want of memory since the job began. Its clock counts from the boot.
print_killed() {
  read -r uptime _ </proc/uptime || return
  job_began=$(stat -c %Y "$job/boot" 2>/dev/null) || return
  dmesg 2>/dev/null | awk -v since="$((${uptime%%.*} - $(date +%s) + job_began))" '
    /Killed process|Out of memory/ && match($0, /^\[ *[0-9]+/) { if (substr($0, 2, RLENGTH - 1) + 0 >= since) print }' |
    tail -n 3
}

print_tail() {
  tail -c 4000 "$job/log" 2>/dev/null | tail -n 12
}

# The processor's ticks of a second, and how long the log did not grow by this host's own clock.
print_silence() {
  log_changed=$(stat -c %Y "$job/log" 2>/dev/null || stat -f %m "$job/log" 2>/dev/null) || log_changed=
  log_now=$(date +%s)
  printf 'silent=%s\nticks=%s\nseconds=2\n' "$((log_now - ${log_changed:-$log_now}))" "$(getconf CLK_TCK 2>/dev/null || echo 100)"
}

diagnose() {
  section silence print_silence
  section processes print_processes
  section locks print_locks
  section connections print_connections
  section space print_space
  section killed print_killed
  section tail print_tail
  # What moved meanwhile tells who works.
  sleep 2
  section processes-later print_processes
}

main() {
  read -r nonce
  read -r job_id
  prepare
  exec </dev/null
  job=/var/lib/patchwave/jobs/$job_id
  job_pid=$(cat "$job/pid" 2>/dev/null)
  # A restart of units is no job of a manager.
  manager=$(cat "$job/manager" 2>/dev/null)
  case $manager in restart) manager= ;; esac
  # Nothing waits for a lock here.
  lock_scope=packages lock_wait=0
  if is_root; then diagnose; else section silence sh -c 'exit 77'; fi
  finish
}
