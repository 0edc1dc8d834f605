# apt: what a transaction would come to, with removals, which the job itself never allows.
# shellcheck shell=sh

apt_run() {
  # shellcheck disable=SC2046
  apt-get -y -q -o APT::Get::Show-User-Simulation-Note=false --no-install-recommends $(apt_back) "$@" install $(plan_words)
}

installed_versions() {
  dpkg-query -W -f '${db:Status-Abbrev}|${Package}|${Version}\n' | sed -n 's/^.i *|//p'
}

files_of() {
  for package_name in "$@"; do
    for package_list in /var/lib/dpkg/info/"$package_name".list /var/lib/dpkg/info/"$package_name":*.list; do
      if [ -r "$package_list" ]; then echo "$package_list"; fi
    done
  done >"$work/lists"
  # shellcheck disable=SC2046
  awk '{
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/(:[^:]*)?\.list$/, "", name)
    print name "|" $0
  }' /dev/null $(cat "$work/lists")
}
