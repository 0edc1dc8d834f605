# microdnf and tdnf: what the repositories have, as bare labels. Written after their sources.
# shellcheck shell=sh

offers_of() {
  limited 120 "$manager" repoquery --available "$@" >"$work/labels" || return
  # NAME-[EPOCH:]VERSION-RELEASE.ARCHITECTURE
  awk 'NF == 1 {
    label = $1
    arch = label; sub(/^.*\./, "", arch)
    label = substr(label, 1, length(label) - length(arch) - 1)
    name = label
    if (!sub(/-[^-]*-[^-]*$/, "", name)) next
    version = substr(label, length(name) + 2)
    sub(/^0:/, "", version)
    print name "|" arch "|" version "||"
  }' "$work/labels"
}
