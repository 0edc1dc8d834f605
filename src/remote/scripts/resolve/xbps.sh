# xbps: a repository holds one version. Written after its manual pages.
# shellcheck shell=sh

installed_versions() {
  xbps-query -l | awk 'NF > 1 { name = $2; sub(/-[^-]*$/, "", name); print name "|" substr($2, length(name) + 2) }'
}

offers_of() {
  for offered_name in "$@"; do
    offered_label=$(xbps-query -R -p pkgver "$offered_name") || continue
    printf '%s|%s|%s|%s|%s\n' "$offered_name" "$(xbps-query -R -p architecture "$offered_name")" \
      "${offered_label##*-}" "$(xbps-query -R -p repository "$offered_name")" ''
  done
}

files_of() {
  for owned_name in "$@"; do
    xbps-query -f "$owned_name" 2>/dev/null | sed "s/ -> .*//; s/^/$owned_name|/"
  done
}
