# apt: packages in its archives, by the names that it gives them.
# shellcheck shell=sh

cached_packages() {
  find "$(package_cache)" "$work/fetched" -name '*.deb' -type f ! -path '*/partial/*' 2>/dev/null >"$work/cached.files"
  printf '%s\n' "$@" >"$work/cached.names"
  awk -v names="$work/cached.names" '
    BEGIN { while ((getline line < names) > 0) asked[line] = 1 }
    {
      label = $0
      sub(/.*\//, "", label)
      sub(/\.deb$/, "", label)
      if (split(label, part, "_") != 3 || !(part[1] in asked)) next
      gsub(/%3a/, ":", part[2])
      print part[1] "|" part[3] "|" part[2] "||" $0
    }' "$work/cached.files" | while IFS='|' read -r cached_name cached_arch cached_version _ cached_file; do
    # What the file says of itself decides.
    # The names are dpkg's.
    # shellcheck disable=SC2016
    cached_said=$(dpkg-deb -W --showformat='${Package}|${Architecture}|${Version}' "$cached_file" 2>/dev/null)
    if [ "$cached_said" = "$cached_name|$cached_arch|$cached_version" ] &&
      apt_is_genuine "$cached_name" "$cached_version" "$cached_arch" "$cached_file"; then
      printf '%s||%s\n' "$cached_said" "$cached_file"
    fi
  done
}

# apt_is_genuine NAME VERSION ARCHITECTURE FILE: whether its checksum is one of those in the signed lists. What is in
# no list any more cannot be compared; it must be whole, and that is said.
apt_is_genuine() {
  limited 60 apt-cache show "$1=$2" "$1:$3=$2" 2>/dev/null | sed -n 's/^SHA256: //p' >"$work/listed.sums"
  if [ -s "$work/listed.sums" ]; then
    grep -qxF "$(checksum_of "$4")" "$work/listed.sums"
    return
  fi
  dpkg-deb --fsys-tarfile "$4" >/dev/null 2>&1 || return
  echo "$4 is in no signed list any more: that it is whole is all that can be checked" >&2
}

# It compares them with the checksums of the signed lists.
fetch_versions() {
  mkdir -p "$work/fetched" || return
  sed 's/^\([^|]*\)|\([^|]*\)|\(.*\)$/\1:\2=\3/' >"$work/fetch.words"
  # The user that apt downloads as cannot write here; it says so and does without.
  # shellcheck disable=SC2046
  (cd "$work/fetched" && apt-get -q download $(cat "$work/fetch.words"))
}
