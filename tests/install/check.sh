#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check.sh SOURCE VERSION: installs the library into an empty prefix, looks at what is there, and
# builds and runs a C and a C++ program outside the tree with nothing but pkg-config.
set -eu

source=$1
version=$2
here=$source/tests/install
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
prefix=$work/prefix

fail()
{
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

meson setup "$work/build" "$source" --prefix "$prefix" -Dtests=false -Dstatic=true >"$work/log" 2>&1 ||
    { cat "$work/log"; fail "meson setup"; }
meson install -C "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; fail "meson install"; }

pc=$(find "$prefix" -name nexus-sdk.pc)
[ -n "$pc" ] || fail "no nexus-sdk.pc was installed"
lib=$(dirname "$(dirname "$pc")")

# The library: the file, the SONAME link that programs load, the link that the linker finds.
[ -f "$lib/libnexus-sdk.so.$version" ] || fail "no libnexus-sdk.so.$version"
[ "$(readlink "$lib/libnexus-sdk.so.1")" = "libnexus-sdk.so.$version" ] || fail "no SONAME link"
[ -L "$lib/libnexus-sdk.so" ] || fail "no development link"

# The headers: all of the tree's and no others.
(cd "$source/include/nexus" && ls -- *.h) >"$work/expected"
(cd "$prefix/include/nexus" && ls) >"$work/found"
diff "$work/expected" "$work/found" || fail "the installed headers are not the public ones"
[ "$(ls "$prefix/include")" = nexus ] || fail "headers outside include/nexus"

# Nothing beyond what a package may contain.
unexpected=$(find "$prefix" ! -type d | grep -Ev \
    "/include/nexus/[a-z_]+\.h$|/libnexus-sdk\.a$|/libnexus-sdk\.so(\.1(\.[0-9]+)*)?$|/nexus-sdk\.pc$|/bin/nexusctl$|/share/(man|doc|nexus-sdk|bash-completion|zsh|fish)/" || true)
[ -z "$unexpected" ] || fail "unexpected files: $unexpected"

# The manual page, and what completes command lines.
for file in man/man1/nexusctl.1 bash-completion/completions/nexusctl.bash \
    zsh/site-functions/_nexusctl fish/vendor_completions.d/nexusctl.fish; do
    grep -q nexusctl "$prefix/share/$file" || fail "no share/$file"
done

# The module: its dependencies are private, so that users neither see nor link them.
for module in libnats libcjson libsodium; do
    grep -q "^Requires.private:.*$module" "$pc" || fail "$module is not in Requires.private"
done
! grep -q '^Requires:' "$pc" || fail "the module has public dependencies"
export PKG_CONFIG_PATH="${pc%/*}"
[ "$(pkg-config --modversion nexus-sdk)" = "$version" ] || fail "pkg-config has another version"
libs=$(pkg-config --libs nexus-sdk)
case $libs in
*-lnats* | *-lcjson* | *-lsodium*) fail "users would link the dependencies: $libs" ;;
*-lnexus-sdk*) ;;
*) fail "pkg-config --libs says: $libs" ;;
esac

# Somebody else's program, in C and in C++.
cp "$here/program.c" "$work/program.c"
cp "$here/program.c" "$work/program.cpp"
cd "$work"
# pkg-config's words are several arguments.
# shellcheck disable=SC2046
gcc -std=c99 -Wall -Wextra -pedantic -Werror -o program-c program.c \
    $(pkg-config --cflags --libs nexus-sdk) || fail "the C program does not build"
# shellcheck disable=SC2046
g++ -std=c++11 -Wall -Wextra -pedantic -Werror -o program-cpp program.cpp \
    $(pkg-config --cflags --libs nexus-sdk) || fail "the C++ program does not build"
for program in program-c program-cpp; do
    said=$(LD_LIBRARY_PATH="$lib" "./$program") || fail "$program exits with $?"
    [ "$said" = "nexus-sdk $version: payload.files: required" ] || fail "$program says: $said"
    readelf -d "$program" | grep -q 'NEEDED.*libnexus-sdk\.so\.1\]' || fail "$program: wrong SONAME"
done

# The same with the static library, in which nothing else may be visible.
others=$(nm --defined-only --extern-only "$lib/libnexus-sdk.a" | awk 'NF == 3 && $3 !~ /^nexus_/ { print $3 }')
[ -z "$others" ] || fail "the static library shows $others"
# shellcheck disable=SC2046
gcc -std=c99 -o program-static program.c $(pkg-config --cflags nexus-sdk) "$lib/libnexus-sdk.a" \
    $(pkg-config --static --libs nexus-sdk | sed 's/-lnexus-sdk//') || fail "the static program does not build"
said=$(./program-static) || fail "program-static exits with $?"
[ "$said" = "nexus-sdk $version: payload.files: required" ] || fail "program-static says: $said"
! readelf -d program-static | grep -q nexus-sdk || fail "program-static loads the shared library"

# The examples for other people's builds: C++, CMake, and Meson with the sources as a subproject.
# shellcheck disable=SC2046
g++ -std=c++17 -Wall -Wextra -Wshadow -pedantic -Werror -o raii "$source/examples/raii.cpp" \
    $(pkg-config --cflags --libs nexus-sdk) || fail "examples/raii.cpp does not build"
[ "$(LD_LIBRARY_PATH="$lib" ./raii)" = "farm-004 temp-1 4.25" ] || fail "examples/raii.cpp prints another thing"
{ cmake -S "$source/examples/cmake" -B cmake && cmake --build cmake; } >log ||
    { cat log; fail "the CMake example"; }
LD_LIBRARY_PATH="$lib" cmake/fridge | grep -q "a sound reading" || fail "the program that CMake built"
cp -r "$source/examples/meson" subproject
rm subproject/subprojects/nexus-sdk.wrap
ln -s "$source" subproject/subprojects/nexus-sdk
{ meson setup --force-fallback-for=nexus-sdk -Dnexus-sdk:optimization=0 meson subproject && ninja -C meson fridge; } >log ||
    { tail -n 30 log; fail "the Meson example"; }
env -u LD_LIBRARY_PATH meson/fridge | grep -q "a sound reading" || fail "the program that Meson built"
echo "installed, built against and run: nexus-sdk $version"
