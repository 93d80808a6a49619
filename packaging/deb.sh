#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deb.sh DIRECTORY: builds the Debian packages from what is checked out, and puts them there. Needs
# dpkg-dev, debhelper and what packaging/debian/control lists as Build-Depends.
set -eu

# Debian's own tools, whatever else is installed in front of them.
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH

[ $# -eq 1 ] || { sed -n '3,4s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1"
target=$(CDPATH='' cd -- "$1" && pwd)
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

mkdir "$work/nexus-sdk"
(cd "$source" && git ls-files -z | tar --null -T - -c) | tar -x -C "$work/nexus-sdk"
cp -r "$source/packaging/debian" "$work/nexus-sdk/debian"
(cd "$work/nexus-sdk" && dpkg-buildpackage -us -uc -b)
cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$target"
ls "$target"
