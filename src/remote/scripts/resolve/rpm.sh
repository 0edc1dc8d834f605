# What the managers of rpm packages share.
# shellcheck shell=sh

installed_versions() {
  rpm -qa --qf '%{NAME}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' | sed 's/|0:/|/'
}

files_of() {
  # What is not installed has no files, and makes the exit code 1.
  rpm -q --qf '[%{=NAME}|%{FILENAMES}\n]' "$@" 2>/dev/null | grep '|/' || :
}

# The plan of what was resolved, for the question whether it fits.
rpm_take_steps() {
  awk -F '|' '$4 != "nothing" { print $1 "-" $4 "." $2 "|" $1 "|" $2 "|" $3 "|" $4 "|" }' "$work/resolved" >"$work/plan"
}
