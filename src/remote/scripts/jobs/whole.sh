# The other half of the guard: what is planned and would not be done is a difference too.
# shellcheck shell=sh

# demand_steps FILE: refuses when a planned change is not among the steps NAME|ARCHITECTURE|FROM|TO of the file.
# New dependencies that merely may come with the others are not demanded: they have no word.
# shellcheck disable=SC2317
demand_steps() {
  awk -F '|' -v steps="$1" '
    BEGIN {
      while ((getline line < steps) > 0) {
        split(line, part, "|")
        found[part[1] "|" part[4]] = 1
      }
    }
    $1 != "" && !(($2 "|" $5) in found) {
      print "patchwave: E_GONE: " $2 " " $5 " is planned, and is in no repository of the host now"
      bad = 1
    }
    END { exit bad ? 78 : 0 }' "$work/plan"
}

# Planned words of packages that are installed already, and of new ones.
update_words() {
  awk -F '|' '$1 != "" && $4 != "" { print $1 }' "$work/plan"
}

new_words() {
  awk -F '|' '$1 != "" && $4 == "" { print $1 }' "$work/plan"
}

# The same as names alone, for managers whose repositories hold one version.
update_names() {
  awk -F '|' '$1 != "" && $4 != "" { print $2 }' "$work/plan"
}

new_names() {
  awk -F '|' '$1 != "" && $4 == "" { print $2 }' "$work/plan"
}
