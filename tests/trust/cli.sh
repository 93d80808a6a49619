#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli.sh NEXUSCTL: keys, stores, signatures and their checks on the command line, and with openssl.
set -eu
nexusctl=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
subject=nexus.salon-001.kb.ingested

fail()
{
    echo "failed: $*" >&2
    exit 1
}
# expect STATUS TEXT COMMAND…: the status, and the text somewhere in what it says.
expect()
{
    status=$1
    text=$2
    shift 2
    got=0
    "$@" >out 2>&1 || got=$?
    [ "$got" -eq "$status" ] || fail "$* ended with $got: $(cat out)"
    grep -qF -- "$text" out || fail "$* said: $(cat out)"
}

expect 0 '"kty":"OKP"' "$nexusctl" keygen ours.pem
expect 0 '"kid":"till-1"' "$nexusctl" keygen --kid till-1 ours.jwk
[ "$(stat -c %a ours.pem ours.jwk | sort -u)" = 600 ] || fail "modes"
expect 1 'cannot create ours.pem' "$nexusctl" keygen ours.pem
openssl pkey -in ours.pem -pubout -out ours.pub
openssl genpkey -algorithm ed25519 -out theirs.pem
chmod 600 theirs.pem
openssl pkey -in theirs.pem -pubout -out theirs.pub

"$nexusctl" jwks --subject 'nexus.salon-001.>' ours.pub theirs.pem >trust.json
"$nexusctl" jwks --add trust.json --subject 'nexus._core.module.*' ours.jwk >more.json
[ "$(grep -c '"x"' more.json)" = 3 ] || fail "$(cat more.json)"
expect 2 'say what the keys may do' "$nexusctl" jwks ours.pub
expect 2 'no pattern' "$nexusctl" jwks --subject 'a b' ours.pub

printf '{"a":1}' >body
for key in ours.pem theirs.pem; do
    header=$("$nexusctl" sign --key "$key" --subject "$subject" --id m-1 body)
    piped=$("$nexusctl" sign --key "$key" --subject "$subject" --id m-1 <body)
    if [ "${header%%.*}" = "" ] || [ "${#header}" != "${#piped}" ]; then fail "standard input"; fi
    expect 0 'verified: ' "$nexusctl" verify --trust trust.json --subject "$subject" --id m-1 --signature "$header" body
    expect 1 'refused: message_id' "$nexusctl" verify --trust trust.json --subject "$subject" --id m-2 --signature "$header" body
    expect 1 'refused: subject' "$nexusctl" verify --trust trust.json --subject nexus.salon-001.kb.other --signature "$header" body
    printf '{"a":2}' >changed
    expect 1 'refused: signature' "$nexusctl" verify --trust trust.json --subject "$subject" --signature "$header" changed
done
expect 1 'chmod 600' sh -c "chmod 644 ours.pem; $nexusctl sign --key ours.pem --subject $subject --id m-1 body"
chmod 600 ours.pem
kid=$("$nexusctl" sign --key ours.pem --subject "$subject" --id m-1 body)
id=$(openssl pkey -in ours.pem -pubout | "$nexusctl" jwks --subject a.b /dev/stdin | sed -n 's/.*"kid":"\([^"]*\)".*/\1/p')
"$nexusctl" jwks --add trust.json --revoke "$id" >revoked.json
expect 1 'refused: revoked' "$nexusctl" verify --trust revoked.json --subject "$subject" --signature "$kid" body

head -c 200000 /dev/urandom >module.wasm
signature=$("$nexusctl" sign --key ours.jwk --file module.wasm)
expect 0 'verified' "$nexusctl" verify --trust more.json --file module.wasm --signature "$signature"
printf x >>module.wasm
expect 1 'signature' "$nexusctl" verify --trust more.json --file module.wasm --signature "$signature"
expect 2 'are needed' "$nexusctl" verify --trust more.json
expect 2 'is needed' "$nexusctl" sign --key ours.jwk
expect 2 'one file' "$nexusctl" keygen
echo "nexusctl keygen, jwks, sign, verify: ok"
