# What the managers of rpm packages share.
# shellcheck shell=sh

# `NAME|ARCH|EPOCH:VERSION-RELEASE`; keys of repositories are in the database too, and are no packages.
rpm_installed() {
  rpm -qa --qf '%{NAME}|%{ARCH}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' 2>/dev/null |
    grep -v '^gpg-pubkey|' | sed 's/|0:/|/'
}

# rpm_present TEXT: of these, the packages whose names begin the lines of TEXT.
rpm_present() {
  { printf '%s\n' "$1" | sed 's/|.*$//; s/^/wanted /' && rpm_installed; } |
    awk '/^wanted / { wanted[$2] = 1; next } { split($0, part, "|"); if (part[1] in wanted) print }'
}

# rpm_repositories FILE...: `ID yes|no` for each repository with metadata, and whether it has advisories.
# FILE is …/ID[-CHECKSUM]/repodata/repomd.xml.
rpm_repositories() {
  for rpm_file in "$@"; do
    [ -r "$rpm_file" ] || continue
    rpm_folder=${rpm_file%/repodata/repomd.xml}
    if grep -q 'type="updateinfo"' "$rpm_file"; then rpm_advisories=yes; else rpm_advisories=no; fi
    printf '%s %s\n' "${rpm_folder##*/}" "$rpm_advisories"
  done
}
