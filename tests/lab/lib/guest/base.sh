# shellcheck shell=sh
# What is done inside the hosts' root file systems; POSIX sh, because it also runs in Alpine.

# guest_users: root, admin (sudo without a password) and operator (sudo asks for the password
# "correct horse"). All of them log in with the instance's key.
guest_users() {
  for user in admin operator; do
    grep -q "^$user:" /etc/group || groupadd "$user" 2>/dev/null || addgroup "$user"
    if command -v useradd >/dev/null; then
      useradd --create-home --shell /bin/bash --gid "$user" "$user"
    else
      adduser -D -s /bin/sh -G "$user" "$user"
    fi
    printf '%s:correct horse\n' "$user" | chpasswd
  done
  mkdir -p /etc/sudoers.d
  printf 'admin ALL=(ALL) NOPASSWD: ALL\noperator ALL=(ALL) ALL\n' >/etc/sudoers.d/lab
  chmod 0440 /etc/sudoers.d/lab
}

# guest_sshd: one host key, made when the host comes up.
guest_sshd() {
  rm -f /etc/ssh/ssh_host_*
  mkdir -p /etc/ssh/sshd_config.d
  printf 'HostKey /etc/ssh/ssh_host_ed25519_key\n' >/etc/ssh/sshd_config.d/lab.conf
}

# guest_quiet: nothing runs by its own clock, and nothing waits for hardware.
guest_quiet() {
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    e2scrub_all.timer e2scrub_reap.service systemd-networkd.service systemd-resolved.service \
    systemd-timesyncd.service systemd-network-generator.service getty.target console-getty.service \
    systemd-firstboot.service ldconfig.service systemd-journal-catalog-update.service \
    systemd-update-done.service systemd-hwdb-update.service dnf-makecache.timer \
    dev-hugepages.mount sys-fs-fuse-connections.mount; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
  done
  systemctl set-default multi-user.target
  # pam_env reads it at every login.
  : >>/etc/default/locale
  rm -f /etc/machine-id /var/lib/dbus/machine-id
  : >/etc/machine-id
}

# guest_base: all of that, on a fresh base with systemd.
guest_base() {
  guest_users
  guest_sshd
  guest_quiet
}
