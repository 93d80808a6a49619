#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# static.sh OBJECTS.a OUT.a FOLDER LD OBJCOPY AR: makes one object of all, hides in it what the shared
# library hides, and puts it into an archive: two libraries in one program must not meet by name.
set -eu

mkdir -p "$3"
"$4" -r --whole-archive -o "$3/nexus-sdk.o" "$1"
"$5" --localize-hidden "$3/nexus-sdk.o"
rm -f "$2"
"$6" rcsD "$2" "$3/nexus-sdk.o"
