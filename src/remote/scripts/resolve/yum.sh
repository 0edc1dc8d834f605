# yum 3: what the repositories have, where yum-utils is installed. Written after its manual page.
# shellcheck shell=sh

offers_of() {
  if ! has repoquery; then return 69; fi
  limited 120 repoquery -C --show-duplicates --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{size}' "$@" \
    >"$work/offers.found" || return
  sed -e '/|/!d' -e 's/|0:/|/' "$work/offers.found"
}
