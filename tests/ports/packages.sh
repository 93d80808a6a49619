#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# packages.sh: builds the Debian packages, lets lintian judge them, and uses them as a machine would
# on which they are installed, beside Debian's unrelated packages named nexus.
set -eu

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

"$source/packaging/deb.sh" "$work/debs"
cd "$work"
lintian --fail-on error,warning --suppress-tags bad-distribution-in-changes-file debs/*.changes

for package in libnexus-sdk1 libnexus-sdk-dev nexus-sdk-tools python3-nexus-sdk; do
    dpkg-deb -x debs/${package}_*.deb root
done
dpkg-deb -f debs/libnexus-sdk1_*.deb Depends | grep -q libnats || fail "the library depends on no libnats"
dpkg-deb -I debs/libnexus-sdk1_*.deb symbols | grep -q '(symver)NEXUS_1.0 1.0.0\|NEXUS_1.0@NEXUS_1.0' ||
    fail "no symbols file"

# What Debian's own nexus packages have, ours must not.
# shellcheck disable=SC1091 # the machine's own
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
ONLY=1 "$source/tests/ports/sysroot.sh" "$codename" "$(dpkg --print-architecture)" "$work/others" libnexus1 libnexus-dev
for tree in root others; do
    (cd "$tree" && find . ! -type d ! -path './usr/share/doc/*' | sort) >"$tree.files"
    [ -s "$tree.files" ] || fail "$tree is empty"
done
both=$(comm -12 root.files others.files)
[ -z "$both" ] || fail "files of Debian's libnexus, too: $both"

# Building and running with nothing but what is in the packages.
lib=$(dirname "$(find "$work/root" -name libnexus-sdk.so)")
export PKG_CONFIG_PATH="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/root" LD_LIBRARY_PATH="$lib"
# shellcheck disable=SC2046 # several words
gcc -o program "$source/tests/install/program.c" $(pkg-config --cflags --libs nexus-sdk)
./program
root/usr/bin/nexusctl channels iotSensorData >shown
grep -q 'nexus.{tenant_id}.iot.sensor_data' shown || fail "nexusctl shows no channel"
PYTHONPATH=root/usr/lib/python3/dist-packages python3 -c '
import nexus_sdk
print("python", nexus_sdk.__file__)'
man --warnings -l root/usr/share/man/man7/nexus-sdk.7.gz >page 2>warnings
[ ! -s warnings ] || { cat warnings; fail "the manual page has warnings"; }
grep -q nexus_client_new page || fail "the manual page is empty"
python3 "$source/tests/ports/hardening.py" "$lib/libnexus-sdk.so.1" --compiled
echo "four packages built, judged and used"
