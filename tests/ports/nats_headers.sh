#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nats_headers.sh SUITE VERSION: compiles what includes nats.h against the libnats-dev of a later
# suite of Debian, which must be of that version.
set -eu

suite=$1 version=$2
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

ONLY=1 "$source/tests/ports/sysroot.sh" "$suite" "$(dpkg --print-architecture)" "$work/root" libnats-dev
grep -q "define  *NATS_VERSION_STRING  *\"$version\." "$work/root/usr/include/nats/version.h" ||
    { grep VERSION_STRING "$work/root/usr/include/nats/version.h"; exit 1; }
folders=
for folder in "$source"/lib/*/; do
    folders="$folders -I$folder"
done
count=0
for file in "$source"/lib/nats/*.c $(grep -rl '<nats' "$source/tests/support" --include='*.c'); do
    # shellcheck disable=SC2086 # folders: several options
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Werror \
        -isystem "$work/root/usr/include/nats" -isystem "$work/root/usr/include" \
        -I"$source/include" -I"$source/lib" -I"$source/tests/support" $folders "$file"
    count=$((count + 1))
done
echo "$count files compiled against libnats $version of $suite"
