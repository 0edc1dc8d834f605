# opkg: a repository holds one version. Written after its sources.
# shellcheck shell=sh

installed_versions() {
  opkg list-installed | awk '$2 == "-" { print $1 "|" $3 }'
}

offers_of() {
  for offered_name in "$@"; do opkg info "$offered_name"; done | awk '
    function offer() { if (name != "" && file != "") print name "|" arch "|" version "||" size; name = file = "" }
    $1 == "Package:" { offer(); name = $2; version = arch = size = "" }
    $1 == "Version:" { version = $2 }
    $1 == "Architecture:" { arch = $2 }
    $1 == "Size:" { size = $2 }
    $1 == "Filename:" { file = $2 }
    END { offer() }'
}

files_of() {
  for owned_name in "$@"; do
    sed "s/	.*//; s/^/$owned_name|/" "/usr/lib/opkg/info/$owned_name.list" 2>/dev/null
  done
}
