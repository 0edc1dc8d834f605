# Prints what keeps the host from being rebooted. It changes nothing but what the operator's own commands change.
# What must stay true: the login that asks is never counted; what cannot be looked at is not taken for absent.
# shellcheck shell=sh

# The terminal of the login that this script runs under, when it has one.
own_terminal() {
  for own_process in $(own_ancestors); do
    { tr '\0' ' ' 2>/dev/null <"/proc/$own_process/cmdline" && echo; } |
      sed -n 's/^sshd[a-z-]*: [^ @]*@\([pt]t[a-z0-9/]*\).*$/\1/p'
  done | head -n 1
}

# `USER TERMINAL` of logins of sshd, by what it writes into the titles of its processes: there are systems that keep
# no other list.
logins_of_sshd() {
  for login_file in /proc/[0-9]*/cmdline; do
    { tr '\0' ' ' 2>/dev/null <"$login_file" && echo; } |
      sed -n 's/^sshd[a-z-]*: \([^ @]*\)@\([pt]t[a-z0-9/]*\) *$/\1 \2/p'
  done
}

# Everybody who has a terminal or a desktop; a session without one is a program's.
print_users() {
  users_own=$(own_terminal)
  users_sessions=
  if [ -d /run/systemd/system ] && has loginctl && limited 60 systemctl -q is-active systemd-logind 2>/dev/null; then
    users_listed=$(limited 60 loginctl list-sessions --no-legend --no-pager 2>/dev/null) || return 69
    users_sessions=$(printf '%s\n' "$users_listed" | awk '{ print $1 }')
  fi
  {
    logins_of_sshd
    if has who; then
      # Where systemd-logind is asked, a service stands before the terminal.
      who 2>/dev/null | awk '{ for (i = 2; i <= 3; i++) if ($i ~ /^(pts\/|tty|console|:)/) { print $1, $i; break } }'
    fi
    for users_session in $users_sessions; do
      # A session that has ended meanwhile is nobody's.
      limited 60 loginctl show-session "$users_session" -p Name -p TTY -p Display -p Class -p State 2>/dev/null | awk -F= '
        { value[$1] = $2 }
        END {
          place = value["TTY"] != "" ? value["TTY"] : value["Display"]
          if (place != "" && value["Class"] == "user" && value["State"] != "closing") print value["Name"], place
        }'
    done
  } | sed 's|/dev/||' | awk -v own="$users_own" 'NF == 2 && $2 != own && !seen[$2]++ { print $1, "on", $2 }' | sort
}

# systemd-inhibit(1) prints WHO UID USER PID COMM WHAT WHY MODE; before version 241 a paragraph each.
print_inhibitors() {
  if ! [ -d /run/systemd/system ] || ! has systemd-inhibit; then return 0; fi
  inhibitors_listed=$(limited 60 systemd-inhibit --list --no-pager 2>/dev/null) || return 69
  printf '%s\n' "$inhibitors_listed" | awk '
    $1 == "Who:" { who = $0; sub(/^ *Who: */, "", who); next }
    $1 == "What:" { what = $2; next }
    $1 == "Mode:" { if ($2 == "block" && (":" what ":") ~ /:shutdown:/) print who; next }
    $NF == "block" {
      for (i = 2; i < NF; i++) {
        if ($i !~ /^(shutdown|sleep|idle|handle-[a-z-]+)(:(shutdown|sleep|idle|handle-[a-z-]+))*$/) continue
        if ((":" $i ":") ~ /:shutdown:/) { $NF = ""; sub(/  *$/, ""); print }
        break
      }
    }'
}

# print_units GLOB: what runs, is being started or is being stopped.
print_units() {
  if [ -d /run/systemd/system ]; then
    units_listed=$(limited 60 systemctl list-units --plain --no-legend --no-pager \
      --state=active,activating,deactivating,reloading -- "$1" 2>/dev/null) || return 69
    # A timer that waits is no backup that runs.
    printf '%s\n' "$units_listed" | awk -v glob="$1" \
      'NF && ($1 !~ /\.(timer|path|socket)$/ || glob ~ /\.(timer|path|socket)$/) { print $1 }'
  elif [ -d /run/openrc/started ]; then
    for unit_path in /run/openrc/started/* /run/openrc/starting/*; do
      unit_name=${unit_path##*/}
      # The operator's glob.
      # shellcheck disable=SC2254
      case $unit_name in $1) if [ -L "$unit_path" ]; then echo "$unit_name"; fi ;; esac
    done
  else
    return 69
  fi
}

print_file() {
  if [ -e "$1" ] || [ -L "$1" ]; then echo "$1"; fi
}

# The command's own words say why; it has a minute.
print_command() {
  command_said=$(limited 60 "$@" 2>&1)
  command_code=$?
  if [ "$command_code" != 0 ]; then
    printf 'exit %s: %s\n' "$command_code" "$(printf '%s\n' "$command_said" | awk 'NF { last = $0 } END { print last }')"
  fi
}

# run_words COUNT: the command of that many lines of data.
run_words() {
  words_left=$1
  set --
  while [ "$words_left" -gt 0 ]; do
    IFS= read -r words_one || break
    set -- "$@" "$words_one"
    words_left=$((words_left - 1))
  done
  section "blocker-$number" print_command "$@" </dev/null
}

main() {
  read -r nonce
  prepare
  number=0
  while IFS= read -r blocker; do
    number=$((number + 1))
    case $blocker in
      users) section "blocker-$number" print_users </dev/null ;;
      inhibitors) section "blocker-$number" print_inhibitors </dev/null ;;
      unit\ *) section "blocker-$number" print_units "${blocker#unit }" </dev/null ;;
      file\ *) section "blocker-$number" print_file "${blocker#file }" </dev/null ;;
      command\ *) run_words "${blocker#command }" ;;
    esac
  done
  finish
}
