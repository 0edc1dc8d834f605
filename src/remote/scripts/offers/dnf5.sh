# dnf 5: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

offers_of() {
  dnf5_run -q -C repoquery --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{downloadsize}\n' "$@" \
    >"$work/offers.found" || return
  sed 's/|0:/|/' "$work/offers.found"
}
