#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# quickstart.sh [DIRECTORY]: from a fresh checkout to real events on a real NATS server.
#
# Installs what is missing (Debian: with apt, asking sudo where needed), builds into build/ of the
# checkout or into DIRECTORY, starts a nats-server with JetStream on a free loopback port and a
# temporary store, creates the stream, subscribes to every event, publishes a day in the life of the
# platform, and compares what arrived with what was sent. Leaves the build and the installed packages
# behind, and nothing else.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
build=${1:-$root/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
work=
server=
# Debian keeps servers where users do not look.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$@"; }

fail()
{
    say "" "quickstart: $1" >&2
    shift
    for hint; do say "  $hint" >&2; done
    exit 1
}

# shellcheck disable=SC2317 # called by the trap
clean_up()
{
    trap - EXIT INT TERM HUP
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    [ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'clean_up; exit 130' INT
trap 'clean_up; exit 143' TERM HUP

work=$(mktemp -d "${TMPDIR:-/tmp}/nexus-quickstart.XXXXXX") || exit 1
log=$work/log

# quietly WHAT COMMAND…: runs it with its output kept aside; shows the end of it on failure.
quietly()
{
    what=$1
    shift
    "$@" >"$log" 2>&1 </dev/null && return
    status=$?
    tail -n 40 "$log" >&2
    fail "$what failed (status $status); the lines above are the end of its output"
}

# The Debian packages whose commands or libraries are not here.
missing_packages()
{
    command -v cc >/dev/null || echo gcc libc6-dev
    command -v meson >/dev/null || echo meson
    command -v ninja >/dev/null || echo ninja-build
    command -v nats-server >/dev/null || echo nats-server
    if ! command -v pkg-config >/dev/null; then
        echo pkg-config libnats-dev libcjson-dev libsodium-dev
        return
    fi
    pkg-config --exists libnats || echo libnats-dev
    pkg-config --exists libcjson || echo libcjson-dev
    pkg-config --exists libsodium || echo libsodium-dev
}

install_packages()
{
    command -v apt-get >/dev/null ||
        fail "needed and not found; in Debian's words: $*" "install them, then run this again"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "not root, and there is no sudo" "as root: apt-get install $*"
        as_root=sudo
        say "  (sudo may ask for your password)"
        sudo -v || fail "sudo refused" "as root: apt-get install $*"
    fi
    quietly "apt-get update" $as_root apt-get update
    quietly "apt-get install" $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$@"
    case " $* " in
    *" nats-server "*) tell_about_service ;;
    esac
}

# Debian starts the service of a package that it installs; this script does not use it.
tell_about_service()
{
    if command -v systemctl >/dev/null && systemctl -q is-active nats-server 2>/dev/null; then
        say "  Debian has started its nats-server service as well, on port 4222 of every address;" \
            "  to stop it: systemctl disable --now nats-server"
    fi
}

prepare()
{
    packages=$(missing_packages | tr '\n' ' ')
    if [ -n "$packages" ]; then
        say "Installing ${packages% }"
        # shellcheck disable=SC2086 # several words
        install_packages $packages
    fi
}

compile()
{
    say "Building into $build"
    if [ ! -f "$build/build.ninja" ]; then
        quietly "meson setup" meson setup "$build" "$root" -Dtests=false
    fi
    quietly "the build" ninja -C "$build" examples/quickstart examples/nexusctl/nexusctl
}

# The server chooses the port, and writes its address into a file once it is open.
server_address()
{
    sed -n 's/.*"\(nats:\/\/127\.0\.0\.1:[0-9]*\)".*/\1/p' "$work"/*.ports 2>/dev/null
}

start_server()
{
    nats-server -a 127.0.0.1 -p -1 -js -sd "$work/store" --ports_file_dir "$work" \
        -l "$work/server.log" >/dev/null 2>&1 </dev/null &
    server=$!
    tries=200
    while url=$(server_address) || :; [ -z "$url" ]; do
        if ! kill -0 "$server" 2>/dev/null || [ "$tries" -eq 0 ]; then
            [ ! -f "$work/server.log" ] || tail -n 20 "$work/server.log" >&2
            fail "nats-server did not start; the lines above are from its log"
        fi
        tries=$((tries - 1))
        sleep 0.05
    done
    # Only the temporary server is meant, and nobody's credentials.
    for variable in $(env | sed -n 's/^\(NEXUS_[A-Z_]*\)=.*/\1/p'); do
        unset "$variable"
    done
    export NEXUS_URL="$url"
    say "nats-server $(nats-server --version | sed 's/.*: *v*//') with JetStream is at $url"
}

travel()
{
    "$build/examples/nexusctl/nexusctl" provision --quiet ||
        fail "the stream could not be created; the line above says why"
    say "Publishing $(wc -l <"$root/examples/data/day.ndjson" | tr -d ' ') events of a day, and subscribing to all" ""
    "$build/examples/quickstart" "$root/examples/data/day.ndjson" ||
        fail "what arrived is not what was published; the lines above say where"
}

show_the_way()
{
    say "" "Try next:" \
        "  PATH=\"$build/examples/nexusctl:\$PATH\"" \
        "  cd \"$root\"" \
        "  nexusctl dev                     # in a second terminal: a server that stays, and its events" \
        "  . .nexus/env                     # where it is, and a key" \
        "  nexusctl pub - < examples/data/day.ndjson" \
        "  nexusctl sub all --count 20" \
        "  nexusctl --help" \
        "and copy from examples/publisher.c and examples/subscriber.c"
}

prepare
compile
start_server
travel
show_the_way
