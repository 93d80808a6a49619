#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh BUILD SECONDS [TARGET…]: builds the library and the fuzz targets with clang's libFuzzer and the
# address and undefined behaviour sanitizers in BUILD, and runs each for so long, from a copy of its
# corpus. What it finds stays in BUILD.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=$1
seconds=$2
shift 2
[ $# -gt 0 ] || set -- capability key prepared signature store
[ -d "$build/meson-info" ] ||
    CC=clang meson setup "$build" "$root" -Dexamples=false -Dtests=false -Db_lundef=false \
        -Db_sanitize=address,undefined -Dc_args=-fsanitize=fuzzer-no-link
ninja -C "$build" lib/libnexus-internal.a
for target; do
    # shellcheck disable=SC2046 # options, several
    clang -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -I"$root/include" $(find "$root/lib" -type d -printf '-I%p ') "$root/tests/fuzz/fuzz_$target.c" \
        -o "$build/fuzz_$target" "$build/lib/libnexus-internal.a" \
        $(pkg-config --libs libnats libcjson libsodium) -lpthread
    mkdir -p "$build/corpus-$target"
    cp -n "$root/tests/fuzz/corpus/$target"/* "$build/corpus-$target"
    (cd "$build" && "./fuzz_$target" -max_total_time="$seconds" -max_len=9000 -print_final_stats=1 "corpus-$target")
done
