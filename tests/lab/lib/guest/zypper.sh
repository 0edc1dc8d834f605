# shellcheck shell=sh
# What makes a host one that zypper manages: the lab's repository and its packages are all that rpm knows.

guest_zypper() {
  rm -rf /etc/zypp/repos.d
  mkdir -p /etc/zypp/repos.d
  printf '%s\n' '[lab]' 'name=patchwave lab' "baseurl=http://repo/$1/" enabled=1 autorefresh=1 type=rpm-md gpgcheck=0 \
    >/etc/zypp/repos.d/lab.repo
  zypper --non-interactive refresh
  zypper --non-interactive install pw-base pw-app pw-tool pw-held pw-newdep pw-conf pw-service pw-fail
  zypper --non-interactive addlock pw-held
}
