// SPDX-License-Identifier: Apache-2.0
// What another client publishes, received by this library's typed handlers with the right members:
// with and without optional ones, unknown ones, integers spelled as 1.0 and 1e3, new enum values.
import assert from "node:assert/strict";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { channels, subjectOf } from "./contract.mjs";
import { connectToServer, startPeer } from "./peer.mjs";

const TENANT = "sto-002";
const NODE = "edge-spb-07";

/** A JSON text that stands for itself: JavaScript cannot print 7.0. */
class Raw {
  constructor(text) {
    this.text = text;
  }
}

/** Like JSON.stringify, with Raw texts as they are. */
function write(value) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)} : ${write(item)}`);
  return `{ ${members.join(" , ")} }`;
}

const integers = ["0", "-0", "7.0", "1e3", "12.50e1", "-9007199254740991", "9.007199254740991e15"];
const numbers = ["0.1", "-0.0", "1e-7", "1.7976931348623157e308", "5e-324", "20", "36.600000000000001"];

function valueOf(name, schema, salt) {
  if (schema.enum) return schema.enum[salt % schema.enum.length];
  if (name === "node_id") return NODE;
  switch (schema.type) {
    case "array":
      return [0, 1, 2].map((place) => valueOf(name, schema.items, salt + place));
    case "integer":
      return new Raw(integers[salt % integers.length]);
    case "number":
      return new Raw(numbers[salt % numbers.length]);
    default:
      if (schema.format === "uri") return `https://example.com/${salt}?a=%20&b=(1)#x`;
      return `${name} №${salt}: «Ёлка» 💈 \u0001\t"\\/ \u2028`.slice(0, schema.maxLength);
  }
}

const extra = () => ({
  x_note: "от другого клиента 😀",
  x_list: [new Raw("1.50"), null, { deep: [true] }],
});

/** Three payloads of a channel: required members, all members, all and unknown ones. */
function payloadsOf(channel, salt) {
  const all = Object.entries(channel.properties);
  const required = all.filter(([name]) => channel.required.includes(name));
  const make = (members) =>
    Object.fromEntries(members.map(([name, schema], place) => [name, valueOf(name, schema, salt + place)]));
  return [make(required), make(all), { ...make(all), ...extra() }];
}

/** What a newer contract may bring: the enum's text must reach the handler. */
function futurePayloads(channel) {
  const enums = Object.entries(channel.properties).filter(([, schema]) => schema.enum);
  return enums.map(([name]) => ({ ...payloadsOf(channel, 1)[1], [name]: "brand-new-value" }));
}

function bodyOf(channel, payload, number) {
  const body = {
    trace: { sampled: true },
    payload,
    vector_clock: { interop: new Raw(`${number}.0`), "узел": 3 },
    causal_id: `evt-${number.toString(16).padStart(8, "0")}`,
  };
  return channel.hasTenant && number % 2 === 0 ? { ...body, tenant: TENANT } : body;
}

/** The events to publish: subject, text, and what the handler has to see. */
function makeEvents() {
  const events = [];
  channels.forEach((channel, salt) => {
    for (const payload of [...payloadsOf(channel, salt), ...futurePayloads(channel)]) {
      const number = events.length + 1;
      const text = write(bodyOf(channel, payload, number));
      events.push({ channel, number, text, body: JSON.parse(text) });
    }
  });
  return events;
}

/** An integer has no negative zero; a number has. */
function withoutNegativeZero(channel, payload) {
  const plain = (value) => (typeof value === "number" ? value + 0 : value);
  const members = Object.entries(payload).map(([name, value]) => {
    const schema = channel.properties[name];
    if (schema?.type === "integer") return [name, plain(value)];
    if (schema?.items?.type === "integer") return [name, value.map(plain)];
    return [name, value];
  });
  return Object.fromEntries(members);
}

function check(event, seen) {
  const where = `event ${event.number} of ${event.channel.name}`;
  assert.equal(seen.channel, event.channel.name, where);
  assert.equal(seen.tenant, event.channel.hasTenant ? TENANT : "", where);
  assert.equal(seen.causal_id, event.body.causal_id, where);
  assert.deepStrictEqual(seen.clock, event.body.vector_clock, where);
  assert.deepStrictEqual(seen.extra, { trace: event.body.trace }, where);
  assert.deepStrictEqual(seen.raw, event.body.payload, where);
  assert.deepStrictEqual(seen.payload, withoutNegativeZero(event.channel, event.body.payload), where);
}

const connection = await connectToServer();
const manager = await jetstreamManager(connection);
await manager.streams.add({ name: "NEXUS", subjects: ["nexus.>"] });
const events = makeEvents();
const peer = startPeer("receive", String(events.length));
assert.equal((await peer.lines.next()).value, "ready");
for (const event of events) {
  await jetstream(connection).publish(subjectOf(event.channel, TENANT, NODE), event.text);
}
const seen = new Map();
for await (const line of peer.lines) {
  assert.ok(!seen.has(line.causal_id), `${line.causal_id} came twice`);
  seen.set(line.causal_id, line);
}
assert.equal(await peer.ended, 0);
assert.equal(seen.size, events.length);
for (const event of events) check(event, seen.get(event.body.causal_id));
await connection.close();
console.log(`${events.length} events of ${channels.length} channels: all received, all equal`);
