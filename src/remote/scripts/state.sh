# Reboot and restart state, for every manager.
# shellcheck shell=sh

# `image VERSION` for what can be booted, `modules VERSION` for what can be loaded.
print_kernels() {
  for kernels_path in /boot/vmlinuz-*; do
    if [ -e "$kernels_path" ]; then echo "image ${kernels_path#/boot/vmlinuz-}"; fi
  done
  for kernels_path in /lib/modules/*/modules.dep; do
    if [ -e "$kernels_path" ]; then
      kernels_path=${kernels_path%/modules.dep}
      echo "modules ${kernels_path##*/}"
    fi
  done
}

# `flag PATH` for each file that asks for a reboot, `package NAME` for each package that wrote it.
print_reboot_flags() {
  for flag_file in /run/reboot-required /var/run/reboot-required /run/reboot-needed; do
    [ -e "$flag_file" ] || continue
    echo "flag $flag_file"
    if [ -r "$flag_file.pkgs" ]; then sort -u "$flag_file.pkgs" | sed 's/^/package /'; fi
    return
  done
}

unit_of_process() {
  sed -n 's/^[0-9]*:[^:]*:.*\/\([^/]*\.service\).*$/\1/p' "/proc/$1/cgroup" 2>/dev/null | head -n 1
}

# `UNIT PATH` for each process that still runs a file that was replaced. Processes of containers have
# another pid namespace; they are not ours to restart.
print_services() {
  is_root || return 77
  own_namespace=$(readlink /proc/self/ns/pid)
  grep -HE '^[0-9a-f]+-[0-9a-f]+ ..x[ps] [^/]*/.* \(deleted\)$' /proc/[0-9]*/maps 2>/dev/null |
    awk '{
      split($1, place, "/")
      path = $0
      sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", path)
      sub(/ \(deleted\)$/, "", path)
      if (path !~ /^\/(dev|run|tmp|var\/tmp|proc|memfd:|SYSV|\[)/ && !seen[place[3]]++) print place[3], path
    }' |
    while read -r process path; do
      [ "$(readlink "/proc/$process/ns/pid")" = "$own_namespace" ] || continue
      unit=$(unit_of_process "$process")
      case $unit in
        user@*) continue ;;
        '')
          # Without systemd the program's name has to do; with it this is a login or PID 1.
          [ -d /run/systemd/system ] && continue
          unit=$(cat "/proc/$process/comm" 2>/dev/null)
          ;;
      esac
      if [ -n "$unit" ]; then printf '%s %s\n' "$unit" "$path"; fi
    done | sort -u
}
