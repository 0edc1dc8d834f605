# shellcheck shell=bash
# `lab fault`: a second repository of a host that fails in one way. The host's own repository stays as it is.
# What it holds, where it can be read at all, is what the state `newest` does: newer than anything else.

# fault_url KIND HOST: where the host looks for it: apt gives up all ports of a name together, so it is another
# name than that of the host's own repository.
fault_url() {
  case $1 in
    denied) printf 'http://fault:8403/' ;;
    refused) printf 'http://fault:8499/' ;;
    timeout) printf 'http://fault:8408/' ;;
    dns) printf 'http://fault.example.invalid/' ;;
    tls) printf 'https://fault:8443/' ;;
    *) printf 'http://fault/%s-fault/' "$2" ;;
  esac
}

# fault_known MANAGER KIND: whether this manager can have this fault.
fault_known() {
  case $2 in
    not-found | denied | refused | timeout | dns | tls | missing-file | key-missing) return 0 ;;
    key-expired) [ "$1" != apk ] ;;
    expired | not-yet | changed) [ "$1" = apt ] ;;
    *) return 1 ;;
  esac
}

# fault_serve DIR: the web servers that fail, once for the instance, also where several ask at once.
fault_serve() {
  (
    flock -w 60 7 || die "$1/fault.lock is held"
    fault_begin "$1"
  ) 7>"$1/fault.lock"
}

fault_begin() {
  local address name i
  ! process_alive "$1/fault.pid" >/dev/null || return 0
  address=$LAB_NET.$(<"$1/number").1
  for name in fault authority; do
    openssl req -batch -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
      -keyout "$1/$name.key" -out "$1/$name.crt" 2>/dev/null || die "openssl makes no certificate"
  done
  setsid "$LAB_SOURCE/lib/fault-server" "$address" "$1/fault.crt" "$1/fault.key" >"$1/fault.log" 2>&1 </dev/null \
    7>&- 8>&- 9>&- &
  process_record "$1/fault.pid" "$!"
  for ((i = 0; i < 250; i++)); do
    if (exec 3<>"/dev/tcp/$address/8443") 2>/dev/null; then return 0; fi
    sleep 0.02
  done
  die "the servers that fail do not start: $(tail -n 3 "$1/fault.log")"
}

# with_key FOLDER KIND FUNCTION...: runs FUNCTION, which may sign with the command "${SIGN[@]}". FOLDER gets key.asc:
# the key, or another one (key-missing), or the key as long as it had a date of expiry that is past (key-expired).
with_key() {
  local folder=$1 kind=$2 home id
  shift 2
  home=$(mktemp -d)
  SIGN=(gpg --quiet --batch --no-tty --yes --pinentry-mode loopback --passphrase '' --digest-algo SHA256 --homedir "$home")
  local old=("${SIGN[@]}" --faked-system-time)
  {
    "${old[@]}" 20250101T000000 --quick-generate-key 'patchwave lab <lab@example.invalid>' ed25519 sign never
    id=$("${SIGN[@]}" --list-keys --with-colons | sed -n 's/^fpr:::::::::\([^:]*\):$/\1/p')
    SIGN+=(--local-user "$id")
    "$@"
    case $kind in
      key-missing)
        "${SIGN[@]}" --quick-generate-key 'another key <other@example.invalid>' ed25519 sign never
        id=other@example.invalid
        ;;
      key-expired) "${old[@]}" 20250201T000000 --quick-set-expire "$id" 1d ;;
    esac
    "${SIGN[@]}" --armor --export-options export-minimal --export "$id" >"$folder/key.asc"
    gpgconf --homedir "$home" --kill all
  } 2>"$folder/key.log" || die "gpg failed: $(<"$folder/key.log")"
  rm -rf --one-file-system "$home" "$folder/key.log"
}

