# A headless Chromium, driven over the DevTools protocol through two pipes (no port, no WebSocket):
# each message is JSON and a NUL. Sourced by the tests of this folder.
# shellcheck shell=bash

# browser_open FOLDER: starts it, and attaches to a page.
browser_open() {
    local folder=$1
    mkfifo "$folder/to-browser" "$folder/from-browser"
    # Root may not use the sandbox, and containers seldom have its namespaces; it loads our page only.
    HOME=$folder XDG_CONFIG_HOME=$folder XDG_CACHE_HOME=$folder chromium --headless=new --no-sandbox \
        --disable-gpu --disable-dev-shm-usage --disable-extensions --no-first-run \
        --disable-background-networking --disable-component-update --hide-scrollbars \
        --user-data-dir="$folder/profile" --remote-debugging-pipe about:blank \
        3<"$folder/to-browser" 4>"$folder/from-browser" >"$folder/browser.log" 2>&1 \
        5>&- 6>&- &
    browser_pid=$!
    exec 8>"$folder/to-browser" 9<"$folder/from-browser"
    browser_id=0
    browser_session=
    local target
    browser_call Target.createTarget '{"url":"about:blank"}'
    target=$(field targetId)
    browser_call Target.attachToTarget "{\"targetId\":\"$target\",\"flatten\":true}"
    browser_session=$(field sessionId)
    browser_call Page.enable '{}'
    browser_call Page.bringToFront '{}'
}

# browser_call METHOD PARAMS: leaves the answer in browser_answer.
browser_call() {
    browser_id=$((browser_id + 1))
    local session=
    [ -z "$browser_session" ] || session=",\"sessionId\":\"$browser_session\""
    printf '{"id":%d,"method":"%s","params":%s%s}\0' "$browser_id" "$1" "$2" "$session" >&8
    while IFS= read -r -d '' -t 60 -u 9 browser_answer; do
        case $browser_answer in
        "{\"id\":$browser_id,"*'"error":'*) die "$1: ${browser_answer:0:300}" ;;
        "{\"id\":$browser_id,"*) return 0 ;;
        esac
    done
    tail -n 5 "$folder/browser.log" >&2
    die "the browser gave no answer to $1"
}

# field NAME: a text of the last answer.
field() {
    sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' <<<"$browser_answer"
}

# evaluate EXPRESSION: what it is in the page, as a text; a promise is waited for.
evaluate() {
    local quoted=${1//\\/\\\\}
    quoted=${quoted//\"/\\\"}
    browser_call Runtime.evaluate "{\"expression\":\"String($quoted)\",\"returnByValue\":true}"
    field value
}

# wait_for EXPRESSION: until it is true in the page; bounded.
wait_for() {
    local end=$((SECONDS + 60))
    while [ "$(evaluate "$1")" != true ]; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1 # the page changes by itself; there is nothing to wait on
    done
}

press_tab() {
    local key='"key":"Tab","code":"Tab","windowsVirtualKeyCode":9'
    browser_call Input.dispatchKeyEvent "{\"type\":\"rawKeyDown\",$key}"
    browser_call Input.dispatchKeyEvent "{\"type\":\"keyUp\",$key}"
}

# screenshot FILE
screenshot() {
    browser_call Page.captureScreenshot '{"format":"png"}'
    field data | base64 -d >"$1"
}

browser_close() {
    [ -n "${browser_pid:-}" ] || return 0
    exec 8>&- 9<&-
    kill "$browser_pid" 2>/dev/null || true
    wait "$browser_pid" 2>/dev/null || true
}
