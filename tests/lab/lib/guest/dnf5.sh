# shellcheck shell=sh
# What makes a host one that dnf 5 manages: the lab's repository and its packages are all that rpm knows.

guest_dnf5() {
  rm -rf /etc/yum.repos.d
  mkdir -p /etc/yum.repos.d
  printf '%s\n' '[lab]' 'name=patchwave lab' "baseurl=http://repo/$1/" enabled=1 gpgcheck=0 >/etc/yum.repos.d/lab.repo
  ln -sf dnf5 /usr/bin/dnf
  ln -sf dnf5 /usr/bin/yum
  # Debian's own habit of keeping every package in a repository of its own.
  printf '[main]\nname = local\nenabled = false\n' >/etc/dnf/libdnf5-plugins/local.conf
  dnf5 -y install pw-base pw-app pw-tool pw-held pw-newdep pw-conf pw-service pw-fail
  dnf5 -y versionlock add pw-held
  dnf5 makecache
}
