# shellcheck shell=sh
# What makes a host one that pacman manages.

guest_pacman() {
  printf '%s\n' '[options]' 'HoldPkg = pacman glibc' 'Architecture = x86_64' 'IgnorePkg = pw-held' \
    'SigLevel = Never' 'ParallelDownloads = 5' CheckSpace '' '[lab]' "Server = http://repo/$1" >/etc/pacman.conf
  pacman -Sy --noconfirm pw-app pw-tool pw-held pw-newdep pw-conf pw-service pw-fail
  rm -f /var/cache/pacman/pkg/*
}
