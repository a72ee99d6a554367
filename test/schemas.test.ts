import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { PLATFORMS } from '../src/core/platform.ts';
import { isPluginName } from '../src/core/plugin-name.ts';

type Schema = Readonly<Record<string, unknown>>;

const DIRECTORY = new URL('../schemas/', import.meta.url);
const SCHEMAS: readonly (readonly [string, Schema])[] = readdirSync(DIRECTORY)
  .filter((file) => file.endsWith('.schema.json'))
  .map((file) => [file, JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')) as Schema] as const);

/** Every property of a schema, with where it is. */
function properties(node: unknown, at = ''): [string, Schema][] {
  if (typeof node !== 'object' || node === null) return [];
  const found: [string, Schema][] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties') {
      for (const [name, schema] of Object.entries<Schema>(value)) found.push([`${at}/${name}`, schema]);
    }
    found.push(...properties(value, `${at}/${key}`));
  }
  return found;
}

/** The description that an editor shows: the property's own, or that of the definition it refers to. */
function descriptionOf(property: Schema, root: Schema): unknown {
  if (property.description !== undefined || typeof property.$ref !== 'string') return property.description;
  const [file, pointer = ''] = property.$ref.split('#/');
  let target: unknown = file === '' ? root : SCHEMAS.find(([name]) => name === file)?.[1];
  for (const part of pointer.split('/')) target = (target as Schema | undefined)?.[part];
  return (target as Schema | undefined)?.description;
}

describe.each(SCHEMAS)('%s', (file, schema) => {
  it('is named after its file and says what it is for', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.$id).toBe(file);
    expect(schema.title).toMatch(/\S/);
    expect(schema.description).toMatch(/\S/);
  });

  it('describes every property, because editors and error messages show it', () => {
    const silent = properties(schema)
      .filter(([, property]) => !descriptionOf(property, schema))
      .map(([where]) => where);
    expect(silent).toEqual([]);
  });

  it('compiles in strict mode', () => {
    const schemas = SCHEMAS.map(([, each]) => each);
    const log: string[] = [];
    const logger = {
      log: String,
      warn: (text: string) => log.push(text),
      error: (text: string) => log.push(text),
    };
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, schemas, logger });
    expect(() => ajv.getSchema(file)).not.toThrow();
    expect(log).toEqual([]);
  });
});

it('the schemas name the platforms that the code knows', () => {
  const values = SCHEMAS.find(([file]) => file === 'values.schema.json')?.[1];
  expect(values).toMatchObject({ $defs: { platform: { enum: PLATFORMS } } });
});

it('the schemas and the code agree on plugin names', () => {
  const ajv = new Ajv2020({ schemas: SCHEMAS.map(([, each]) => each), allowUnionTypes: true });
  const validate = ajv.compile({ $ref: 'values.schema.json#/$defs/pluginName' });
  const names = [
    'ab',
    'a',
    'a'.repeat(64),
    'a'.repeat(65),
    'a-b',
    'a--b',
    '-a',
    'a-',
    '1a',
    'a1',
    'A',
    'a_b',
    'con',
    'com1',
    'con-x',
    'constructor',
    'ab\n',
    '',
  ];
  for (const name of names) expect([name, validate(name)]).toEqual([name, isPluginName(name)]);
});
