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