# fault_sign_apt FOLDER KIND: dates and signs the Release of a flat repository.
fault_sign_apt() {
  local dated=now until='7 days'
  case $2 in
    expired) dated='10 days ago' until='3 days ago' ;;
    not-yet) dated='7 days' until='14 days' ;;
    changed) sed -i -e 's/^Origin:.*/Origin: Somebody else/' -e 's/^Suite:.*/Suite: oldstable/' -e 's/^Codename:.*/Codename: other/' "$1/Release" ;;
  esac
  sed -i -e '/^Valid-Until:/d' -e "s/^Date:.*/Date: $(date -u -R -d "$dated")\nValid-Until: $(date -u -R -d "$until")/" "$1/Release"
  "${SIGN[@]}" --clearsign --output "$1/InRelease" "$1/Release"
}

fault_sign_file() {
  "${SIGN[@]}" --detach-sign "$@"
}

# fault_fill FOLDER MANAGER KIND HOST: the repository's files, signed as the kind wants it.
fault_fill() {
  local folder=$1 state=newest
  [ "$2/$3" != apk/key-missing ] || state=untrusted
  cp -r --no-preserve=timestamps "$folder/../../hosts/$4/states/$state/." "$folder"
  case $2 in
    apt)
      cp -r "$folder"/main/. "$folder"
      with_key "$folder" "$3" fault_sign_apt "$folder" "$3"
      ;;
    dnf4 | dnf5 | zypper) with_key "$folder" "$3" fault_sign_file --armor --output "$folder/repodata/repomd.xml.asc" "$folder/repodata/repomd.xml" ;;
    pacman)
      cp -L "$folder/lab.db" "$folder/fault.db"
      with_key "$folder" "$3" fault_sign_file --output "$folder/fault.db.sig" "$folder/fault.db"
      ;;
  esac
  [ "$3" != missing-file ] || find "$folder" -name 'pw-lib[-_]*' -delete
}

# fault_publish DIR HOST KIND: what http://fault/HOST-fault/ serves; a host that verifies gets the key.
fault_publish() {
  local folder=$1/www/$2-fault manager
  manager=$(host_field "$2" manager)
  rm -rf --one-file-system "$folder"
  mkdir "$folder"
  fault_fill "$folder" "$manager" "$3" "$2"
  # A web server tells changes by whole seconds.
  [ "$3" != changed ] || find "$folder" -type f -exec touch -d '5 seconds' {} +
  [ "$manager" = apk ] || (lab_exec "$1" "$2" sh -c 'cat >/etc/fault.asc' <"$folder/key.asc")
}

lab_fault() {
  arguments 3 'fault DIR HOST KIND' "$@"
  local dir host=$2 kind=$3 manager
  dir=$(target "$1" "$2")
  manager=$(host_field "$host" manager)
  [ "$kind" = none ] || fault_known "$manager" "$kind" || usage_error "$host cannot have the fault $kind"
  lab_exec_quiet "$dir" "$host" sh -c "$(fault_source_remove "$manager")"
  rm -rf --one-file-system "$dir/www/$host-fault"
  case $kind in
    none) return 0 ;;
    denied | timeout) fault_serve "$dir" ;;
    tls)
      fault_serve "$dir"
      # A host that knows no authority at all fails otherwise.
      (lab_exec "$dir" "$host" sh -c 'mkdir -p /etc/ssl/certs; [ -e /etc/ssl/certs/ca-certificates.crt ] || cat >/etc/ssl/certs/ca-certificates.crt' <"$dir/authority.crt")
      ;;
    refused | dns | not-found) ;;
    # To be changed it has to be read once as it was.
    *) fault_publish "$dir" "$host" "${kind/changed/before}" ;;
  esac
  lab_exec_quiet "$dir" "$host" sh -c "$(fault_source_add "$manager" "$kind" "$(fault_url "$kind" "$host")")"
  if [ "$kind" = key-expired ]; then
    lab_exec_quiet "$dir" "$host" sh -c "$(fault_key_trust "$manager")" >/dev/null 2>&1
  elif [ "$kind" = changed ]; then
    lab_exec_quiet "$dir" "$host" apt-get -q update >/dev/null
    fault_publish "$dir" "$host" changed
  fi
}
