# What a planned transaction comes to, asked of the manager and of the host; nothing is changed. What must stay true:
# what cannot be found out ends with another exit code than 0, and is never an empty answer.
#
# The file of a manager defines `installed_versions` and `files_of`, and again what it knows better.
# `$work/plan` has the planned lines; the name alone stands for a package that must be present, in whatever version.
# What may go has a line as in the jobs, with its version or without one; the answer says what would go.
# shellcheck shell=sh

# Most lines of one section.
resolve_limit=20000

# Printed are NAME|VERSION of everything that is installed, the version without a zero epoch.
# shellcheck disable=SC2317
installed_versions() {
  return 69
}

# files_of NAME...: NAME|PATH of the files of installed packages.
# shellcheck disable=SC2317
files_of() {
  return 69
}

# A package that is there already has not to be brought.
forget_present() {
  installed_versions >"$work/present" 2>/dev/null || : >"$work/present"
  awk -F '|' -v present="$work/present" '
    BEGIN { while ((getline line < present) > 0) { split(line, part, "|"); there[part[1]] = 1 } }
    $5 == "" && ($2 in there) { next }
    { print }' "$work/plan" >"$work/plan.asked"
  awk -F '|' '$5 != "nothing" { print $2 }' "$work/plan" | sort -u >"$work/names"
  awk -F '|' '$5 == "" { print $2 }' "$work/plan.asked" >"$work/wanted.names"
  mv "$work/plan.asked" "$work/plan"
}

# In the place of the job's guard: what is not planned is told instead of refused. Another version than the planned
# one stays a refusal, and what is as planned already is no step. The steps are kept for the other questions.
compare_steps() {
  awk -F '|' '$3 != $4' >"$work/resolved"
  awk -F '|' -v plan="$work/plan" '
    function shown(version) { return version == "" ? "nothing" : version }
    BEGIN {
      while ((getline line < plan) > 0) {
        split(line, part, "|")
        if (part[1] == "" || part[5] == "") continue
        planned[part[2] "|" part[3] "|" part[5]] = planned[part[2] "|*|" part[5]] = 1
        count[part[2]]++
        from[part[2] "|" part[3]] = from[part[2] "|*"] = part[4]
        to[part[2] "|" part[3]] = to[part[2] "|*"] = part[5]
      }
    }
    $4 == "nothing" { next }
    {
      key = $1 "|" $2
      # Of several architectures one cannot be told from the other where the manager names none.
      if (!(key in to) || ($2 == "*" && count[$1] > 1)) next
      if (to[key] != $4) {
        print "patchwave: E_GONE: " $1 " " to[key] " is planned, and " $4 " is what would be installed"
        bad = 1
      } else if (from[key] != $3) {
        print "patchwave: E_DRIFT: " $1 " is at " shown($3) ", not at the planned " shown(from[key])
        bad = 1
      }
    }
    END { exit bad ? 78 : 0 }' "$work/resolved"
}

# In the place of the job's: planned is done, or is there already.
demand_steps() {
  awk -F '|' -v steps="$1" -v present="$work/present" '
    BEGIN {
      while ((getline line < steps) > 0) { split(line, part, "|"); found[part[1] "|" part[4]] = named[part[1]] = 1 }
      while ((getline line < present) > 0) found[line] = 1
    }
    $1 == "" || (($2 "|" $5) in found) || ($5 == "" && ($2 in named)) { next }
    {
      print "patchwave: E_GONE: " $2 ($5 == "" ? "" : " " $5) " is planned, and is in no repository of the host now"
      bad = 1
    }
    END { exit bad ? 78 : 0 }' "$work/plan"
}

# A package that must be present is a name: nothing else that a manager finds for the word will do, such as what the
# word fits as a pattern, or what provides it.
demand_names() {
  awk -F '|' -v steps="$work/resolved" '
    BEGIN { while ((getline line < steps) > 0) { split(line, part, "|"); if (part[4] != "nothing") comes[part[1]] = 1 } }
    !($1 in comes) {
      print "patchwave: E_GONE: " $1 " is planned, and is in no repository of the host now"
      bad = 1
    }
    END { exit bad ? 78 : 0 }' "$work/wanted.names"
}

# What was asked for, and what comes along.
resolved_names() {
  { cat "$work/names" && awk -F '|' '$4 != "nothing" { print $1 }' "$work/resolved"; } 2>/dev/null | sort -u
}

# NAME|ARCHITECTURE|VERSION|REPOSITORY|SIZE|repository or host
print_offers() {
  # Names have been checked by the controller, or come from the manager; none holds a blank or a glob.
  # shellcheck disable=SC2046
  set -- $(resolved_names)
  if [ "$#" = 0 ]; then return 0; fi
  offers_of "$@" >"$work/offered"
  resolve_code=$?
  {
    kept_packages "$@" | sed 's/$/|host/'
    print_cached_back
    sort -u "$work/offered" | sed 's/$/|repository/'
  } >"$work/offers.all"
  print_limited "$work/offers.all" || return
  return "$resolve_code"
}

# On a way back what the manager has in its cache counts as well; its folder stands in the place of a repository.
print_cached_back() {
  if [ ! -s "$work/kept.index" ]; then return 0; fi
  awk -F '|' -v store="$store/" 'index($7, store) != 1 {
    folder = $7
    sub(/\/[^\/]*$/, "", folder)
    print $1 "|" $2 "|" $3 "|" folder "|" $4 "|host"
  }' "$work/kept.index"
}

# print_limited FILE: 69 when not all of it is printed.
print_limited() {
  head -n "$resolve_limit" "$1"
  if [ "$(($(wc -l <"$1")))" -gt "$resolve_limit" ]; then return 69; fi
}

# What fits is looked up only for a transaction that would be done.
print_space() {
  if [ "$simulate_code" != 0 ]; then return 69; fi
  space
}

resolve_tidy() {
  tidy
  rm -rf "$work"
}
