# The frames of the output: see src/remote/frame.rs.
# shellcheck shell=sh

mark() {
  printf '\n@@patchwave %s %s\n' "$nonce" "$1"
  printf '\n@@patchwave %s %s\n' "$nonce" "$1" >&2
}

# section NAME COMMAND [ARGUMENT...]: runs the command inside a frame and returns its exit code.
section() {
  section_name=$1
  shift
  mark "begin $section_name"
  "$@"
  section_code=$?
  mark "end $section_name $section_code"
  return "$section_code"
}

finish() {
  mark 'done'
}
