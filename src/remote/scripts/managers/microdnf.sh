# microdnf 3: minimal images of RHEL 8 and 9 and kin. Written after its sources.
# shellcheck shell=sh

microdnf_refresh() {
  limited 300 microdnf makecache
}

# FOLDER is ID-RELEASE-ARCHITECTURE here. microdnf shows no advisories, so none is known, whatever the metadata has.
microdnf_repositories() {
  for microdnf_file in "$@"; do
    [ -r "$microdnf_file" ] || continue
    microdnf_folder=${microdnf_file%/repodata/repomd.xml}
    microdnf_folder=${microdnf_folder##*/}
    printf '%s no\n' "${microdnf_folder%-*-*}"
  done
}

# Versions before 3.8 ask nothing and do it at once: these must never be called. The table is cut to the columns.
microdnf_simulation() {
  if ! is_root; then return 77; fi
  if ! microdnf --help 2>&1 | grep -q -e '--assumeno'; then return 69; fi
  COLUMNS=500 microdnf --assumeno --nobest upgrade
}

microdnf_is_due() {
  refresh_is_due root /var/cache/yum/metadata/*/repodata/*primary.xml*
}

microdnf_probe() {
  if microdnf_is_due; then section refresh microdnf_refresh; fi
  section repositories microdnf_repositories /var/cache/yum/metadata/*/repodata/repomd.xml
  section simulation microdnf_simulation
  section present rpm_installed
}

microdnf_installed() {
  rpm_installed
}
