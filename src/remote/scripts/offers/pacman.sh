# pacman: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

offers_of() {
  # What it says of the download is no offer.
  pacman_snapshot >&2 || return
  pacman -Si --dbpath "$pacman_copy" "$@" >"$work/offers.found" 2>"$work/offers.err"
  offers_code=$?
  # 1 also when one of them is in no repository.
  if [ "$offers_code" != 0 ] && grep '^error: ' "$work/offers.err" | grep -qv 'was not found$'; then return "$offers_code"; fi
  awk -F ' *: ' '
    BEGIN { unit["B"] = 1; unit["KiB"] = 1024; unit["MiB"] = 1048576; unit["GiB"] = 1073741824 }
    $1 == "Repository" { repository = $2 }
    $1 == "Name" { name = $2 }
    $1 == "Version" { version = $2 }
    $1 == "Architecture" { arch = $2 }
    $1 == "Download Size" {
      split($2, part, " ")
      printf "%s|%s|%s|%s|%.0f\n", name, arch, version, repository, part[1] * unit[part[2]]
    }' "$work/offers.found"
}
