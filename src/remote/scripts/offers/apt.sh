# apt: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

# `VERSION URI` and `URI REPOSITORY` are in the tables of policies; the records have the rest.
offers_of() {
  { limited 60 apt-cache policy && echo @ && limited 60 apt-cache policy "$@"; } >"$work/policies" 2>/dev/null || return
  limited 60 apt-cache show --all-versions "$@" >"$work/records" 2>"$work/records.err"
  offers_code=$?
  # None of them is known.
  if [ "$offers_code" != 0 ] && ! grep -q '^E: No packages found' "$work/records.err"; then return "$offers_code"; fi
  awk -v policies="$work/policies" '
    function offer() {
      if (name != "" && file != "") print name "|" arch "|" version "|" repository[name "|" version] "|" size
      name = version = arch = size = file = ""
    }
    BEGIN {
      while ((getline line < policies) > 0) {
        count = split(line, word, " ")
        if (line == "@") { tables = 1; continue }
        if (!tables) {
          if (word[1] ~ /^-?[0-9]+$/) source = substr(line, index(line, word[2]))
          if (word[1] != "release") continue
          label = suite = codename = ""
          field_count = split(substr(line, index(line, word[2])), field, ",")
          for (i = 1; i <= field_count; i++) {
            if (field[i] ~ /^l=/) label = substr(field[i], 3)
            if (field[i] ~ /^a=/) suite = substr(field[i], 3)
            if (field[i] ~ /^n=/) codename = substr(field[i], 3)
          }
          if (label != "") of_source[source] = label "/" (codename != "" ? codename : suite)
          continue
        }
        if (line ~ /^[^ ].*:$/) { package = substr(line, 1, length(line) - 1); sub(/:.*$/, "", package); in_table = 0; continue }
        if (line ~ /^  Version table:/) { in_table = 1; continue }
        if (!in_table) continue
        # A version is followed by its priority; a source begins with its own.
        if (line ~ /^ {8}/ || line ~ /^        /) {
          source = substr(line, index(line, word[2]))
          if ((source in of_source) && !((package "|" table_version) in repository))
            repository[package "|" table_version] = of_source[source]
        } else {
          table_version = word[1] == "***" ? word[2] : word[1]
        }
      }
    }
    /^Package: / { offer(); name = $2 }
    /^Version: / { version = $2 }
    /^Architecture: / { arch = $2 }
    /^Size: / { size = $2 }
    /^Filename: / { file = $2 }
    END { offer() }' "$work/records"
}
