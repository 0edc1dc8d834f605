# Package files that are kept on the host, apart from the caches of managers, which forget: what was downloaded for a
# plan, and what is installed now and will be replaced. `index` there has a line for each:
# NAME|ARCHITECTURE|VERSION|SIZE|SHA256|REPOSITORY|FILE
#
# What must stay true: a file gets there from the manager alone, which has checked it by its own rules; and it is
# installed only as long as its checksum is the recorded one.
#
# The file of a manager defines `offers_of NAME...` and
#   cached_packages NAME...   NAME|ARCHITECTURE or *|VERSION|REPOSITORY|FILE of what is in its cache, or was fetched;
#   fetch_versions            reads NAME|ARCHITECTURE|VERSION and fetches them, whether installed or not.
# shellcheck shell=sh

store=/var/lib/patchwave/packages
# Days that a file is kept.
store_days=90
# Most bytes that older files may take; what was kept last stays.
store_most=4294967296

# offers_of NAME...: NAME|ARCHITECTURE|VERSION|REPOSITORY|SIZE of what the repositories have. What is not known is empty.
# shellcheck disable=SC2317
offers_of() {
  return 69
}

# shellcheck disable=SC2317
cached_packages() {
  return 0
}

# shellcheck disable=SC2317
fetch_versions() {
  return 0
}

checksum_of() {
  sha256sum "$1" 2>/dev/null | cut -d ' ' -f 1
}

# A file that nobody but root can write may be shared with the cache; any other is copied.
store_file() {
  if [ -n "$(find "$1" -prune -user root ! -perm -020 ! -perm -002 2>/dev/null)" ] && ln -f "$1" "$2" 2>/dev/null; then
    return 0
  fi
  cp "$1" "$2" && chmod 600 "$2"
}

