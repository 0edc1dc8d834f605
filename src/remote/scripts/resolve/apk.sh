# apk: a simulated `add` leaves the world as it is.
# shellcheck shell=sh

installed_versions() {
  apk_database | awk -F ':' '$1 == "P" { name = $2 } $1 == "V" { print name "|" $2 }'
}

apk_database() {
  cat /lib/apk/db/installed 2>/dev/null || cat /usr/lib/apk/db/installed
}

files_of() {
  printf '%s\n' "$@" >"$work/wanted"
  apk_database | awk -F ':' -v wanted="$work/wanted" '
    BEGIN { while ((getline line < wanted) > 0) asked[line] = 1 }
    $1 == "P" { name = $2 }
    $1 == "F" { folder = $2 }
    $1 == "R" && (name in asked) { print name "|/" folder "/" $2 }'
}
