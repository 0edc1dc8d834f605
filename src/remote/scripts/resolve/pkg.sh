# pkg: a repository holds one version. Written after its manual pages.
# shellcheck shell=sh

installed_versions() {
  pkg query '%n|%v'
}

# `%q` is the ABI; an architecture is not told, as in a scan.
offers_of() {
  pkg rquery -U '%n|%q|%v|%R|' "$@"
}