# keep_package NAME ARCHITECTURE VERSION REPOSITORY FILE
keep_package() {
  mkdir -p "$store" && chmod 700 "${store%/*}" "$store" || return
  store_suffix=${5##*/}
  case $store_suffix in
    *.pkg.tar.*) store_suffix=pkg.tar.${store_suffix##*.} ;;
    *) store_suffix=${store_suffix##*.} ;;
  esac
  # An epoch is no part of the version behind it.
  store_name=$(printf '%s_%s_%s' "$1" "$3" "$2" | sed 's/:/~3a/g' | tr -c 'A-Za-z0-9._+~-' '-').$store_suffix
  store_file "$5" "$store/$store_name.new" && mv -f "$store/$store_name.new" "$store/$store_name" || return
  # A link onto itself leaves the other name where it was.
  rm -f "$store/$store_name.new"
  store_sum=$(checksum_of "$store/$store_name")
  if [ -z "$store_sum" ]; then return 1; fi
  touch "$store/index" && awk -F '|' -v key="$1|$2|$3" '$1 "|" $2 "|" $3 != key' "$store/index" >"$store/index.new" &&
    printf '%s|%s|%s|%s|%s|%s|%s\n' "$1" "$2" "$3" "$(($(wc -c <"$store/$store_name")))" "$store_sum" "$4" "$store_name" \
      >>"$store/index.new" && mv -f "$store/index.new" "$store/index"
}

# What is too old goes, what would be too much, and what the index does not know.
prune_store() {
  if [ ! -s "$store/index" ]; then return 0; fi
  find "$store" -type f -ctime "+$store_days" ! -name index -exec rm -f {} + 2>/dev/null
  awk -F '|' -v most="$store_most" '
    { size[NR] = $4; file[NR] = $7 }
    END { for (i = NR; i > 0; i--) { bytes += size[i]; if (bytes > most) print file[i] } }' "$store/index" |
    while read -r store_kept; do rm -f "$store/$store_kept"; done
  while IFS='|' read -r store_name store_arch store_version store_size store_sum store_repository store_kept; do
    if [ -f "$store/$store_kept" ]; then
      printf '%s|%s|%s|%s|%s|%s|%s\n' "$store_name" "$store_arch" "$store_version" "$store_size" "$store_sum" \
        "$store_repository" "$store_kept"
    fi
  done <"$store/index" >"$store/index.new" && mv -f "$store/index.new" "$store/index"
}

# kept_packages NAME...: NAME|ARCHITECTURE|VERSION||SIZE of what is kept and is what it was.
kept_packages() {
  if [ ! -s "$store/index" ]; then return 0; fi
  printf '%s\n' "$@" >"$work/kept.names"
  awk -F '|' -v names="$work/kept.names" -v store="$store" '
    BEGIN { while ((getline line < names) > 0) asked[line] = 1 }
    $1 in asked { print $1 "|" $2 "|" $3 "|" $5 "|" $4 "|" store "/" $7 }' "$store/index" |
    while IFS='|' read -r kept_name kept_arch kept_version kept_sum kept_size kept_path; do
      if [ "$(checksum_of "$kept_path")" = "$kept_sum" ]; then printf '%s|%s|%s||%s\n' "$kept_name" "$kept_arch" "$kept_version" "$kept_size"; fi
    done
}

# keep_cached FILE: of the lines NAME|ARCHITECTURE|VERSION in FILE keeps what is in the cache, and leaves those lines
# in FILE that are in no cache.
keep_cached() {
  # Names have been checked by the controller; none holds a blank or a glob.
  # shellcheck disable=SC2046
  set -- "$1" $(cut -d '|' -f 1 "$1" | sort -u)
  store_wanted=$1
  shift
  if [ "$#" = 0 ]; then return 0; fi
  cached_packages "$@" >"$work/cached.packages" || :
  kept_packages "$@" >"$work/kept.now"
  awk -F '|' -v cached="$work/cached.packages" -v kept="$work/kept.now" '
    BEGIN {
      while ((getline line < kept) > 0) { split(line, part, "|"); there[part[1] "|" part[2] "|" part[3]] = 1 }
      while ((getline line < cached) > 0) {
        split(line, part, "|")
        found[part[1] "|" part[2] "|" part[3]] = part[4] "|" part[5]
      }
    }
    {
      if ($1 "|" $2 "|" $3 in there) { print "kept|" $0 "||"; next }
      # Where the file name has no architecture one must do.
      if ($1 "|" $2 "|" $3 in found) print "found|" $0 "|" found[$1 "|" $2 "|" $3]
      else if ($1 "|*|" $3 in found) print "found|" $0 "|" found[$1 "|*|" $3]
      else print "missing|" $0 "||"
    }' "$store_wanted" >"$work/keep"
  : >"$store_wanted"
  while IFS='|' read -r keep_state keep_name keep_arch keep_version keep_repository keep_file; do
    if [ "$keep_state" = found ] &&
      ! keep_package "$keep_name" "$keep_arch" "$keep_version" "$keep_repository" "$keep_file"; then
      keep_state=missing
    fi
    if [ "$keep_state" = missing ]; then
      printf '%s|%s|%s\n' "$keep_name" "$keep_arch" "$keep_version" >>"$store_wanted"
    fi
  done <"$work/keep"
}

# What was downloaded for the plan survives until it is installed, whatever becomes of the repository.
keep_planned() {
  prune_store
  awk -F '|' '$5 != "" && $5 != "nothing" { print $2 "|" $3 "|" $5 }' "$work/plan" >"$work/planned.files"
  keep_cached "$work/planned.files"
}

# What will be fetched, in the cache or beside it, and in the store where it cannot be shared.
store_needs() {
  awk -F '|' -v offered="$work/offered" -v store="$store" -v cache="$(package_cache)" '
    BEGIN { while ((getline line < offered) > 0) { split(line, part, "|"); size[part[1] "|" part[2] "|" part[3]] = size[part[1] "|*|" part[3]] = part[5] } }
    { bytes += size[$1 "|" $2 "|" $3] }
    END {
      printf "%s %.0f %d\n", store, bytes, NR
      if (cache != "") printf "%s %.0f %d\n", cache, bytes, NR
    }' "$work/fetch"
}

# Puts the installed versions of what is planned into the store, and says of which there is no file left anywhere.
secure() {
  prune_store
  awk -F '|' '$4 != "" && $5 != "nothing" { print $2 "|" $3 "|" $4 }' "$work/plan" | sort -u >"$work/secure"
  cp "$work/secure" "$work/secure.all"
  keep_cached "$work/secure" || return
  if [ -s "$work/secure" ]; then
    # shellcheck disable=SC2046
    offers_of $(cut -d '|' -f 1 "$work/secure" | sort -u) >"$work/offered" || :
    awk -F '|' -v offered="$work/offered" '
      BEGIN { while ((getline line < offered) > 0) { split(line, part, "|"); on[part[1] "|" part[2] "|" part[3]] = on[part[1] "|*|" part[3]] = 1 } }
      ($1 "|" $2 "|" $3) in on' "$work/secure" >"$work/fetch"
    if [ -s "$work/fetch" ]; then
      store_needs | space_check || return
      fetch_versions <"$work/fetch" || echo 'not everything that is on offer could be fetched'
      keep_cached "$work/secure" || return
    fi
  fi
  awk -F '|' -v missing="$work/secure" '
    BEGIN { while ((getline line < missing) > 0) gone[line] = 1 }
    { print "patchwave: " ($0 in gone ? "not secured" : "secured") ": " $1 " " $2 " " $3 }' "$work/secure.all"
}

# What the plan goes back to and the manager still has in its cache: NAME|ARCHITECTURE|VERSION|SIZE|SHA256|REPOSITORY|PATH.
find_cached_back() {
  awk -F '|' '$7 == "back" { print $2 "|" $3 "|" $5 }' "$work/plan" >"$work/back"
  if [ ! -s "$work/back" ]; then return 0; fi
  # Names have been checked by the controller; none holds a blank or a glob.
  # shellcheck disable=SC2046
  cached_packages $(cut -d '|' -f 1 "$work/back" | sort -u) >"$work/cached.back" || :
  while IFS='|' read -r back_name back_arch back_version back_repository back_file; do
    awk -F '|' -v name="$back_name" -v arch="$back_arch" -v version="$back_version" '
      $1 == name && $3 == version && (arch == "*" || $2 == arch) { print }' "$work/back" |
      while read -r back_key; do
        printf '%s|%s|%s|%s|%s\n' "$back_key" "$(($(wc -c <"$back_file")))" "$(checksum_of "$back_file")" "$back_repository" "$back_file"
      done
  done <"$work/cached.back"
}

# Which planned versions are in no repository any more, and are in the store, or on a way back in the manager's cache:
# WORD|PATH|NAME|ARCHITECTURE|VERSION|REPOSITORY.
# shellcheck disable=SC2317
find_hosted() {
  rm -f "$work/hosted"
  find_cached_back >"$work/kept.index"
  # What was kept comes later in the list, and wins.
  if [ -s "$store/index" ]; then
    awk -F '|' -v OFS='|' -v store="$store" '{ $7 = store "/" $7; print }' "$store/index" >>"$work/kept.index"
  fi
  if [ ! -s "$work/kept.index" ]; then return 0; fi
  awk -F '|' -v index_file="$work/kept.index" '
    BEGIN {
      while ((getline line < index_file) > 0) {
        split(line, part, "|")
        kept[part[1] "|" part[2] "|" part[3]] = part[7] "|" part[6] "|" part[5]
      }
    }
    $1 != "" && ($2 "|" $3 "|" $5) in kept {
      split(kept[$2 "|" $3 "|" $5], part, "|")
      print $1 "|" part[1] "|" $2 "|" $3 "|" $5 "|" part[2] "|" part[3]
    }' "$work/plan" >"$work/kept.planned"
  if [ ! -s "$work/kept.planned" ]; then return 0; fi
  # What cannot be asked is left to the manager.
  # shellcheck disable=SC2046
  offers_of $(cut -d '|' -f 3 "$work/kept.planned" | sort -u) >"$work/offered" || return 0
  awk -F '|' -v offered="$work/offered" '
    BEGIN { while ((getline line < offered) > 0) { split(line, part, "|"); on[part[1] "|" part[2] "|" part[3]] = on[part[1] "|*|" part[3]] = 1 } }
    !(($3 "|" $4 "|" $5) in on)' "$work/kept.planned" >"$work/vanished"
  while IFS='|' read -r hosted_word hosted_path hosted_name hosted_arch hosted_version hosted_repository hosted_sum; do
    if [ ! -f "$hosted_path" ]; then continue; fi
    if [ "$(checksum_of "$hosted_path")" != "$hosted_sum" ]; then
      echo "$hosted_path is not what was kept and is left alone: its checksum is another one"
      # A question changes nothing.
      if [ -n "${job_step:-}" ]; then rm -f "$hosted_path"; fi
      continue
    fi
    echo "$hosted_name $hosted_version is in no repository any more and is taken from ${hosted_path%/*}"
    printf '%s|%s|%s|%s|%s|%s\n' "$hosted_word" "$hosted_path" "$hosted_name" "$hosted_arch" "$hosted_version" \
      "$hosted_repository" >>"$work/hosted"
  done <"$work/vanished"
}

is_hosted() {
  [ -s "$work/hosted" ]
}
