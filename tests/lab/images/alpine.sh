# shellcheck shell=bash
# A real Alpine 3.23: musl, busybox, apk 3, OpenRC, no systemd.
# manager: apk
# os_id: alpine
# on: bases/alpine
# states: packages/apk alpine
# needs: bases/alpine packages/apk

guest_image() {
  guest_apk alpine
}

build_artifact() {
  cp "$(artifact_path packages/apk)/lab.rsa.pub" "$OUT/"
  build_image alpine
}
