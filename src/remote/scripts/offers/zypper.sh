# zypper: every version that the repositories have of packages, from the metadata that the host has.
# shellcheck shell=sh

# Lists name repositories by their titles, and plans by their aliases.
offers_of() {
  { limited 60 zypper -x --no-refresh lr && limited 120 zypper -x --no-refresh search -s --match-exact -t package "$@"; } >"$work/search.xml"
  offers_code=$?
  # 104: none of them is known.
  case $offers_code in 0 | 104 | 106) ;; *) return "$offers_code" ;; esac
  tr '<' '\n' <"$work/search.xml" | awk '
    function value(name) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
    }
    /^repo / { alias[value("name")] = value("alias") }
    /^solvable / && value("kind") == "package" {
      repository = value("repository")
      if (repository == "(System Packages)") next
      version = value("edition")
      sub(/^0:/, "", version)
      print value("name") "|" value("arch") "|" version "|" (repository in alias ? alias[repository] : "") "|"
    }'
}
