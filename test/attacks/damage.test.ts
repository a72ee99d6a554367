import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSha256 } from '../../src/core/digest.ts';
import { SheafError } from '../../src/core/errors.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import type { IndexSource } from '../../src/core/ports.ts';
import type { Version } from '../../src/core/version.ts';
import { createObjectFetcher } from '../../src/ops/registries/fetch-object.ts';
import { openRegistries } from '../../src/ops/registries/open-registry.ts';
import { registryAdd } from '../../src/ops/registries/registry-add.ts';
import { sync } from '../../src/ops/registries/sync.ts';
import {
  type FileMap,
  memoryDownloader,
  memoryPorts,
  memorySource,
  RegistrySimulator,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../src/testkit/index.ts';
import { GIT_ANSWERS, playedBack, type RecordedGit, recordGit } from '../support/recorded-git.ts';

/**
 * Damage on the way: a registry says what it said before, or the client refuses it. What is signed is damaged at
 * every byte. What is addressed by its digest is damaged at every byte at the one door through which it comes in, and
 * for the whole client at every eighth; with SHEAF_FUZZ_RUNS (test/support/fuzzing.ts) there, too, at every byte.
 */

const NAME = pluginName('graph-lens');
const VERSION = '1.0.0' as Version;

let registry: RegistrySimulator;
let files: FileMap;
let truth: string;

beforeAll(async () => {
  // One maintainer, so that no signature is to spare.
  registry = new RegistrySimulator({ maintainers: ['maintainer-a'], threshold: 1 });
  registry.addRelease({ name: NAME, version: VERSION });
  await registry.publish();
  files = new Map([...registry.published, ...registry.artifacts]);
  truth = await everything(files);
});

/** What a client keeps of a registry that it has added. */
interface Known {
  readonly config: Uint8Array | undefined;
  readonly trust: Uint8Array;
}

async function added(open: OpenSource): Promise<Known> {
  const ports = memoryPorts(registry.now, open);
  await registryAdd(ports, { url: 'memory', root: registry.rootId, yes: false });
  return { config: ports.user.config, trust: ports.user.trust.get(registry.rootId) ?? new Uint8Array() };
}

type OpenSource = (url: string) => IndexSource;

/** Does everything a client does with a registry, up to the artifact, with an empty cache; returns all it believed. */
async function everything(
  shown: FileMap,
  open: OpenSource = (url) => memorySource(shown, url),
  known?: Known,
): Promise<string> {
  const { config, trust } = known ?? (await added(open));
  const ports = memoryPorts(registry.now, open);
  ports.user.config = config;
  ports.user.trust.set(registry.rootId, trust);
  await sync(ports, { aliases: [], full: true });
  const [opened] = await openRegistries(ports);
  if (opened === undefined) throw new Error('No registry was opened.');
  const release = await opened.release(NAME, VERSION);
  const [artifact] = release.manifest.artifacts;
  if (artifact === undefined) throw new Error('The release has no artifact.');
  await memoryDownloader(shown, ports.store).fetch(artifact, [artifact.url], 'the artifact', () => undefined);
  return JSON.stringify({
    plugin: await opened.plugin(NAME),
    manifest: release.manifest,
    signer: release.owner,
    objects: [...ports.store.objects.keys()].toSorted(),
    trust: new TextDecoder().decode(ports.user.trust.get(registry.rootId)),
  });
}

/** What was believed in the end, or the code of the refusal. */
async function outcomeOf(...input: Parameters<typeof everything>): Promise<string> {
  try {
    return await everything(...input);
  } catch (error) {
    if (error instanceof SheafError && error.code !== 'SHEAF_INTERNAL') return error.code;
    throw error;
  }
}

/** Outcomes of damage, told apart into refusals and what was believed although it is not the truth. */
async function judge(
  damages: Iterable<readonly [name: string, shown: FileMap, known?: Known | undefined]>,
): Promise<{ readonly refused: number; readonly believed: readonly string[] }> {
  let refused = 0;
  const believed: string[] = [];
  for (const [name, shown, known] of damages) {
    const outcome = await outcomeOf(shown, undefined, known);
    if (outcome.startsWith('SHEAF_')) refused += 1;
    else if (outcome !== truth) believed.push(`${name}: ${outcome}`);
  }
  return { refused, believed };
}

const isLong = process.env['SHEAF_FUZZ_RUNS'] !== undefined;
const isSigned = (path: string): boolean => /^(root|checkpoints)\/|^latest$/.test(path);

/** Where a file is damaged for the whole client. */
function placesIn(path: string, bytes: Uint8Array): readonly number[] {
  return [...bytes.keys()].filter((at) => isLong || isSigned(path) || at % 8 === 0);
}

/** A client that has added the registry is as good for what lies below the checkpoint, and takes half the time. */
async function knownFor(path: string): Promise<Known | undefined> {
  return isSigned(path) ? undefined : await added((url) => memorySource(files, url));
}

describe('a registry of which', () => {
  it('one bit of any byte was changed on the way is refused, or believed to say what it said', async () => {
    for (const [path, bytes] of files) {
      const known = await knownFor(path);
      const places = placesIn(path, bytes);
      const { refused, believed } = await judge(
        places.map((at) => {
          const flipped = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (at % 8)));
          return [`${path}, byte ${at}`, new Map(files).set(path, flipped), known] as const;
        }),
      );
      expect(believed).toEqual([]);
      expect(refused).toBe(places.length);
    }
  }, 600_000);

  it('one bit of any byte of an object was changed never comes in', async () => {
    for (const [path, bytes] of files) {
      const sha256 = /^o\/..\/(.*)$/.exec(path)?.[1];
      if (!isSha256(sha256)) continue;
      const object = { sha256, size: bytes.length, path };
      const refuses = async (damaged: Uint8Array): Promise<void> => {
        const ports = memoryPorts(registry.now, (url) => memorySource(new Map([[path, damaged]]), url));
        const fetchObject = createObjectFetcher(
          ports,
          [ports.openSource('memory')],
          () => new SheafError('SHEAF_NETWORK', path),
        );
        await expect(fetchObject(object)).rejects.toBeInstanceOf(SheafError);
        expect(ports.store.objects.size).toBe(0);
      };
      for (const at of bytes.keys()) {
        await refuses(bytes.with(at, (bytes[at] ?? 0) ^ (1 << (at % 8))));
        await refuses(bytes.subarray(0, at));
      }
      await refuses(Buffer.concat([bytes, Buffer.from([0x0a])]));
    }
  }, 600_000);

  it('any file is cut off at any length is refused, or believed to say what it said', async () => {
    for (const [path, bytes] of files) {
      const known = await knownFor(path);
      const lengths = placesIn(path, bytes);
      const { refused, believed } = await judge(
        lengths.map((length) => {
          return [
            `${path}, ${length} bytes`,
            new Map(files).set(path, bytes.subarray(0, length)),
            known,
          ] as const;
        }),
      );
      expect(believed).toEqual([]);
      // The newline at the end of latest is no part of what it says.
      expect(refused).toBe(path === 'latest' ? lengths.length - 1 : lengths.length);
    }
  }, 600_000);

  it('any file is missing is refused', async () => {
    const damages = [...files.keys()].map((path) => {
      const shown = new Map(files);
      shown.delete(path);
      return [path, shown] as const;
    });
    expect(await judge(damages)).toEqual({ refused: files.size, believed: [] });
  });

  it('any two files changed places is refused', async () => {
    const paths = [...files.keys()];
    const pairs = paths.flatMap((a, position) => paths.slice(position + 1).map((b) => [a, b] as const));
    const damages = pairs.map(([a, b]) => {
      return [`${a} and ${b}`, new Map(files).set(a, files.get(b)!).set(b, files.get(a)!)] as const;
    });
    expect(await judge(damages)).toEqual({ refused: pairs.length, believed: [] });
  });
});

