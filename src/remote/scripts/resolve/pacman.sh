# pacman: a repository holds one version, so a planned one that is older can not be had from it. All questions are
# put to one private copy of the databases.
# shellcheck shell=sh

# The same words for updates and for new packages: marks are of no interest here.
pacman_names() {
  plan_words
}

simulate() {
  pacman_snapshot && pacman_check
  simulate_code=$?
  cat "$work/resolved"
  return "$simulate_code"
}

installed_versions() {
  pacman -Q | sed 's/ /|/'
}

space() {
  { pacman_needs && kernel_space image; } | space_check
}

offers_of() {
  if [ ! -d "${pacman_copy:-}/sync" ]; then return 69; fi
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

files_of() {
  pacman -Ql "$@" 2>/dev/null | sed 's/ /|/' | grep -v '/$' || :
}
