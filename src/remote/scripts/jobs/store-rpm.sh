# rpm packages in caches and in the store, and their signatures.
# shellcheck shell=sh

# Of file names only the beginning is told by convention. The repository is the first folder of the path, without the
# checksum that dnf puts behind it.
cached_packages() {
  rpm_cache=$(package_cache)
  {
    find "$rpm_cache" -type f -name '*.rpm' 2>/dev/null
    find "$work/fetched" -type f -name '*.rpm' 2>/dev/null
  } >"$work/cached.files"
  for cached_name in "$@"; do
    grep -F "/$cached_name-" "$work/cached.files" | while read -r cached_file; do
      cached_repository=${cached_file#"$rpm_cache"/}
      cached_repository=$(printf '%s\n' "${cached_repository%%/*}" | sed 's/-[0-9a-f]\{16\}$//')
      # The signature is looked at before it is installed.
      rpm -qp --nosignature --qf "%{NAME}|%{ARCH}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}|$cached_repository|$cached_file\n" \
        "$cached_file" 2>/dev/null | sed 's/|0:/|/'
    done
  done
}

# unchecked_repository ID: whether the host's own configuration takes its packages without a signature.
unchecked_repository() {
  if [ -z "$1" ]; then return 1; fi
  cat /etc/yum.repos.d/*.repo /etc/distro.repos.d/*.repo /etc/zypp/repos.d/*.repo 2>/dev/null | awk -v id="$1" '
    /^\[/ { own = $0 == "[" id "]"; next }
    own && /^gpgcheck[ \t]*=[ \t]*(0|no|false|off)[ \t]*$/ { unchecked = 1 }
    END { exit unchecked ? 0 : 1 }'
}

# Each kept file is signed with a key that the host has accepted, or comes from a repository whose packages the host
# takes unsigned. `$rpm_unsigned` is `yes` when there are such.
# shellcheck disable=SC2034
check_hosted_signatures() {
  rpm_unsigned=
  while IFS='|' read -r _ hosted_path hosted_name _ _ hosted_repository; do
    if rpmkeys --checksig "$hosted_path" 2>/dev/null | grep -q ': digests signatures OK$'; then continue; fi
    if unchecked_repository "$hosted_repository"; then
      rpm_unsigned=yes
      continue
    fi
    refuse E_REPO "the kept file of $hosted_name is not signed with a key that the host has accepted"
    return
  done <"$work/hosted"
}
