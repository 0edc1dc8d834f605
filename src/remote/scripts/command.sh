# Runs the words that it is given, one a line, as one command.
# What must stay true: the words are never read by a shell again.

main() {
    export LC_ALL=C LANGUAGE= PAGER=cat
    PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
    IFS= read -r nonce || return 1
    set --
    while IFS= read -r word; do
        set -- "$@" "$word"
    done
    exec </dev/null
    printf '\n@@patchwave %s begin command\n' "$nonce"
    printf '\n@@patchwave %s begin command\n' "$nonce" >&2
    "$@"
    code=$?
    printf '\n@@patchwave %s end command %s\n' "$nonce" "$code"
    printf '\n@@patchwave %s end command %s\n' "$nonce" "$code" >&2
    printf '\n@@patchwave %s done\n' "$nonce"
    printf '\n@@patchwave %s done\n' "$nonce" >&2
}
