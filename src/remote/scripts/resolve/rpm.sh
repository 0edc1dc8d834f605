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
  awk -F '|' '$7 == "back" { print $2 "|" $3 }' "$work/plan" >"$work/back.names"
  awk -F '|' '$1 == "" && $5 == "nothing" { print $2 }' "$work/plan" >"$work/gone.names"
  awk -F '|' -v names="$work/back.names" -v gone="$work/gone.names" '
    BEGIN {
      while ((getline line < names) > 0) back[line] = 1
      while ((getline line < gone) > 0) goes[line] = 1
    }
    $4 == "nothing" && ($1 in goes) { print "|" $1 "|*|" $3 "|nothing|" }
    $4 != "nothing" { print $1 "-" $4 "." $2 "|" $1 "|" $2 "|" $3 "|" $4 "|" (($1 "|" $2) in back ? "|back" : "") }' \
    "$work/resolved" >"$work/plan"
}
