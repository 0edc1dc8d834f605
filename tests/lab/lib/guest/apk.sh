# shellcheck shell=sh
# What makes a host one that apk manages from the lab's repository alone; /tmp/build/lab.rsa.pub is its key.

guest_apk() {
  cp /tmp/build/lab.rsa.pub /etc/apk/keys/
  printf 'http://repo/%s\n' "$1" >/etc/apk/repositories
  apk update
  apk add pw-app pw-tool pw-newdep pw-conf pw-fail pw-held=1.0-r0
}
