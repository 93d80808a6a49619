#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check.sh SOURCE cppcheck|analyzer|shell|python: reads the sources without running them; fails when
# there is anything to say. What is known to be wrongly said is in cppcheck.supp, with the reason.
set -eu

cd "$1"
work=$(mktemp -d "${TMPDIR:-/tmp}/nexus-static.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Files of these endings that belong to the project; a copy without its history has them all.
sources()
{
    if [ -e .git ]; then
        git -c safe.directory='*' ls-files "$@"
    else
        for pattern; do
            find . -name "${pattern##*/}" -path "./${pattern%/*}/*" ! -path '*/node_modules/*'
        done
    fi
}

folders() { find lib -type d -printf '-I%p '; }

case $2 in
cppcheck)
    # shellcheck disable=SC2046 # options, several
    cppcheck -j2 --enable=warning,performance,portability --quiet --error-exitcode=1 --std=c11 \
        --suppress=missingIncludeSystem --suppressions-list=tests/static/cppcheck.supp \
        -DNX_WITH_LIBCRYPTO -DNX_WITH_SQLITE -Iinclude $(folders) lib examples
    ;;
analyzer)
    # Of gcc 12's analyzer, the warnings that are right more often than wrong: it takes a node that
    # went into a list for leaked, and a pointer that was compared once for one that may be NULL.
    sources 'lib/*.c' >"$work/files"
    # shellcheck disable=SC2046,SC2016 # options, several; $1 is the inner shell's
    grep -v /generated/ "$work/files" | xargs -P2 -I{} gcc -std=c11 -D_GNU_SOURCE -O1 -fanalyzer -Werror \
        -Wno-analyzer-malloc-leak -Wno-analyzer-null-dereference -Wno-analyzer-null-argument \
        -Wno-analyzer-possible-null-dereference -Wno-analyzer-possible-null-argument \
        -DNX_WITH_LIBCRYPTO -Iinclude $(folders) -c -o /dev/null {}
    ;;
shell)
    sources '*.sh' >"$work/files"
    xargs shellcheck .ci/run <"$work/files"
    ;;
python)
    # Errors, and names that nobody defines or uses; not matters of taste.
    sources '*.py' >"$work/files"
    grep -v /golden/ "$work/files" | xargs /usr/bin/python3 -m flake8 --isolated --select=E9,F \
        --per-file-ignores='lib/codegen/python_prelude.py:F401'
    ;;
*)
    echo "usage: check.sh SOURCE cppcheck|analyzer|shell|python" >&2
    exit 2
    ;;
esac
