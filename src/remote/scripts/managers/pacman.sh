# pacman: Arch Linux and kin. The system's own databases are never synchronised: installing anything after
# that would be a partial upgrade. A copy is.
# shellcheck shell=sh

pacman_database() {
  pacman-conf DBPath 2>/dev/null || echo /var/lib/pacman/
}

pacman_refresh() {
  mkdir "$pacman_copy/fresh" && ln -s "$(pacman_database)/local" "$pacman_copy/fresh/local" || return
  # The download user of pacman 7 has to reach it.
  chmod 755 "$pacman_copy" "$pacman_copy/fresh"
  set -- -Sy --noprogressbar --dbpath "$pacman_copy/fresh" --logfile /dev/null
  if is_root; then
    limited 240 pacman "$@"
  else
    # Without root there is no user to lock the download up with.
    if pacman -Sy --help | grep -q -e --disable-sandbox; then set -- "$@" --disable-sandbox; fi
    limited 240 fakeroot -- pacman "$@"
  fi
}

# `NAME|VERSION|ARCH|REPOSITORY|BYTES`: what an upgrade would install.
pacman_simulation() {
  pacman -Sup --noconfirm --dbpath "$pacman_used" --logfile /dev/null --print-format '%n|%v|%a|%r|%s'
}

# Exit code 1 means that there is none, or an error.
pacman_updates() {
  pacman -Qu --dbpath "$pacman_used"
}

# Where the new versions of packages come from that the upgrade leaves out.
pacman_ignored() {
  pacman -Qu --dbpath "$pacman_used" 2>/dev/null | sed -n 's/^\([^ ]*\) .* \[ignored\]$/\1/p' |
    xargs -r pacman -Sp --nodeps --nodeps --noconfirm --dbpath "$pacman_used" --logfile /dev/null --print-format '%n|%v|%a|%r|%s'
}

pacman_repositories() {
  for pacman_file in "$pacman_used"/sync/*.db; do
    if [ -e "$pacman_file" ]; then echo "${pacman_file##*/}"; fi
  done
}

pacman_probe() {
  pacman_copy=$(mktemp -d) || return
  trap 'rm -rf "$pacman_copy"' EXIT
  trap 'exit 1' HUP INT TERM
  pacman_used=$(pacman_database)
  if is_root || has fakeroot; then pacman_refresher=anyone; else pacman_refresher=root; fi
  if refresh_is_due "$pacman_refresher" "$pacman_used"/sync/*.db; then
    if section refresh pacman_refresh; then pacman_used=$pacman_copy/fresh; fi
  fi
  section repositories pacman_repositories
  section updates pacman_updates
  section simulation pacman_simulation
  section ignored pacman_ignored
}

pacman_installed() {
  cat "$(pacman_database)"/local/*/desc | awk '
    /^%NAME%$/ { getline name }
    /^%VERSION%$/ { getline version }
    /^%ARCH%$/ { getline arch; print name "|" arch "|" version }'
}
