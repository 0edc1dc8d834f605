# pacman: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

offers_of() {
  # What it says of the download is no offer.
  pacman_snapshot >&2 || return
  # Exit code 1 when one of them is in no repository.
  pacman -Si --dbpath "$pacman_copy" "$@" 2>/dev/null | awk -F ' *: ' '
    BEGIN { unit["B"] = 1; unit["KiB"] = 1024; unit["MiB"] = 1048576; unit["GiB"] = 1073741824 }
    $1 == "Repository" { repository = $2 }
    $1 == "Name" { name = $2 }
    $1 == "Version" { version = $2 }
    $1 == "Architecture" { arch = $2 }
    $1 == "Download Size" {
      split($2, part, " ")
      printf "%s|%s|%s|%s|%.0f\n", name, arch, version, repository, part[1] * unit[part[2]]
    }'
}
