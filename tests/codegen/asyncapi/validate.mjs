// SPDX-License-Identifier: Apache-2.0
// Reads an AsyncAPI document with the reference parser. Prints everything it finds; exits 1 when
// any of it is an error, or when the document is not read at all.
import { readFile } from 'node:fs/promises';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';

const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'));

let errors = 0;
for (const { severity, range, path, message } of diagnostics) {
  const name = DiagnosticSeverity[severity] ?? 'Diagnostic';
  console.log(`${file}:${range.start.line + 1}: ${name}: ${message} (${path.join('.')})`);
  errors += severity === DiagnosticSeverity.Error;
}
if (!document || errors) {
  console.log(`${errors} errors`);
  process.exit(1);
}
console.log(
  `AsyncAPI ${document.version()}, ${document.channels().length} channels, ` +
    `${document.operations().length} operations, ${document.messages().length} messages`,
);
