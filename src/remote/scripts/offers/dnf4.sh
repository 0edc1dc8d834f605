# dnf 4: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

offers_of() {
  dnf4_run -q -C repoquery --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{reponame}|%{size}' "$@" \
    >"$work/offers.found" || return
  sed 's/|0:/|/' "$work/offers.found"
}
