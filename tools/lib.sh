# What the scripts of this folder share; sourced by them, with `set -euo pipefail` in force.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$repository/build

# Wine's server needs about ten descriptors a worker, and the usual 1024 end at 80 workers.
ulimit -n "$(ulimit -Hn)" 2>/dev/null || ulimit -n 20000 2>/dev/null || true

# The project's own Wine: 64-bit, no display, no debugger window, no Mono or Gecko to install.
export WINEPREFIX=$build/wine WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all} DISPLAY=
export WINEDLLOVERRIDES="mscoree,mshtml,winedbg.exe="

# say WORD...: a headline, so that a long run shows where it is.
say() {
    printf '== %s\n' "$*"
}

# die WORD...: ends the script and says why.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# as_root COMMAND...: runs it as root, through sudo where we are someone else.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo: $*"
    fi
}

# keep_wineserver: one that stays saves each program half a second. It says 2 if one runs already,
# which another script or a person may have left. What it prints when it is ended early is kept apart.
keep_wineserver() {
    wineserver -p 2>>"$build/wineserver.log" || [ "$?" -eq 2 ]
}

# fetch_npm PACKAGE@VERSION SHA512 NAME TAR_OPTION...: unpacks what TAR_OPTIONs choose of an npm package
# into build/NAME, from wherever this machine's npm gets its packages. Nothing happens when it is there.
# npm compares what came with what the registry says of it, and we with what it was when the script was
# written. npm's cache stays in there: a machine's user may have no home.
fetch_npm() {
    local package=$1 sha512=$2 folder=$build/$3 log=$build/$3.log recipe archive
    recipe=$(sha256sum <"$0")
    shift 3
    [ ! -f "$folder/.fetched" ] || [ "$(cat "$folder/.fetched")" != "$recipe" ] || return 0
    say "fetching $package"
    command -v npm >/dev/null || die "there is no npm; tools/setup installs it"
    rm -rf "$folder"
    mkdir -p "$folder/fetch"
    fetch() {
        (cd "$folder/fetch" && timeout -k 10 300 npm pack "$package" --ignore-scripts --no-audit \
            --no-update-notifier --fetch-retries 1 --cache "$folder/fetch/cache")
    }
    fetch >"$log" 2>&1 || fetch >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "npm could not fetch $package, see $log"
    }
    archive=$(find "$folder/fetch" -maxdepth 1 -name '*.tgz')
    echo "$sha512  $archive" | sha512sum --check --quiet || die "$package is not what it was"
    tar -xzf "$archive" -C "$folder" "$@"
    rm -rf "$folder/fetch"
    printf '%s\n' "$recipe" >"$folder/.fetched"
}
