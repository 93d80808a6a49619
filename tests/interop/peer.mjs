// SPDX-License-Identifier: Apache-2.0
// Runs this library's side, and gives its output as parsed lines.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { connect } from "@nats-io/transport-node";

const program = process.env.NEXUS_PEER;

/** Starts the peer; `lines` is an async iterator over its parsed output, `ended` its exit status. */
export function startPeer(...words) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
  const lines = (async function* () {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
  })();
  return { lines, ended };
}

/** All that the peer prints; an error when it fails. */
export async function runPeer(...words) {
  const { lines, ended } = startPeer(...words);
  const all = [];
  for await (const line of lines) all.push(line);
  const status = await ended;
  if (status !== 0) throw new Error(`peer ${words.join(" ")} ended with ${status}`);
  return all;
}

/** A connection to the test's server. */
export function connectToServer() {
  return connect({ servers: process.env.NEXUS_URL, name: "interop" });
}
