// SPDX-License-Identifier: Apache-2.0
// check.mjs EMIT ACCEPT DOC: what the library signs is checked by jose and by the verifier printed in
// docs/signing.md; and what jose signs is checked by the library.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as jose from "jose";

const [emit, accept, docPath] = process.argv.slice(2);
const SUBJECT = "nexus.salon-001.kb.ingested";
const ISSUED = 1750000000;
const FAR = 4000000000;
const folder = mkdtempSync(join(tmpdir(), "nexus-jose-"));
const run = (program, ...args) => execFileSync(program, args, { encoding: "utf8" });
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();

const block = (doc, language) => {
  const found = [...doc.matchAll(new RegExp("^```" + language + "\\n(.*?)^```", "gms"))];
  assert.equal(found.length, 1);
  return found[0][1];
};

async function documentedVerifier(doc) {
  const source = block(doc, "js");
  assert.ok(source.trim().split("\n").length < 30);
  const path = join(folder, "verifier.mjs");
  writeFileSync(path, source);
  return (await import(path)).verify;
}

// Each is good; and none is when anything about it is changed.
function checkWith(verify, jwk, messages) {
  const keys = { [jwk.kid]: jwk };
  for (const m of messages) {
    const body = Buffer.from(m.body);
    assert.ok(verify(keys, m.subject, m.message_id, m.signature, body));
    assert.ok(!verify(keys, m.subject + "x", m.message_id, m.signature, body));
    assert.ok(!verify(keys, m.subject, m.message_id + "x", m.signature, body));
    assert.ok(!verify(keys, m.subject, m.message_id, m.signature, Buffer.concat([body, Buffer.from(" ")])));
  }
  return messages.length;
}

// RFC 9162, 2.1.3.2, from above.
function climb(node, index, size, path) {
  if (size === 1) return node;
  let half = 1;
  while (half * 2 < size) half *= 2;
  const sibling = path[path.length - 1];
  const below = path.slice(0, -1);
  if (index < half) return sha256(Buffer.of(1), climb(node, index, half, below), sibling);
  return sha256(Buffer.of(1), sibling, climb(node, index - half, size - half, below));
}

const leafHash = (subject, id, body) => sha256(Buffer.of(0), Buffer.from(`${subject}\n${id}\n`), body);

async function checkJose({ jwk, thumbprint, capability, messages }) {
  const key = await jose.importJWK(jwk, "EdDSA");
  assert.equal(await jose.calculateJwkThumbprint(jwk), thumbprint);
  for (const m of messages) {
    const [jws, index, path] = m.signature.split("~");
    const [head, signature] = jws.split("..");
    const body = Buffer.from(m.body);
    let payload = body;
    if (index !== undefined) {
      const bytes = Buffer.from(path, "base64url");
      const nodes = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
      const { n } = jose.decodeProtectedHeader({ protected: head });
      payload = climb(leafHash(m.subject, m.message_id, body), +index, n, nodes).toString("base64url");
    }
    await jose.flattenedVerify({ protected: head, payload, signature }, key, { algorithms: ["EdDSA"] });
  }
  const [first, second] = capability.split("~");
  const { payload } = await jose.jwtVerify(first, key, { typ: "nexus-cap+jwt", issuer: "core" });
  const holder = await jose.importJWK(payload.cnf.jwk, "EdDSA");
  const narrowed = await jose.jwtVerify(second, holder, { typ: "nexus-cap+jwt" });
  assert.deepEqual(narrowed.payload.subjects, [SUBJECT]);
}

async function madeByJose() {
  const pair = async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const jwk = await jose.exportJWK(publicKey);
    return { privateKey, jwk: { ...jwk, kid: await jose.calculateJwkThumbprint(jwk) } };
  };
  const core = await pair();
  const till = await pair();
  const body = Buffer.from('{"a":1}');
  const kid = till.jwk.kid;
  const single = await new jose.FlattenedSign(body)
    .setProtectedHeader({ alg: "EdDSA", b64: false, crit: ["b64"], kid, sub: SUBJECT, jti: "m-1", iat: ISSUED })
    .sign(till.privateKey);
  const newer = await new jose.FlattenedSign(body)
    .setProtectedHeader({ alg: "Ed25519", b64: false, crit: ["b64"], kid, sub: SUBJECT, jti: "m-2", iat: ISSUED })
    .sign(till.privateKey);
  const leaf = leafHash(SUBJECT, "m-3", body);
  const root = await new jose.FlattenedSign(leaf)
    .setProtectedHeader({ alg: "EdDSA", kid, typ: "nexus-tree", n: 1, iat: ISSUED })
    .sign(till.privateKey);
  const capability = await new jose.SignJWT({ cnf: { jwk: till.jwk }, subjects: ["nexus.salon-001.>"], actions: ["publish"] })
    .setProtectedHeader({ alg: "EdDSA", kid: core.jwk.kid, typ: "nexus-cap+jwt" })
    .setIssuer("core").setSubject("till").setJti("t-1").setIssuedAt(ISSUED).setNotBefore(ISSUED).setExpirationTime(FAR)
    .sign(core.privateKey);
  const rows = [["single", "m-1", `${single.protected}..${single.signature}`],
    ["alg Ed25519", "m-2", `${newer.protected}..${newer.signature}`],
    ["tree of one", "m-3", `${root.protected}..${root.signature}~0~~m-3`]];
  const line = ([name, id, signature]) => [name, "accepted", SUBJECT, id, signature, capability, body.toString("base64")].join("\t");
  writeFileSync(join(folder, "table.tsv"), rows.map((row) => line(row) + "\n").join(""));
  writeFileSync(join(folder, "core.json"), JSON.stringify({ keys: [{ ...core.jwk, nexus_grants: ["nexus.>"] }] }));
  writeFileSync(join(folder, "key.json"), JSON.stringify({ keys: [{ ...till.jwk, nexus_subjects: [SUBJECT] }] }));
}

try {
  const doc = readFileSync(docPath, "utf8");
  const verify = await documentedVerifier(doc);
  const vectors = JSON.parse(block(doc, "json"));
  let count = checkWith(verify, vectors.jwk, vectors.messages);
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const emitted = JSON.parse(run(emit, join(folder, "key.pem"), folder));
  count += checkWith(verify, emitted.jwk, emitted.messages);
  await checkJose(emitted);
  await madeByJose();
  for (const store of ["core.json", "key.json"]) process.stdout.write(run(accept, join(folder, store), join(folder, "table.tsv")));
  console.log(`${count} messages verified by the documented verifier, ${emitted.messages.length} by jose`);
} finally {
  rmSync(folder, { recursive: true });
}
