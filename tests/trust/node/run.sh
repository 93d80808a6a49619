#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh SCRIPT ARGUMENT…: runs one of the Node scripts here, after installing exactly the packages that
# package-lock.json has on record, where that has not been done.
set -eu

cd "$(dirname "$0")"
stamp=node_modules/.installed
if ! cmp -s package-lock.json "$stamp"; then
    # Several tests may come here at once; one installs, the others wait.
    exec 9>.install.lock
    flock 9
    if ! cmp -s package-lock.json "$stamp"; then
        npm ci --no-audit --no-fund --ignore-scripts
        cp package-lock.json "$stamp"
    fi
    exec 9>&-
fi
exec node "$@"
