# apk: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

# apk 3 is asked; of apk 2 the policy is read, which has no architecture and no size.
offers_of() {
  apk query --available --all-matches --fields name,version,arch,repositories,file-size "$@" >"$work/query" 2>/dev/null
  if [ -s "$work/query" ]; then
    awk -F ': ' '
      function offer() { if (name != "" && repository != "") print name "|" arch "|" version "|" repository "|" size; name = "" }
      $1 == "Name" { offer(); name = $2; version = arch = repository = size = "" }
      $1 == "Version" { version = $2 }
      $1 == "Arch" { arch = $2 }
      $1 == "File-Size" { size = $2 }
      /^  / && repository == "" && $0 !~ /apk\/db\/installed$/ { repository = substr($0, 3) }
      END { offer() }' "$work/query"
    return
  fi
  apk policy "$@" >"$work/policy" 2>/dev/null || return
  awk '
    /^[^ ].* policy:$/ { name = $1; next }
    /^  [^ ].*:$/ { version = $1; sub(/:$/, "", version); next }
    /^    / && $1 !~ /apk\/db\/installed$/ { print name "|*|" version "|" $NF "|" }' "$work/policy"
}
