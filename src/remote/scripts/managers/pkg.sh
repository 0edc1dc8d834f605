# pkg: packages of FreeBSD. The base system is another thing: freebsd-update or pkgbase, which are only reported.
# shellcheck shell=sh

pkg_refresh() {
  limited 240 pkg update
}

# The exit code of a dry run is 0 or 1, by the version of pkg: the text decides.
pkg_simulation() {
  pkg_plan=$(pkg upgrade -n -U)
  pkg_code=$?
  printf '%s\n' "$pkg_plan"
  return "$pkg_code"
}

# Everything that has a newer version, also what the upgrade would leave alone.
pkg_newer() {
  pkg_newer_list=$(pkg version -v -R -U -l '<')
  pkg_code=$?
  printf '%s\n' "$pkg_newer_list"
  return "$pkg_code"
}

pkg_names() {
  printf '%s\n' "$pkg_plan" | sed -n 's/^	\([^ :]*\): .*$/\1/p'
  printf '%s\n' "$pkg_newer_list" | sed -n 's/^\([^ ]*\)-[^- ]* .*$/\1/p'
}

# `NAME|ABI|VERSION|REPOSITORY`. pkg does not say what a package weighs to download, only unpacked.
pkg_candidates() {
  pkg_names | sort -u | while read -r pkg_name; do
    pkg rquery -U '%n|%q|%v|%R' "$pkg_name"
  done
}

# Vulnerabilities of what is installed. Exit code 1 is for some found as well as for an error.
pkg_audit() {
  if is_root && [ "$refresh_word" = wanted ]; then
    limited 120 pkg audit -F -q -R json 2>/dev/null
    # With an error there is no document, and the older data may still serve.
    pkg_code=$?
    if [ "$pkg_code" -le 1 ] && [ -s /var/db/pkg/vuln.xml ]; then return "$pkg_code"; fi
  fi
  pkg audit -q -R json
}

# The same of the versions that the upgrade would bring.
pkg_audit_new() {
  printf '%s\n' "$pkg_plan" |
    sed -n -e 's/^	\([^ :]*\): [^ ]* -> \([^ ]*\).*$/\1-\2/p' -e 's/^	Package \(.*\)-[^- ]* is locked and may not be upgraded to version \([^ ]*\)$/\1-\2/p' |
    xargs pkg audit -q -R json
}

# The base system: what runs, what is installed, and whether packages hold it.
pkg_base() {
  printf 'running=%s\n' "$(uname -r)"
  if has freebsd-version; then
    printf 'kernel=%s\n' "$(freebsd-version -k 2>/dev/null)"
    printf 'userland=%s\n' "$(freebsd-version -u 2>/dev/null)"
  fi
  if pkg query -g '%n' 'FreeBSD-runtime*' 2>/dev/null | grep -q .; then echo pkgbase=yes; else echo pkgbase=no; fi
}

# The catalogues that are there: one file each, whose place depends on the version of pkg.
pkg_repositories() {
  for pkg_file in /var/db/pkg/repo-*.sqlite /var/db/pkg/repos/*/db; do
    if [ -e "$pkg_file" ]; then echo "$pkg_file"; fi
  done
}

pkg_is_due() {
  refresh_is_due root /var/db/pkg/repo-*.sqlite /var/db/pkg/repos/*/db
}

pkg_probe() {
  # Asked for by its full name: `pkg` of the base system would install the real one.
  if [ ! -x /usr/local/sbin/pkg ]; then
    section bootstrap echo missing
    return
  fi
  if pkg_is_due; then
    section refresh pkg_refresh
  fi
  section repositories pkg_repositories
  section simulation pkg_simulation
  section newer pkg_newer
  section candidates pkg_candidates
  section holds pkg query -e '%k = 1' '%n'
  section audit pkg_audit
  section audit-new pkg_audit_new
  section base pkg_base
}

# The architecture is the last word of the ABI `FreeBSD:14:amd64`; `*` is for every one.
pkg_installed() {
  pkg query '%n|%q|%v' | awk -F '|' '{
    arch = $2
    sub(/^.*:/, "", arch)
    if (arch == "*") arch = "all"
    print $1 "|" arch "|" $3
  }'
}
