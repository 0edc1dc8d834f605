# dnf 4: `history replay` of exactly the plan.
# shellcheck shell=sh

dnf4_run() {
  if has dnf; then dnf --setopt=exit_on_lock=True "$@"; else yum --setopt=exit_on_lock=True "$@"; fi
}

dnf4_prepare() {
  dnf4_run -q -C repoquery --installonly --qf 'installonly %{name}' >"$work/state" &&
    dnf4_run -q -C repoquery --installed --qf 'installed %{name}|%{arch}|%{epoch}:%{version}-%{release}|%{reason}|%{installsize}' >>"$work/state" || return
  dnf_write_replay "$work/replay.json" 4 <"$work/state" || return
  if dnf_has_optional || dnf_has_parallel "$work/state"; then
    dnf4_run --assumeno history replay --ignore-extras "$work/replay.json" >"$work/out" 2>&1
    dnf_needed "$work/out" >>"$work/state"
    if dnf_has_parallel "$work/state"; then dnf_removals "$work/out" >>"$work/state"; fi
    dnf_write_replay "$work/replay.json" 4 <"$work/state"
  fi
}

package_cache() {
  dnf_cache cachedir /var/cache/dnf
}

# dnf 4 does not say what a package's file is called; by convention it is the package's full name.
dnf4_sizes() {
  # Words are NAME-EPOCH:VERSION-RELEASE.ARCHITECTURE.
  # shellcheck disable=SC2046
  dnf4_run -q -C repoquery --qf '%{name}|%{arch}|%{size}|%{installsize}|%{name}-%{version}-%{release}.%{arch}.rpm' $(dnf_wanted)
}

# dnf_table_steps FILE: of a table what would be done, as NAME|ARCHITECTURE|FROM|TO.
dnf_table_steps() {
  rpm_steps "$1" yum
}

# Nothing that is on the host alone can be replayed.
dnf4_install_hosted() {
  dnf_hosted_check dnf4_run || return
  # shellcheck disable=SC2046
  again_while_locked 'already locked by' \
    dnf4_run $(dnf_key_options) $(dnf_local_check) -C -y install $(plan_words) || return
  # shellcheck disable=SC2046
  set -- $(dnf_new_dependencies)
  if [ "$#" -gt 0 ]; then dnf4_run -q -C -y mark remove "$@" >/dev/null; fi
}

dnf4_fetch_hosted() {
  # shellcheck disable=SC2046
  again_while_locked 'already locked by' \
    dnf4_run $(dnf_key_options) -y install --downloadonly $(plan_words)
}

# The installed versions, into the cache. Words are NAME-VERSION.ARCHITECTURE.
fetch_versions() {
  sed 's/^\([^|]*\)|\([^|]*\)|\(.*\)$/\1-\3.\2/' >"$work/fetch.words"
  # shellcheck disable=SC2046
  again_while_locked 'already locked by' \
    dnf4_run $(dnf_key_options) -y reinstall --downloadonly $(cat "$work/fetch.words")
}

# Nothing of it needs the lock of the rpm database.
space() {
  # rpm compares again before it installs.
  if is_hosted; then
    check_hosted_signatures
    return
  fi
  dnf4_prepare && dnf4_sizes >"$work/sizes" || return
  { dnf_needs <"$work/sizes" && kernel_space whole; } | space_check
}

download() {
  if is_hosted; then
    dnf4_fetch_hosted
    return
  fi
  download_log=$(($(wc -c <"$work/log") + 1))
  # shellcheck disable=SC2046
  again_while_locked 'already locked by' dnf4_run $(dnf_key_options) -y --downloadonly history replay "$work/replay.json" ||
    dnf_key_failure "$download_log" "$?"
}

# -C: nothing is fetched any more, neither packages nor newer metadata that might not know the plan.
transaction() {
  transaction_log=$(($(wc -c <"$work/log") + 1))
  if is_hosted; then
    dnf4_install_hosted || { dnf_key_failure "$transaction_log" "$?" || return; }
    dnf_scriptlet_failure "$transaction_log"
    return
  fi
  # shellcheck disable=SC2046
  again_while_locked 'already locked by' dnf4_run $(dnf_key_options) -C -y history replay "$work/replay.json" ||
    { dnf_key_failure "$transaction_log" "$?" || return; }
  dnf_scriptlet_failure "$transaction_log"
}

# The answer to its question is no: that is exit code 1 as well.
# shellcheck disable=SC2317
simulate() {
  if ! is_root; then return 77; fi
  begin_wait && await_lock || return
  dnf4_prepare || return
  dnf4_run --assumeno history replay "$work/replay.json" >"$work/out" 2>&1
  simulate_code=$?
  cat "$work/out"
  if [ "$simulate_code" = 1 ] && grep -q '^Operation aborted' "$work/out"; then return 0; fi
  return "$simulate_code"
}
