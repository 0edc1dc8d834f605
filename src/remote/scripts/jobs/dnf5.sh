# dnf 5: `replay` of exactly the plan.
# shellcheck shell=sh

dnf5_run() {
  if has dnf5; then dnf5 "$@"; else dnf "$@"; fi
}

dnf5_prepare() {
  mkdir -p "$work/replay" || return
  dnf5_run -q -C repoquery --installonly --qf 'installonly %{name}\n' >"$work/state" &&
    dnf5_run -q -C repoquery --installed --qf 'installed %{name}|%{arch}|%{epoch}:%{version}-%{release}|%{reason}|%{installsize}\n' >>"$work/state" || return
  dnf_write_replay "$work/replay/transaction.json" 5 <"$work/state" || return
  if dnf_has_optional || dnf_has_parallel "$work/state"; then
    FORCE_COLUMNS=500 dnf5_run --assumeno replay --ignore-extras "$work/replay" >"$work/out" 2>&1
    dnf_needed "$work/out" >>"$work/state"
    if dnf_has_parallel "$work/state"; then dnf_removals "$work/out" >>"$work/state"; fi
    dnf_write_replay "$work/replay/transaction.json" 5 <"$work/state"
  fi
}

package_cache() {
  dnf_cache system_cachedir /var/cache/libdnf5
}

dnf5_sizes() {
  # Words are NAME-EPOCH:VERSION-RELEASE.ARCHITECTURE.
  # shellcheck disable=SC2046
  dnf5_run -q -C repoquery --qf '%{name}|%{arch}|%{downloadsize}|%{installsize}|%{location}\n' $(dnf_wanted)
}

# dnf_table_steps FILE: of a table what would be done, as NAME|ARCHITECTURE|FROM|TO. What is installed beside an older
# version replaces none in the table; it is at the planned version when that is there. Removing older versions of it is
# no step: how many to keep is the setting of the host.
dnf_table_steps() {
  rpm -qa --qf '%{NAME}|%{ARCH}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' | sed 's/|0:/|/' >"$work/have"
  awk -v plan="$work/plan" -v have="$work/have" '
    function plain(version) { sub(/^0:/, "", version); return version }
    function flush() {
      if (name != "" && old == "" && (name "|" arch) in last) {
        old = last[name "|" arch]
        if ((name "|" arch "|" planned_from[name "|" arch]) in installed) old = planned_from[name "|" arch]
        beside[name "|" arch] = 1
      }
      if (name != "") print name "|" arch "|" old "|" to
      name = ""
    }
    BEGIN {
      while ((getline line < plan) > 0) { split(line, piece, "|"); planned_from[piece[2] "|" piece[3]] = piece[4] }
      while ((getline line < have) > 0) {
        split(line, piece, "|")
        last[piece[1] "|" piece[2]] = piece[3]
        installed[line] = 1
      }
    }
    /^[^ ]/ { flush(); part = $0; next }
    /^ +replacing / {
      if ($2 == name) old = plain($4); else print $2 "|" $3 "|" plain($4) "|nothing"
      next
    }
    /^ [^ ]/ && NF >= 4 && part ~ /^Removing/ { flush(); dropped[++drops] = $1 "|" $2 "|" plain($3); next }
    /^ [^ ]/ && NF >= 4 && part ~ /^(Installing|Upgrading|Downgrading|Reinstalling)/ {
      flush()
      name = $1; arch = $2; to = plain($3); old = ""
    }
    END {
      flush()
      for (i = 1; i <= drops; i++) {
        split(dropped[i], piece, "|")
        if (!((piece[1] "|" piece[2]) in beside)) print dropped[i] "|nothing"
      }
    }' "$1"
}

# Nothing that is on the host alone can be replayed.
dnf5_install_hosted() {
  dnf_hosted_check dnf5_run || return
  # shellcheck disable=SC2046
  again_while_locked 'Failed to obtain .*lock|already locked by|Waiting for .*lock' \
    dnf5_run $(dnf_key_options) $(dnf_local_check) -C -y install $(plan_words) || return
  # shellcheck disable=SC2046
  set -- $(dnf_new_dependencies)
  if [ "$#" -gt 0 ]; then dnf5_run -q -C -y mark dependency "$@" >/dev/null; fi
}

dnf5_fetch_hosted() {
  # shellcheck disable=SC2046
  again_while_locked 'Failed to obtain .*lock|already locked by|Waiting for .*lock' \
    dnf5_run $(dnf_key_options) -y install --downloadonly $(plan_words)
}

# The installed versions, into the cache. Words are NAME-VERSION.ARCHITECTURE.
fetch_versions() {
  sed 's/^\([^|]*\)|\([^|]*\)|\(.*\)$/\1-\3.\2/' >"$work/fetch.words"
  # shellcheck disable=SC2046
  again_while_locked 'Failed to obtain .*lock|already locked by|Waiting for .*lock' \
    dnf5_run $(dnf_key_options) -y reinstall --downloadonly $(cat "$work/fetch.words")
}

# Nothing of it needs the lock of the rpm database.
space() {
  # rpm compares again before it installs.
  if is_hosted; then
    check_hosted_signatures
    return
  fi
  dnf5_prepare && dnf5_sizes >"$work/sizes" || return
  { dnf_needs <"$work/sizes" && kernel_space whole; } | space_check
}

# `replay` cannot stop after the download, so the same packages are named.
download() {
  if is_hosted; then
    dnf5_fetch_hosted
    return
  fi
  # shellcheck disable=SC2046
  again_while_locked 'Failed to obtain .*lock|already locked by|Waiting for .*lock' \
    dnf5_run $(dnf_key_options) -y install --downloadonly $(dnf_wanted)
}

# -C: nothing is fetched any more, neither packages nor newer metadata that might not know the plan.
transaction() {
  transaction_log=$(($(wc -c <"$work/log") + 1))
  if is_hosted; then
    dnf5_install_hosted || { dnf_key_failure "$transaction_log" "$?" || return; }
    dnf_scriptlet_failure "$transaction_log"
    return
  fi
  # shellcheck disable=SC2046
  again_while_locked 'Failed to obtain .*lock|already locked by|Waiting for .*lock' \
    dnf5_run $(dnf_key_options) -C -y replay "$work/replay" || { dnf_key_failure "$transaction_log" "$?" || return; }
  dnf_scriptlet_failure "$transaction_log"
}

# The answer to its question is no: that is exit code 1 as well.
# shellcheck disable=SC2317
simulate() {
  if ! is_root; then return 77; fi
  begin_wait && await_lock || return
  dnf5_prepare || return
  # Columns must not be cut.
  FORCE_COLUMNS=500 dnf5_run --assumeno replay "$work/replay" >"$work/out" 2>&1
  simulate_code=$?
  cat "$work/out"
  if [ "$simulate_code" = 1 ] && grep -q '^Operation aborted' "$work/out"; then return 0; fi
  return "$simulate_code"
}
