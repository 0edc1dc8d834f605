# Removes what a finished job left. A job that may still run is left alone.
# shellcheck shell=sh

clean_up() {
  if ! is_root; then return 77; fi
  if [ ! -d "$job" ]; then return 0; fi
  if [ ! -e "$job/result" ] && job_lives "$job"; then return 75; fi
  rm -rf "$job"
}

main() {
  read -r nonce
  read -r job_id
  prepare
  exec </dev/null
  job=/var/lib/patchwave/jobs/$job_id
  section cleanup clean_up
  finish
}
