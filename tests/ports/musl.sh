#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# musl.sh: compiles the library for musl, all but the few files that include cnats, whose headers
# this machine has for another C library. Nothing is linked, since there is nothing to link with.
set -eu

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Of the system's headers, these few and no others.
mkdir "$work/include"
for header in sodium.h sodium cjson sqlite3.h; do
    ln -s "/usr/include/$header" "$work/include/$header"
done
folders=
for folder in "$source"/lib/*/; do
    folders="$folders -I$folder"
done
find "$source/lib" -name '*.c' ! -path '*/nats/*' | sort >"$work/files"
while read -r file; do
    # shellcheck disable=SC2086 # folders: several options
    musl-gcc -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Wshadow -Wconversion -Werror -I"$source/include" -I"$source/lib" \
        $folders -isystem "$work/include" -c -o "$work/object.o" "$file"
done <"$work/files"
count=$(wc -l <"$work/files")
[ "$count" -gt 50 ]
echo "$count files compiled for musl"