describe('a Git server of which', () => {
  let home: TemporaryDirectory;
  let answers: RecordedGit;
  beforeAll(async () => {
    home = await temporaryDirectory();
    answers = await recordGit(registry, home.path);
  });
  afterAll(() => home.remove());

  const cloned = (said: RecordedGit): Promise<string> => {
    const source = playedBack(said, join(home.path, 'clone'));
    return outcomeOf(files, () => source);
  };

  it('nothing was changed is believed to say what a static host says', async () => {
    expect(await cloned(answers)).toBe(truth);
  });

  const samples = isLong ? Number.POSITIVE_INFINITY : 60;

  it.each(GIT_ANSWERS)(
    'one bit of a byte of its %s was changed on the way is refused, or believed to say what it said',
    async (part) => {
      const bytes = answers.get(part) ?? Buffer.alloc(0);
      const step = Math.max(1, Math.floor(bytes.length / samples));
      const outcomes = new Map<string, number>();
      for (let at = 0; at < bytes.length; at += step) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        const outcome = await cloned(new Map(answers).set(part, flipped));
        const name = outcome === truth ? 'the truth' : outcome.startsWith('SHEAF_') ? 'refused' : outcome;
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
      }
      expect([...outcomes.keys()].toSorted()).toEqual(['refused', 'the truth']);
    },
    600_000,
  );
});
