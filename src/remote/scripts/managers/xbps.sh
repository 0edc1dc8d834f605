# xbps: Void Linux. Without root the repositories' indexes are read into memory, and nothing is written.
# shellcheck shell=sh

xbps_refresh() {
  if is_root; then
    limited 240 xbps-install -S
  else
    # The indexes are kept nowhere, so what this prints is the simulation.
    xbps_plan=$(limited 240 xbps-install -M -u -n)
    xbps_code=$?
    xbps_simulated=yes
    return "$xbps_code"
  fi
}

# `NAME-VERSION ACTION ARCHITECTURE REPOSITORY INSTALLED-BYTES DOWNLOAD-BYTES` for each step.
xbps_simulation() {
  if [ "$xbps_simulated" = no ]; then
    xbps_plan=$(xbps-install -u -n)
    xbps_code=$?
  fi
  printf '%s\n' "$xbps_plan"
  return "$xbps_code"
}

xbps_repositories() {
  if [ "$xbps_simulated" = yes ]; then xbps-query -M -L; else xbps-query -L; fi
}

# `STATE NAME-VERSION`: `ii` is installed, anything else is half of it.
xbps_present() {
  xbps-query -l | awk 'NF > 1 { print $1, $2 }'
}

# `NAME PATTERN` for what the planned packages replace; asked only when something would go.
xbps_replaced() {
  if ! printf '%s\n' "$xbps_plan" | awk '$2 == "remove" { found = 1 } END { exit !found }'; then return 0; fi
  printf '%s\n' "$xbps_plan" | awk '$2 == "update" || $2 == "install" { sub(/-[^-]*$/, "", $1); print $1 }' |
    while read -r xbps_name; do
      xbps-query -R -p replaces "$xbps_name" 2>/dev/null | sed "s/^/$xbps_name /"
    done
}

xbps_installed() {
  xbps_architecture=$(xbps-uhelper arch)
  xbps-query -l | awk -v arch="$xbps_architecture" '
    $1 == "ii" || $1 == "uu" {
      name = $2
      sub(/-[^-]*$/, "", name)
      print name "|" arch "|" substr($2, length(name) + 2)
    }'
}

xbps_is_due() {
  refresh_is_due anyone /var/db/xbps/*/*-repodata
}

xbps_probe() {
  xbps_simulated=no
  if xbps_is_due; then
    section refresh xbps_refresh
  fi
  section simulation xbps_simulation
  section repositories xbps_repositories
  section present xbps_present
  section holds xbps-query -H
  section replaced xbps_replaced
}
