# pacman: a repository holds one version, so a planned one that is older can not be had from it. All questions are
# put to one private copy of the databases.
# shellcheck shell=sh

# The same words for updates and for new packages: marks are of no interest here.
pacman_names() {
  plan_words
}

# Files of ours and names of repositories are two questions; a need of the one for the other is refused.
pacman_hosted_check() {
  # shellcheck disable=SC2046
  pacman_steps -Up $(cut -d '|' -f 2 "$work/hosted") || return
  cp "$work/steps.found" "$work/steps.hosted"
  : >"$work/steps.found"
  pacman_repository_names >"$work/rest"
  if [ -s "$work/rest" ]; then
    # shellcheck disable=SC2046
    pacman_steps -Sp $(cat "$work/rest") || return
  fi
  cat "$work/steps.hosted" >>"$work/steps.found"
  compare_steps <"$work/steps.found" && demand_steps "$work/steps.found"
}

pacman_repository_names() {
  awk -F '|' -v hosted="$work/hosted" '
    BEGIN { while ((getline line < hosted) > 0) { split(line, part, "|"); here[part[3]] = 1 } }
    $1 != "" && !($2 in here) { print $2 }' "$work/plan"
}

simulate() {
  pacman_snapshot || return
  if is_hosted; then pacman_hosted_check; else pacman_check; fi
  simulate_code=$?
  cat "$work/resolved"
  return "$simulate_code"
}

installed_versions() {
  pacman -Q | sed 's/ /|/'
}

space() {
  if is_hosted; then return 0; fi
  { pacman_needs && kernel_space image; } | space_check
}

files_of() {
  pacman -Ql "$@" 2>/dev/null | sed 's/ /|/' | grep -v '/$' || :
}
