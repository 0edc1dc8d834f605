# shellcheck shell=sh
# What makes a host one that dnf 4 manages: the lab's repository and its packages are all that rpm knows.

guest_dnf4() {
  rm -rf /etc/yum.repos.d /etc/dnf/dnf.conf
  mkdir -p /etc/yum.repos.d
  # As Enterprise Linux has it.
  printf '%s\n' '[main]' gpgcheck=1 installonly_limit=3 clean_requirements_on_remove=True best=True \
    skip_if_unavailable=False >/etc/dnf/dnf.conf
  printf '%s\n' '[lab]' 'name=patchwave lab' "baseurl=http://repo/$1/" enabled=1 gpgcheck=0 >/etc/yum.repos.d/lab.repo
  ln -sf dnf-3 /usr/bin/yum
  # Debian's own habit of keeping every package in a repository of its own.
  printf '[main]\nenabled = false\n' >/etc/dnf/plugins/local.conf
  dnf -y install pw-base pw-app pw-tool pw-held pw-newdep pw-conf pw-service pw-fail
  dnf versionlock add pw-held
  dnf makecache
}
