#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sysroot.sh SUITE ARCHITECTURE DIRECTORY PACKAGE…: unpacks Debian packages of a suite and an
# architecture, with all that they depend on (with ONLY=1 without), into a directory. The machine's own mirror and apt do
# the work, but with settings and a state of their own: nothing of the machine is changed. What the
# mirror has is signed, but may be older than Debian wants unstable to be.
set -eu

suite=$1 architecture=$2 target=$3
shift 3

# shellcheck disable=SC2016 # for apt to expand
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    grep '/debian/\?$' | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no mirror of Debian" >&2; exit 1; }

apt=$target.apt
mkdir -p "$apt/etc/apt.conf.d" "$apt/etc/preferences.d" "$apt/etc/trusted.gpg.d" \
    "$apt/lists/partial" "$apt/archives/partial"
: >"$apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
cat >"$apt/apt.conf" <<EOF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Dir::Etc "$apt/etc";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
EOF
export APT_CONFIG="$apt/apt.conf"
apt-get update -qq
if [ -n "${ONLY:-}" ]; then
    (cd "$apt/archives" && apt-get download -qq "$@")
else
    apt-get install -qq -y --download-only "$@"
fi

# As on an installed system, or files of one package would hide directories of another.
mkdir -p "$target/usr/lib" "$target/usr/bin" "$target/usr/sbin"
for folder in lib bin sbin; do
    [ -e "$target/$folder" ] || ln -s "usr/$folder" "$target/$folder"
done
for package in "$apt"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$target" --keep-directory-symlink --exclude './dev/*'
done
rm -rf "$apt"
