import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { UserOfRegistry } from './registry-on-loopback.ts';

const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  schemas: [
    'api',
    'cli-output',
    'measurement',
    'values',
    'plugins-file',
    'promotion-report',
    'review-queue',
  ].map(
    (name) =>
      JSON.parse(
        readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8'),
      ) as object,
  ),
});

/** Expects that a value has the form that a shipped schema gives it. */
export function expectForm(pointer: string, value: unknown): void {
  const validate = ajv.getSchema(pointer);
  expect(validate, pointer).toBeDefined();
  void validate?.(value);
  expect(validate?.errors, pointer).toBe(null);
}

/** The data and warnings of a command that must succeed, after its document was checked against the schema. */
export async function jsonOf(
  user: UserOfRegistry,
  definition: string,
  ...argv: string[]
): Promise<{ readonly data: Record<string, unknown>; readonly warnings: readonly string[] }> {
  const { stdout, stderr } = await user.sheaf(...argv, '--json');
  const document = JSON.parse(stdout) as { data: Record<string, unknown>; warnings: string[] };
  expectForm(`cli-output.schema.json#/$defs/${definition}`, document);
  expect(stderr).toBe('');
  return document;
}
