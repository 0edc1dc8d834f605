# apk: packages in its cache, NAME-VERSION.CHECKSUM.apk. The name of a file does not tell the architecture.
# shellcheck shell=sh

cached_packages() {
  find "$(package_cache)" "$work/fetched" -name '*.apk' -type f 2>/dev/null >"$work/cached.files"
  printf '%s\n' "$@" >"$work/cached.names"
  awk -v names="$work/cached.names" '
    BEGIN { while ((getline line < names) > 0) asked[line] = 1 }
    {
      label = $0
      sub(/.*\//, "", label)
      sub(/(\.[0-9a-f]+)?\.apk$/, "", label)
      name = label
      if (!sub(/-[^-]*-r[0-9]+$/, "", name) || !(name in asked)) next
      print name "|*|" substr(label, length(name) + 2) "||" $0
    }' "$work/cached.files"
}

# apk checks their signatures as it does before an installation.
fetch_versions() {
  mkdir -p "$work/fetched" || return
  sed 's/^\([^|]*\)|[^|]*|\(.*\)$/\1=\2/' >"$work/fetch.words"
  # shellcheck disable=SC2046
  again_while_locked 'Unable to lock database' apk --cache-dir "$work/fetched" cache download $(cat "$work/fetch.words")
}
