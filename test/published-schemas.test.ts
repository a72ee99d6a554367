import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { objectPath } from '../src/core/index/index-head.ts';
import { RegistrySimulator } from '../src/testkit/index.ts';

/** Whether a value fits a schema of `schemas/`, as any JSON Schema validator judges it. */
async function judge(name: string): Promise<(value: unknown) => boolean> {
  const schema = JSON.parse(
    await readFile(new URL(`../schemas/${name}.schema.json`, import.meta.url), 'utf8'),
  );
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  return (value) => validate(value);
}

async function published(): Promise<{ checkpoint: object; head: object }> {
  const registry = new RegistrySimulator();
  registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
  await registry.publish();
  const { epoch, version, index } = registry.latestCheckpoint();
  const parse = (path: string): object => JSON.parse(Buffer.from(registry.published.get(path)!).toString());
  return { checkpoint: parse(`checkpoints/${epoch}-${version}.json`), head: parse(objectPath(index.sha256)) };
}

describe('the schemas of what is published', () => {
  it('fit a checkpoint, and no other form of it', async () => {
    const fits = await judge('checkpoint');
    const { checkpoint } = await published();
    expect(fits(checkpoint)).toBe(true);
    for (const key of Object.keys(checkpoint))
      expect(fits({ ...checkpoint, [key]: undefined }), key).toBe(false);
    expect(fits({ ...checkpoint, more: 1 })).toBe(false);
  });

  it('fit an index head, and no other form of it', async () => {
    const fits = await judge('index-head');
    const { head } = await published();
    expect(fits(head)).toBe(true);
    for (const key of Object.keys(head)) expect(fits({ ...head, [key]: undefined }), key).toBe(false);
    expect(fits({ ...head, trees: {} })).toBe(false);
  });
});
