// SPDX-License-Identifier: Apache-2.0
// The contract as plain JSON Schema, read with other people's tools: one validator for each channel.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { parse } from "yaml";

export const contractPath = fileURLToPath(new URL("../../docs/nexus.asyncapi.yaml", import.meta.url));
export const document = parse(readFileSync(contractPath, "utf8"));

/** Replaces every $ref by what it refers to. */
function resolve(node) {
  if (Array.isArray(node)) return node.map(resolve);
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") {
    const steps = node.$ref.replace(/^#\//, "").split("/");
    return resolve(steps.reduce((place, step) => place[step], document));
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]));
}

// AsyncAPI's schemas are a superset of draft 7. `float` is AsyncAPI's own format; all other unknown
// words are errors of the contract.
const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true });
addFormats(ajv);
ajv.addFormat("float", true);

/** The properties and required names of `payload`, over all branches of allOf. */
function payloadOf(schema) {
  const parts = [schema, ...(schema.allOf ?? [])].map((part) => part.properties?.payload ?? {});
  return {
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})),
    required: parts.flatMap((part) => part.required ?? []),
  };
}

/** One entry for each channel: name, address, validate(body), and its payload's members. */
export const channels = Object.entries(document.channels).map(([name, channel]) => {
  const message = resolve(Object.values(channel.messages)[0]);
  return {
    name,
    address: channel.address,
    hasTenant: channel.address.includes("{tenant_id}"),
    validate: ajv.compile(message.payload),
    ...payloadOf(message.payload),
  };
});

/** The subject of a channel for a tenant and a node. */
export function subjectOf(channel, tenant, node) {
  return channel.address.replace("{tenant_id}", tenant).replace("{node_id}", node);
}
