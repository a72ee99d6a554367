import { describe, expect, it } from 'vitest';
import { SheafError } from '../src/core/errors.ts';
import type { PluginName } from '../src/core/plugin-name.ts';
import type { Version } from '../src/core/version.ts';
import { openRegistries } from '../src/ops/open-registry.ts';
import { registryAdd } from '../src/ops/registry-add.ts';
import { sync } from '../src/ops/sync.ts';
import { type FileMap, memoryPorts, memorySource, RegistrySimulator } from '../src/testkit/index.ts';

const NAME = 'graph-lens' as PluginName;
const VERSION = '1.0.0' as Version;

/** Does everything a client does with a registry, from the first root to a release, and returns all it believed. */
async function everything(files: FileMap, registry: RegistrySimulator): Promise<string> {
  const ports = memoryPorts(registry.now, (url) => memorySource(files, url));
  await registryAdd(ports, { url: 'memory', root: registry.rootId, yes: false });
  await sync(ports, { aliases: [], full: true });
  const [opened] = await openRegistries(ports);
  if (opened === undefined) throw new Error('No registry was opened.');
  const release = await opened.release(NAME, VERSION);
  return JSON.stringify({
    plugin: await opened.plugin(NAME),
    manifest: release.manifest,
    signer: release.owner,
    objects: [...ports.store.objects.keys()].toSorted(),
    trust: new TextDecoder().decode(ports.user.trust.get(registry.rootId)),
  });
}

/** What was believed in the end, or the code of the refusal. */
async function outcomeOf(files: FileMap, registry: RegistrySimulator): Promise<string> {
  try {
    return await everything(files, registry);
  } catch (error) {
    if (error instanceof SheafError) return error.code;
    throw error;
  }
}

describe('a registry of which one byte was changed on the way', () => {
  it('is refused, or is believed to say exactly what it said before', async () => {
    // One maintainer, so that no signature is to spare.
    const registry = new RegistrySimulator({ maintainers: ['maintainer-a'], threshold: 1 });
    registry.addRelease({ name: NAME, version: VERSION });
    await registry.publish();
    const truth = await everything(registry.published, registry);
    let refused = 0;
    const believed: string[] = [];
    for (const [path, bytes] of registry.published) {
      // Every byte of what is small and signed, and of objects a sample: their digest covers all bytes alike.
      const step = path.startsWith('o/') ? Math.max(1, Math.floor(bytes.byteLength / 8)) : 1;
      for (let at = 0; at < bytes.byteLength; at += step) {
        const flipped = Uint8Array.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        const outcome = await outcomeOf(new Map(registry.published).set(path, flipped), registry);
        if (outcome.startsWith('SHEAF_') && outcome !== 'SHEAF_INTERNAL') refused += 1;
        else if (outcome !== truth) believed.push(`${path}, byte ${at}: ${outcome}`);
      }
    }
    expect(believed).toEqual([]);
    expect(refused).toBeGreaterThan(1000);
  }, 120_000);
});
