#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# port.sh i386|s390x DIRECTORY: builds everything for another machine and runs there what needs no
# server: i386 has pointers of 32 bits, s390x is big-endian (under qemu). The other machine's
# libraries are Debian's own, unpacked beside the build.
set -eu

machine=$1 build=$2
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
mkdir -p "$build"
build=$(CDPATH='' cd -- "$build" && pwd)
root=$build/root

case $machine in
i386) triplet=i386-linux-gnu compiler=i686-linux-gnu family=x86 endian=little
    runner="'$root/lib/ld-linux.so.2', '--library-path', '$root/usr/lib/$triplet'" ;;
s390x) triplet=s390x-linux-gnu compiler=$triplet family=s390x endian=big
    runner="'qemu-s390x', '-L', '$root'" ;;
*) echo "no such port: $machine" >&2; exit 2 ;;
esac

if [ ! -d "$root/usr/include" ]; then
    rm -rf "$root"
    # shellcheck disable=SC1091 # the machine's own
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    "$source/tests/ports/sysroot.sh" "$codename" "$machine" "$root" \
        libc6-dev libgcc-12-dev libnats-dev libcjson-dev libsodium-dev libsqlite3-dev libpq-dev check libsubunit-dev
fi

cat >"$build/machine.ini" <<EOF
[binaries]
c = '$compiler-gcc'
ar = '$compiler-ar'
strip = '$compiler-strip'
pkgconfig = 'pkg-config'
exe_wrapper = [$runner]
[built-in options]
c_args = ['--sysroot=$root']
c_link_args = ['--sysroot=$root']
[properties]
needs_exe_wrapper = true
sys_root = '$root'
pkg_config_libdir = '$root/usr/lib/$triplet/pkgconfig'
[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$machine'
endian = '$endian'
EOF

again=
[ ! -d "$build/build/meson-info" ] || again=--reconfigure
# shellcheck disable=SC2086 # an option or nothing
meson setup $again --werror --cross-file "$build/machine.ini" "$build/build" "$source"
ninja -C "$build/build"
# Emulation is slow; nothing here measures time.
meson test -C "$build/build" --no-rebuild --logbase "$machine" -t 5 \
    --suite unit --suite vectors --suite sizes --suite fuzz
meson test -C "$build/build" --no-rebuild --logbase "$machine-more" -t 5 forgeries signed 'trust keys' \
    'trust store' 'roundtrip in memory' 'publish in memory' 'memory jetstream'
