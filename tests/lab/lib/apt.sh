# shellcheck shell=bash
# Debian's packages, fetched as this machine's own apt configuration says: same mirror, same proxy.

# debian_mirror LABEL: the address from which this machine gets Debian (LABEL Debian) or its
# security updates (LABEL Debian-Security).
debian_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$1|//p" | head -n 1)
  [ -n "$uri" ] || die "apt of this machine names no mirror with the label $1 (has \`apt-get update\` run?)"
  printf '%s' "${uri%/}"
}

# apt_transport: this machine's proxy and TLS settings, as lines of apt.conf.
apt_transport() {
  apt-config dump | grep -iE '^Acquire::(http|https|ftp|Retries)(::| )' || true
}

# bootstrap SUITE DIR PACKAGE...: a Debian root file system from the release suite alone.
bootstrap() {
  local suite=$1 dir=$2 option
  shift 2
  local options=()
  while IFS= read -r option; do
    options+=(--aptopt="$option")
  done < <(apt_transport)
  mmdebstrap --mode=root --variant=apt \
    --include="$(printf '%s\n' "$@" | paste -s -d ,)" \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Acquire::Check-Date "false"' \
    --aptopt='Acquire::Languages "none"' \
    "${options[@]}" \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$suite" "$dir" "$(debian_mirror Debian)"
  rm -f "$dir"/etc/apt/apt.conf.d/99mmdebstrap "$dir"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
}

# apt_download ROOT DEBS SOURCE... -- ARGUMENT...: downloads into DEBS what `apt-get ARGUMENT...`
# would install on ROOT if it had the SOURCE lines (in sources.list's one-line form).
apt_download() {
  local root=$1 debs=$2 state
  shift 2
  state=$(mktemp -d)
  mkdir -p "$state"/{lists/partial,cache,etc/preferences.d,etc/sources.list.d} "$debs/partial"
  # apt locks the folder of dpkg's status, and two may be built from one root at the same time.
  cp "$root/var/lib/dpkg/status" "$state/status"
  cp "$root/var/lib/apt/extended_states" "$state/extended_states" 2>/dev/null || true
  while [ "$1" != -- ]; do
    printf '%s\n' "$1" >>"$state/etc/sources.list"
    shift
  done
  shift
  local options=(
    -o Dir::State::status="$state/status"
    -o Dir::State::extended_states="$state/extended_states"
    -o Dir::State::lists="$state/lists"
    -o Dir::Cache="$state/cache"
    -o Dir::Cache::archives="$debs"
    -o Dir::Etc::sourcelist="$state/etc/sources.list"
    -o Dir::Etc::sourceparts="$state/etc/sources.list.d"
    -o Dir::Etc::preferencesparts="$state/etc/preferences.d"
    -o Dir::Etc::trustedparts="$root/etc/apt/trusted.gpg.d"
    -o Acquire::Check-Valid-Until=false
    -o Acquire::Check-Date=false
    -o Acquire::Languages=none
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o APT::Sandbox::User=root
    -o APT::Install-Recommends=false
  )
  apt-get -q "${options[@]}" update
  apt-get -q -y "${options[@]}" --download-only "$@"
  rm -rf "$debs/partial" "$debs/lock" "$state"
}

# real_security CODENAME RELEASE SUITE: fills $OUT with a flat repository of the security updates
# for the packages of the base CODENAME: Release and Packages, and the packages in pool/.
real_security() {
  apt_download "$(artifact_path "bases/$1")/bare" "$OUT/pool" \
    "deb $(debian_mirror Debian) $1 main" "deb $(debian_mirror Debian-Security) $1-security main" -- upgrade
  (
    cd "$OUT" || exit
    # apt writes the colon of an epoch as %3a; a web server would look for a colon.
    local deb
    for deb in pool/*%3a*; do
      [ ! -e "$deb" ] || mv "$deb" "${deb%%_*}_${deb#*%3a}"
    done
    dpkg-scanpackages --multiversion . >Packages
    gzip -9nk Packages
    apt-ftparchive -o APT::FTPArchive::Release::Origin=Debian -o APT::FTPArchive::Release::Label=Debian-Security \
      -o APT::FTPArchive::Release::Suite="$3" -o APT::FTPArchive::Release::Codename="$1-security" \
      -o APT::FTPArchive::Release::Version="$2" release . >Release.new
    mv Release.new Release
  )
}
