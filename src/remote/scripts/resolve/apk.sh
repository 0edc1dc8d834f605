# apk: a simulated `add` leaves the world as it is.
# shellcheck shell=sh

installed_versions() {
  apk_database | awk -F ':' '$1 == "P" { name = $2 } $1 == "V" { print name "|" $2 }'
}

apk_database() {
  cat /lib/apk/db/installed 2>/dev/null || cat /usr/lib/apk/db/installed
}

# apk 3 is asked; of apk 2 the policy is read, which has no architecture and no size.
offers_of() {
  apk query --available --all-matches --fields name,version,arch,repositories,file-size "$@" >"$work/query" 2>/dev/null
  if [ -s "$work/query" ]; then
    awk -F ': ' '
      function offer() { if (name != "") print name "|" arch "|" version "|" repository "|" size; name = "" }
      $1 == "Name" { offer(); name = $2; version = arch = repository = size = "" }
      $1 == "Version" { version = $2 }
      $1 == "Arch" { arch = $2 }
      $1 == "File-Size" { size = $2 }
      /^  / && repository == "" { repository = substr($0, 3) }
      END { offer() }' "$work/query"
    return
  fi
  apk policy "$@" 2>/dev/null | awk '
    /^[^ ].* policy:$/ { name = $1; next }
    /^  [^ ].*:$/ { version = $1; sub(/:$/, "", version); next }
    /^    / && $1 !~ /apk\/db\/installed$/ { print name "|*|" version "|" $NF "|" }'
}

files_of() {
  printf '%s\n' "$@" >"$work/wanted"
  apk_database | awk -F ':' -v wanted="$work/wanted" '
    BEGIN { while ((getline line < wanted) > 0) asked[line] = 1 }
    $1 == "P" { name = $2 }
    $1 == "F" { folder = $2 }
    $1 == "R" && (name in asked) { print name "|/" folder "/" $2 }'
}
