// SPDX-License-Identifier: Apache-2.0
// The contract file is a sound AsyncAPI 3 document, by the judgement of AsyncAPI's own parser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";
import { contractPath } from "./contract.mjs";

const { document, diagnostics } = await new Parser().parse(readFileSync(contractPath, "utf8"));
// Severity 0 is an error, 1 a warning.
const serious = diagnostics.filter((item) => item.severity <= 1 && item.code !== "asyncapi-latest-version");
assert.deepEqual(
  serious.map((item) => `${item.range.start.line + 1}: ${item.code}: ${item.message}`),
  [],
);
assert.ok(document, "the parser gives no document");
assert.ok(document.version().startsWith("3."));
assert.equal(document.channels().length, 27);
for (const channel of document.channels().all()) {
  const actions = channel.operations().all().map((operation) => operation.action());
  assert.deepEqual(actions.sort(), ["receive", "send"], channel.id());
}
console.log(`AsyncAPI ${document.version()}: ${document.channels().length} channels, ${document.operations().length} operations`);
