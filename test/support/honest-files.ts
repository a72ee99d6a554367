import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSourcePath, type SourceFile } from '../../src/core/index/source-layout.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { RegistrySimulator } from '../../src/testkit/index.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The files of the reference registry by kind: what honest people and programs wrote. */
export function honestFiles(): ReadonlyMap<SourceFile['kind'], readonly Uint8Array[]> {
  const found = new Map<SourceFile['kind'], Uint8Array[]>();
  for (const top of ['registry', 'plugins']) {
    for (const name of readdirSync(join(REPOSITORY, top), { recursive: true, encoding: 'utf8' })) {
      const kind = parseSourcePath(`${top}/${name.replaceAll('\\', '/')}`)?.kind;
      if (kind === undefined) continue;
      found.set(kind, [...(found.get(kind) ?? []), readFileSync(join(REPOSITORY, top, name))]);
    }
  }
  return found;
}

/** A published registry with something of everything that an index can hold. */
export async function honestRegistry(): Promise<RegistrySimulator> {
  const registry = new RegistrySimulator();
  registry.addRelease({ name: 'users', version: '1.0.0' });
  registry.addRelease({
    name: 'graph-lens',
    version: '1.0.0',
    tier: 'native',
    capabilities: ['query'],
    engines: { parseltongue: '>=0.3.0' },
    dependencies: { users: '^1.0.0' },
    files: { 'bin/graph-lens': 'a program' },
  });
  registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
  registry.addStatus({ plugin: pluginName('graph-lens'), kind: 'grant-tier', tier: 'native' }, [
    'maintainer-a',
    'maintainer-b',
  ]);
  registry.addStatus({ plugin: pluginName('users'), kind: 'quarantine' });
  registry.revoke('stolen', { epoch: 1, version: 1 });
  await registry.publish();
  return registry;
}
