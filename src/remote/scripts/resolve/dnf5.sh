# dnf 5: a replay refuses what is not in it, so the same versions are asked for by their names.
# shellcheck shell=sh

# dnf5_steps FILE: of a table what would be done, as NAME|ARCHITECTURE|FROM|TO. Removing old kernels is not a step.
dnf5_steps() {
  awk '
    function plain(version) { sub(/^0:/, "", version); return version }
    function flush() {
      if (name != "") print name "|" arch "|" old "|" to
      name = ""
    }
    /^[^ ]/ { flush(); part = $0; next }
    /^ +replacing / {
      if ($2 == name) old = plain($4); else print $2 "|" $3 "|" plain($4) "|nothing"
      next
    }
    /^ [^ ]/ && NF >= 4 && part ~ /^Removing/ { flush(); print $1 "|" $2 "|" plain($3) "|nothing"; next }
    /^ [^ ]/ && NF >= 4 && part ~ /^(Installing|Upgrading|Downgrading|Reinstalling)/ {
      flush()
      name = $1; arch = $2; to = plain($3); old = ""
    }
    END { flush() }' "$1"
}

simulate() {
  if ! is_root; then return 77; fi
  begin_wait && await_lock || return
  # Columns must not be cut. Words are NAME-VERSION.ARCHITECTURE, checked by the controller.
  # shellcheck disable=SC2046
  FORCE_COLUMNS=500 dnf5_run -C --assumeno install $(plan_words) >"$work/out" 2>&1
  simulate_code=$?
  cat "$work/out"
  if [ "$simulate_code" != 0 ] && ! grep -q '^Operation aborted' "$work/out"; then return "$simulate_code"; fi
  dnf5_steps "$work/out" | compare_steps || return
  rpm_take_steps
}

offers_of() {
  dnf5_run -q -C repoquery --qf '%{name}|%{arch}|%{epoch}:%{version}-%{release}|%{repoid}|%{downloadsize}\n' "$@" |
    sed 's/|0:/|/'
}
