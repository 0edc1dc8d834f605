# brew: Homebrew on macOS. It refuses root, so what it is asked is asked as the owner of its folder. Only read from.
# shellcheck shell=sh

brew_program() {
  for brew_file in /opt/homebrew/bin/brew /usr/local/bin/brew; do
    if [ -x "$brew_file" ]; then echo "$brew_file" && return; fi
  done
  command -v brew
}

# brew_run ARGUMENT...: never more than asked for, no hints, no questions.
brew_run() {
  set -- HOMEBREW_NO_AUTO_UPDATE=1 HOMEBREW_NO_ENV_HINTS=1 HOMEBREW_NO_ANALYTICS=1 HOMEBREW_NO_COLOR=1 \
    HOMEBREW_NO_EMOJI=1 "$(brew_program)" "$@"
  if is_root; then
    sudo -n -H -u "$brew_owner" -- env PATH="$PATH" "$@"
  else
    env "$@"
  fi
}

brew_refresh() {
  brew_run update
}

brew_updates() {
  brew_run outdated --json=v2
}

# Lines `formula NAME VERSION...` and `cask NAME VERSION...`.
brew_versions() {
  brew_run list --formula --versions | sed 's/^/formula /'
  brew_run list --cask --versions 2>/dev/null | sed 's/^/cask /'
}

# brew keeps several versions of a formula side by side; the last is the one in use.
brew_installed() {
  brew_versions | awk 'NF > 2 { print $2 "|" $1 "|" $NF }'
}

brew_is_due() {
  brew_owner=$(stat -f %Su "$(brew_program)" 2>/dev/null || stat -c %U "$(brew_program)" 2>/dev/null)
  brew_folder=$(brew_run --repository 2>/dev/null)
  brew_cache=$(brew_run --cache 2>/dev/null)
  refresh_is_due anyone "$brew_folder/.git/FETCH_HEAD" "$brew_cache/api/formula.jws.json"
}

brew_probe() {
  if brew_is_due; then
    section refresh brew_refresh
  fi
  section updates brew_updates
}
