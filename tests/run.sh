#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [--quick] [--long] [--ports] [--no-install]: installs what is missing, builds, and runs every test.
#
# --quick       leaves out the sanitizer builds and valgrind
# --long        more rounds in the tests that look for rare events
# --ports       besides: machines of 32 bits and big-endian ones (under qemu), a newer clang, the
#               libnats and nats-server of Debian's later suites from the machine's own mirror, and
#               the Debian packages
# --no-install  does not call apt-get; what is missing is then an error of the build
#
# Needs Debian 12 or a relative of it; installing needs root or sudo. Besides apt, two tests fetch
# the npm packages that their lock files name. Ends with the line "N passed, N failed" and status 0
# when nothing failed. Builds are kept in build-test, build-clang, build-asan, build-tsan and
# build-ports.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
# Debian's own Python and Meson, whatever else is installed in front of them; and its servers.
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export PATH

quick=false
ports=false
install=true
for option; do
    case $option in
    --quick) quick=true ;;
    --long) export NEXUS_TEST_LONG=1 ;;
    --ports) ports=true ;;
    --no-install) install=false ;;
    *)
        sed -n '4,17s/^#\( \|$\)//p' "$0" >&2
        exit 2
        ;;
    esac
done

say() { printf '\n== %s\n' "$*"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/nexus-run.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
# What failing tests leave behind goes away with the rest.
mkdir "$work/tmp" "$work/logs"
export TMPDIR="$work/tmp"

# ---- what has to be there ----

missing_packages()
{
    for package in \
        abigail-tools \
        binutils \
        ca-certificates \
        check \
        clang \
        cmake \
        cppcheck \
        doxygen \
        flake8 \
        fish \
        g++ \
        gcc \
        groff-base \
        man-db \
        libcjson-dev \
        libnats-dev \
        libpq-dev \
        libsodium-dev \
        libsqlite3-dev \
        libssl-dev \
        libsubunit-dev \
        locales \
        meson \
        mypy \
        nats-server \
        ninja-build \
        openssl \
        pkg-config \
        postgresql \
        python3 \
        python3-cryptography \
        python3-hypothesis \
        python3-jwcrypto \
        python3-markdown \
        python3-pip \
        python3-prometheus-client \
        python3-pygments \
        python3-pytest \
        python3-setuptools \
        python3-wheel \
        python3-yaml \
        shellcheck \
        zsh \
        $(! $ports || echo clang-19 debhelper dh-python dpkg-dev gcc-i686-linux-gnu gcc-s390x-linux-gnu \
            lintian pybuild-plugin-pyproject python3-all python3-setuptools qemu-user) \
        ; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            echo "$package"
    done
    $quick || command -v musl-gcc >/dev/null || echo musl-tools
    $quick || command -v valgrind >/dev/null || echo valgrind
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

install_missing()
{
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    # shellcheck disable=SC2086 # names of packages, several
    set -- $packages
    say "Installing $*"
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@"; } >"$work/logs/apt" 2>&1; then
        tail -n 100 "$work/logs/apt"
        echo "apt-get failed; these packages are needed: $*" >&2
        exit 1
    fi
}

# ---- running ----

# step NAME COMMAND…: something that is not a test of Meson's; counts as one.
step()
{
    name=$1
    shift
    say "$name"
    if "$@" >"$work/logs/step" 2>&1; then
        echo passed >>"$work/steps"
    else
        echo "failed $name" >>"$work/steps"
        tail -n 200 "$work/logs/step"
        echo "FAILED: $name"
        return 1
    fi
}

# compile COMPILER DIRECTORY OPTION…: warnings are errors.
compile()
{
    compiler=$1
    directory=$2
    shift 2
    again=
    [ ! -d "$directory/meson-info" ] || again=--reconfigure
    # shellcheck disable=SC2086 # an option or nothing
    CC=$compiler meson setup $again --werror "$@" "$directory" && ninja -C "$directory"
}

build() { step "Building $2 with $1" compile "$@"; }

# suites DIRECTORY NAME OPTION…: runs tests and keeps their record for the count at the end.
suites()
{
    directory=$1
    name=$2
    shift 2
    say "Testing $directory: $name"
    rm -f "$directory/meson-logs/$name"*
    # Failures are counted and shown from the record.
    $launcher meson test -C "$directory" --no-rebuild --logbase "$name" "$@" || true
    # With a wrapper its name is part of the record's.
    cat "$directory/meson-logs/$name"*.json >"$work/logs/$directory-$name.json" ||
        { echo "failed $directory: $name left no record" >>"$work/steps"; }
}

# Some kernels place programs where this ThreadSanitizer does not expect them.
find_tsan_launcher()
{
    printf 'int main(void) { return 0; }\n' >"$work/probe.c"
    gcc -fsanitize=thread -o "$work/probe" "$work/probe.c"
    "$work/probe" 2>/dev/null || launcher="setarch $(uname -m) -R"
    $launcher "$work/probe"
}

run_plain()
{
    build clang build-clang -Dlibcrypto=disabled || true
    build gcc build-test "-Dc_args=-D_FORTIFY_SOURCE=3 -fstack-protector-strong" || return 0
    step "How the library is hardened" python3 tests/ports/hardening.py \
        build-test/lib/libnexus-sdk.so --compiled || true
    suites build-test all
    # Without SQLite there is no spool, and everything else.
    if ! $quick && build gcc build-nospool -Dspool=disabled -Dexamples=false; then
        suites build-nospool nospool --suite unit --suite spool
    fi
    $quick || run_valgrind
    $quick || step "Compiling for musl" tests/ports/musl.sh || true
}

run_sanitized()
{
    export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    export LSAN_OPTIONS="suppressions='$root/tests/support/lsan.supp':print_suppressions=0"
    export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:suppressions='$root/tests/support/tsan.supp'"
    # The one build whose tests run without the optional libcrypto.
    if build gcc build-asan -Db_sanitize=address,undefined -Dlibcrypto=disabled; then
        suites build-asan asan --suite unit --suite sizes --suite vectors --suite trust --suite fuzz --suite integration -t 4
        suites build-asan asan-python -t 4 'python aio' 'python client' 'python delivery' \
            'python events' 'python interpreter' 'python keeping' 'python keys' 'python testing'
    fi
    step "Probing ThreadSanitizer" find_tsan_launcher || return 0
    if build gcc build-tsan -Db_sanitize=thread; then
        suites build-tsan tsan --suite unit --suite trust --suite integration -t 4
    fi
    launcher=
}

run_valgrind()
{
    memcheck="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite"
    memcheck="$memcheck --suppressions='$root/tests/support/valgrind.supp'"
    suites build-test valgrind-unit --suite unit -t 20 --wrap \
        "$memcheck"
    suites build-test valgrind-wire -t 20 --wrap \
        "$memcheck" \
        poison settle causal publish
}

# with_server SUITE: the tests against servers again, with the nats-server of a later Debian.
with_server()
{
    folder=$root/build-ports/$1
    [ -x "$folder/usr/sbin/nats-server" ] || step "Fetching the nats-server of $1" env ONLY=1 \
        tests/ports/sysroot.sh "$1" "$(dpkg --print-architecture)" "$folder" nats-server || return 0
    "$folder/usr/sbin/nats-server" --version
    NATS_SERVER=$folder/usr/sbin/nats-server
    export NATS_SERVER
    suites build-test "server-$1" --suite integration
    unset NATS_SERVER
}

run_ports()
{
    mkdir -p build-ports
    step "Testing for 32 bits" tests/ports/port.sh i386 build-ports/i386 || true
    step "Testing for a big-endian machine" tests/ports/port.sh s390x build-ports/s390x || true
    step "Compiling against libnats 3.10" tests/ports/nats_headers.sh trixie 3.10 || true
    step "Compiling against libnats 3.14" tests/ports/nats_headers.sh unstable 3.14 || true
    build clang-19 build-ports/clang || true
    step "Debian packages" tests/ports/packages.sh || true
    with_server trixie
    with_server unstable
}

launcher=
: >"$work/steps"
! $install || install_missing
run_plain
$quick || run_sanitized
! $ports || run_ports
say "Summary"
python3 tests/support/report.py "$work"
