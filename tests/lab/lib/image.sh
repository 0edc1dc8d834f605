# shellcheck shell=bash
# How an image is made: the base that its script names, configured by the script's guest_image while
# the state `old` is served to it.

# build_image HOST
build_image() {
  local base family variant
  base=$(host_field "$1" on)
  read -r family variant <<<"$(host_field "$1" states)"
  WWW=$OUT/www
  mkdir -p "$WWW"
  ln -s "$(artifact_path "$family")/states/$variant/old" "$WWW/$1"
  in_root "$(lowerdir "$base")" "$OUT/fs" guest_image
  rm -rf "$WWW"
}
