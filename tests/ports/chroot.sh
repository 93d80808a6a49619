#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# chroot.sh SUITE DIRECTORY [OPTION…]: runs tests/run.sh inside a Debian of another suite (trixie,
# unstable), with its compilers, its libnats and its nats-server. Needs root, debootstrap and some
# gigabytes; the chroot is made once and used again. The options are those of tests/run.sh.
set -eu

suite=$1 root=$2
shift 2
source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
# shellcheck disable=SC2016 # for apt to expand
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    grep '/debian/\?$' | head -n 1)

if [ ! -f "$root/made" ]; then
    rm -rf "$root"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"
    echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/90-frozen-mirror"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    [ ! -f /etc/apt/apt.conf.d/proxy.conf ] || cp /etc/apt/apt.conf.d/proxy.conf "$root/etc/apt/apt.conf.d/"
    touch "$root/made"
fi

# What is mounted is unmounted by the same name, and only what was mounted here.
leave() { umount "$root/dev/pts" "$root/proc"; }
for folder in proc dev/pts; do
    [ ! -L "$root/$folder" ] || { echo "$root/$folder leads out of the chroot" >&2; exit 1; }
done
mount -t proc proc "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
trap leave EXIT INT TERM
rm -rf "$root/source"
mkdir "$root/source"
(cd "$source" && git ls-files -z | tar --null -T - -c) | tar -x -C "$root/source"
# npm believes the authorities that this machine believes.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/host.crt"
chroot "$root" env -i NODE_EXTRA_CA_CERTS=/etc/ssl/certs/host.crt HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin /source/tests/run.sh "$@"
