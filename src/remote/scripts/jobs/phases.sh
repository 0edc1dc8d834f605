# What the job of a package manager does: download, then install.
# shellcheck shell=sh

# packages_below FOLDER: the size of the package files in it, in bytes.
packages_below() {
  if [ -d "$1" ]; then
    find "$1" -type f \( -name '*.deb' -o -name '*.rpm' -o -name '*.apk' -o -name '*.pkg.tar*' \
      -o -name '*.pkg' -o -name '*.xbps' \) -exec ls -ln {} +
  fi 2>/dev/null |
    awk '{ bytes += $5 } END { printf "%.0f\n", bytes }'
}

# Before the installation begins nothing that is installed has changed. The lines of the phases are known to
# src/remote/phase.rs.
run_phases() {
  echo 'patchwave: phase downloading'
  begin_wait && await_lock || return
  if [ "$job_step" = secure ]; then
    secure
    return
  fi
  find_hosted || return
  space || return
  cache=$(package_cache)
  cache_before=$(packages_below "$cache")
  download || return
  cache_after=$(packages_below "$cache")
  if [ -n "$cache" ] && [ "$cache_after" -ge "$cache_before" ]; then
    echo "patchwave: downloaded $((cache_after - cache_before)) bytes to $cache"
  fi
  if [ "$job_step" = download ]; then
    keep_planned
    return 0
  fi
  echo 'patchwave: phase installing'
  transaction
}

run_steps() {
  manager=$(cat "$work/manager")
  lock_wait=$(cat "$work/lock-wait")
  lock_scope=packages
  job_step=$(cat "$work/step")
  if [ "$job_step" = repair ]; then
    echo 'patchwave: phase installing'
    repair
    return
  fi
  run_phases
  steps_code=$?
  tidy
  return "$steps_code"
}
