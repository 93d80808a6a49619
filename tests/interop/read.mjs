// SPDX-License-Identifier: Apache-2.0
// What this library publishes, read by another client: every body is what the contract's schema says,
// and holds the values that were published.
import assert from "node:assert/strict";
import { jetstream } from "@nats-io/jetstream";
import { channels, document, subjectOf } from "./contract.mjs";
import { connectToServer, runPeer } from "./peer.mjs";

const VARIANTS = 4;

/** Every message of the stream, in order. */
async function readStream(connection, count) {
  const consumer = await jetstream(connection).consumers.get("NEXUS");
  const messages = [];
  const iterator = await consumer.fetch({ max_messages: count, expires: 30_000 });
  for await (const message of iterator) messages.push(message);
  return messages;
}

/** Parses a body strictly: one JSON text, sound UTF-8. */
function parseBody(message) {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(message.data));
}

function checkHeaders(message, sent) {
  assert.equal(message.headers.get("Nats-Msg-Id"), sent.id);
  const [version, fingerprint] = message.headers.get("Nexus-Schema").split(";");
  assert.equal(version, document.info.version);
  assert.match(fingerprint, /^[0-9a-f]{16}$/);
  const traceparent = message.headers.get("traceparent");
  assert.match(traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  assert.equal(traceparent.slice(27, 35), sent.causal_id.slice(4));
}

function checkMessage(channel, message, sent) {
  const where = `${sent.channel} (${sent.variant})`;
  const body = parseBody(message);
  assert.equal(message.subject, subjectOf(channel, sent.tenant, sent.payload.node_id), where);
  const ok = channel.validate(body);
  assert.ok(ok, `${where}: ${JSON.stringify(channel.validate.errors)} in ${message.string()}`);
  const names = ["causal_id", "vector_clock", "payload"];
  assert.deepEqual(Object.keys(body), sent.tenant === null ? names : [...names, "tenant"], where);
  assert.equal(body.causal_id, sent.causal_id, where);
  if (sent.tenant !== null) assert.equal(body.tenant, sent.tenant, where);
  assert.ok(Number.isSafeInteger(body.vector_clock.peer) && body.vector_clock.peer > 0, where);
  // Object.is semantics: -0 is not 0, and no double may differ in its last bit.
  assert.deepStrictEqual(body.payload, sent.payload, where);
  checkHeaders(message, sent);
}

const sent = await runPeer("publish");
assert.equal(sent.length, channels.length * VARIANTS);
assert.equal(channels.length, 27);
const connection = await connectToServer();
const messages = await readStream(connection, sent.length);
assert.equal(messages.length, sent.length);
const byName = new Map(channels.map((channel) => [channel.name, channel]));
messages.forEach((message, index) => {
  assert.equal(message.seq, sent[index].sequence);
  checkMessage(byName.get(sent[index].channel), message, sent[index]);
});
await connection.close();
console.log(`read ${messages.length} events of ${channels.length} channels: all valid, all equal`);
