import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readConfig } from '../src/core/formats/config-file.ts';
import { readMachinePolicy } from '../src/core/formats/machine-policy.ts';
import { readProjectFile } from '../src/core/formats/project-file.ts';
import { anotherRegistry } from './support/another-registry.ts';
import { userOfRegistry } from './support/registry-on-loopback.ts';

/** docs/policy.md keeps its word: its files are read, its commands are run. */

async function blocks(language: string): Promise<readonly string[]> {
  const text = await readFile(new URL('../docs/policy.md', import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    (match) => match[1] ?? '',
  );
}

it('shows tables that all three files accept', async () => {
  const tables = await blocks('toml');
  expect(tables).toHaveLength(2);
  for (const table of tables) {
    const bytes = new TextEncoder().encode(table);
    for (const read of [readConfig, readMachinePolicy, readProjectFile]) {
      expect(read(bytes, 'example.toml').findings).toEqual([]);
    }
  }
});

it('shows every rule that there is', async () => {
  const [table = ''] = await blocks('toml');
  const schema = JSON.parse(
    await readFile(new URL('../schemas/config.schema.json', import.meta.url), 'utf8'),
  ) as { readonly $defs: { readonly policy: { readonly properties: object } } };
  const shown = [...table.matchAll(/^(\w+) = /gm)].map((match) => match[1]);
  expect(new Set(shown)).toEqual(new Set(Object.keys(schema.$defs.policy.properties)));
});

it('shows commands that do what it says', async () => {
  const user = await userOfRegistry([{ name: 'acme-lens', version: '1.0.0' }]);
  await anotherRegistry(user, 'public', [
    { name: 'acme-lens', version: '9.0.0' },
    { name: 'map', version: '1.0.0' },
  ]);
  const lines = (await blocks('sh')).flatMap((block) => block.trim().split('\n'));
  const outputs = new Map<string, string>();
  for (const line of lines) {
    // What the page says of ages holds for these releases, too: nobody says when they were published.
    if (line.startsWith('sheaf install')) await user.sheaf('config', 'unset', 'policy.minimum_release_age');
    outputs.set(line, await user.does(...line.split(' ').slice(1)));
  }
  expect(outputs.get('sheaf config list')).toContain('policy.minimum_release_age');
  expect(outputs.get('sheaf registry list')).toContain('public');
  const lock = await readFile(user.at('project/sheaf.lock'), 'utf8');
  expect(lock).toMatch(/name = "acme-lens"\nversion = "1\.0\.0"\nregistry = "acme"\n/);
  expect(lock).toMatch(/name = "map"\nversion = "1\.0\.0"\nregistry = "public"\n/);
});
