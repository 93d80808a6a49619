#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doxygen.sh SOURCE: the headers must go through Doxygen without a warning.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cat >"$work/Doxyfile" <<EOF
PROJECT_NAME = nexus-sdk
INPUT = $1/include/nexus
OUTPUT_DIRECTORY = $work
OPTIMIZE_OUTPUT_FOR_C = YES
EXTRACT_ALL = YES
JAVADOC_AUTOBRIEF = YES
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
QUIET = YES
WARN_IF_INCOMPLETE_DOC = NO
HAVE_DOT = NO
ENABLE_PREPROCESSING = YES
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = NEXUS_API= NEXUS_MUST_CHECK= NEXUS_BEGIN_DECLS= NEXUS_END_DECLS= NEXUS_EXTENSION=
WARN_LOGFILE = $work/warnings
EOF
doxygen "$work/Doxyfile"
if [ -s "$work/warnings" ]; then
    cat "$work/warnings"
    exit 1
fi
grep -q nexus_client_new "$work/xml/index.xml"
echo "no warning"
