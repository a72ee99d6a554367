import { expect } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import type { Finding } from '../../src/core/finding.ts';
import { type OwnerFile, writeOwnerFile } from '../../src/core/formats/owner-file.ts';
import { type ReviewFile, writeReviewFile } from '../../src/core/formats/review-file.ts';
import { type TransferFile, writeTransferFile } from '../../src/core/formats/transfer-file.ts';
import { sourcePath } from '../../src/core/index/source-layout.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { formatPublicKey } from '../../src/core/signatures/ssh-key.ts';
import type { Namespace } from '../../src/core/signatures/sshsig.ts';
import type { Version } from '../../src/core/version.ts';
import type { JudgedChange } from '../../src/ops/submissions/judge-change.ts';
import { type RegistrySimulator, testKey } from '../../src/testkit/index.ts';
import { type ChangeWorld, changeWorld, type Edits, type Judging } from './change-world.ts';

export const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const ARTIFACTS = 'https://plugins.example/artifacts/';
export const LENS = 'plugins/integrations/gr/graph-lens';
export const NEW = 'plugins/integrations/so/something-new';

/** A file of the simulated registry that must be there. */
export function file(registry: RegistrySimulator, path: string): Uint8Array {
  const bytes = registry.source.get(path);
  if (bytes === undefined) throw new Error(`The registry has no ${path}.`);
  return bytes;
}

/** A file and its signature. */
export function signed(
  registry: RegistrySimulator,
  path: string,
  bytes: Uint8Array | string,
  by: string,
  namespace: Namespace = 'release@sheaf',
): Edits {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return { [path]: content, [`${path}.sig`]: registry.sign(by, namespace, content) };
}

/** What is there with a text replaced, signed again. */
export function rewritten(
  registry: RegistrySimulator,
  path: string,
  [from, to]: readonly [string, string],
  by = 'author',
): Edits {
  const before = text(file(registry, path));
  expect(before).toContain(from);
  return signed(registry, path, before.replace(from, to), by);
}

export const about = (repository: string): Uint8Array => writeOwnerFile({ repositories: [repository] });

/** Adds an owner as they would propose themselves. */
export function addOwner(registry: RegistrySimulator, owner: string, more: Partial<OwnerFile> = {}): void {
  registry.addOwner(owner);
  registry.source.set(
    sourcePath({ kind: 'owner', owner }),
    writeOwnerFile({ repositories: [`https://git.example.org/${owner}/`], ...more }),
  );
}

function transferOf(registry: RegistrySimulator, change: Partial<TransferFile> = {}): Uint8Array {
  return writeTransferFile({
    registry: registry.id,
    plugin: pluginName('graph-lens'),
    revision: 2,
    from: 'author',
    to: 'rival',
    releases: { ['1.0.0' as Version]: sha256(file(registry, `${LENS}/1.0.0.toml`)) },
    ...change,
  });
}

/** A transfer of graph-lens from author to rival, with the plugin.toml that follows from it. */
export function transferred(
  registry: RegistrySimulator,
  change: Partial<TransferFile> = {},
  by: readonly string[] = ['author', 'rival'],
): Edits {
  const bytes = transferOf(registry, change);
  const path = `${LENS}/transfer-${change.revision ?? 2}.toml`;
  registry.setPlugin('graph-lens', { owner: 'rival' }, 'rival');
  return {
    [path]: bytes,
    ...Object.fromEntries(
      by.map((name) => [`${path}.${name}.sig`, registry.sign(name, 'owner@sheaf', bytes)]),
    ),
  };
}

export function reviewed(
  registry: RegistrySimulator,
  change: Partial<ReviewFile> = {},
  by = 'critic',
): Edits {
  const review: ReviewFile = {
    registry: registry.id,
    plugin: pluginName('graph-lens'),
    version: '1.0.0' as Version,
    manifest: sha256(file(registry, `${LENS}/1.0.0.toml`)),
    reviewer: 'critic',
    date: registry.now,
    rating: 4,
    verdict: 'approve',
    thoroughness: 'medium',
    ...change,
  };
  const path = `registry/reviews/gr/graph-lens/${review.version}.${review.reviewer}.toml`;
  return signed(registry, path, writeReviewFile(review), by, 'review@sheaf');
}

export function prepare(registry: RegistrySimulator): void {
  registry.source.set(
    sourcePath({ kind: 'owner', owner: 'author' }),
    writeOwnerFile({ repositories: [ARTIFACTS], githubId: 11, gitlabId: 12 }),
  );
  const repositories = [ARTIFACTS, 'https://git.example.org/rival/'];
  addOwner(registry, 'rival', { githubId: 22, repositories });
  addOwner(registry, 'loner', { repositories: [ARTIFACTS] });
  registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
  registry.addRelease({ name: 'telescope', version: '1.0.0' }, 'rival');
  registry.addRelease({ name: 'modern-map', version: '1.0.0-beta' }, 'rival');
  registry.addRelease({ name: 'lonely', version: '1.0.0' }, 'loner');
  registry.rotateOwner('rival', ['rival', 'rival-spare'], ['rival']);
  registry.rotateOwner('rival', ['rival'], ['rival']);
  registry.rotateOwner('author', ['author', 'author-stolen'], ['author']);
  registry.revoke('author-stolen');
  const path = sourcePath({ kind: 'registry' });
  registry.source.set(
    path,
    Buffer.from(
      text(file(registry, path)).replace(
        '[registry.removed_names]',
        '[registry.removed_names]\nbad-thing = "malware"',
      ),
    ),
  );
  registry.source.set(
    sourcePath({ kind: 'reviewers' }),
    Buffer.from(`critic namespaces="review@sheaf" ${formatPublicKey(testKey('critic').publicKey)}\n`),
  );
}

export type Work = (registry: RegistrySimulator) => Edits | undefined | void;

export const release: Work = (r) => r.addRelease({ name: 'graph-lens', version: '1.2.0' });
export const newPlugin: Work = (r) => r.addRelease({ name: 'something-new', version: '1.0.0' });
export const called =
  (name: string, owner = 'author'): Work =>
  (r) =>
    r.addRelease({ name, version: '1.0.0' }, owner);
export const rotation: Work = (r) => r.rotateOwner('author', ['author', 'author-new'], ['author']);
export const newOwner: Work = (r) => addOwner(r, 'newcomer', { githubId: 33 });
export const transfer: Work = (r) => transferred(r);
export const review: Work = (r) => reviewed(r);
export const pluginToml: Work = (r) => r.setPlugin('graph-lens', { keywords: ['graph'] });
export const both =
  (...works: readonly Work[]): Work =>
  (r) =>
    Object.fromEntries(works.flatMap((work) => Object.entries(work(r) ?? {})));
export const github = (id: number): Judging => ({ submitter: { forge: 'github', id, login: 'somebody' } });

export interface Planted {
  readonly fault: string;
  readonly work: Work;
  /** Where it is found. */
  readonly at: string;
  readonly severity?: 'warning';
  readonly judging?: Judging;
}

/** A folder or a file in another place. */
export function moved(registry: RegistrySimulator, from: string, to: string): Edits {
  const edits: Record<string, Uint8Array | null> = {};
  for (const [path, bytes] of registry.source) {
    if (!path.startsWith(from)) continue;
    edits[path] = null;
    edits[`${to}${path.slice(from.length)}`] = bytes;
  }
  return edits;
}

/** A registry of several owners, and how changes of it are judged. */
export interface PlantingWorld {
  readonly world: ChangeWorld;
  judge(work: Work, judging?: Judging): Promise<JudgedChange>;
  /** Judges what was planted: what the rule finds where it should, and everything else that is found. */
  judgePlanted(
    rule: string,
    planted: Planted,
  ): Promise<{ readonly found: Finding | undefined; readonly passed: boolean; readonly all: string }>;
}

/** Makes it. */
export async function plantingWorld(): Promise<PlantingWorld> {
  const world = await changeWorld(prepare);
  const planting: PlantingWorld = {
    world,
    async judge(work, judging = {}) {
      let edits: Edits = {};
      const proposed = await world.propose((registry) => {
        edits = work(registry) ?? {};
        for (const [path, content] of Object.entries(edits)) {
          if (content === null) registry.source.delete(path);
          else registry.source.set(path, Buffer.from(content));
        }
      });
      return world.judge(proposed, judging);
    },
    async judgePlanted(rule, { work, judging, at }) {
      const { findings, passed } = await planting.judge(work, judging);
      const found = findings.find((finding) => finding.rule === rule && placed(finding).startsWith(at));
      return { found, passed, all: findings.map(said).join('\n') };
    },
  };
  return planting;
}

/** A finding as one line. */
export const said = (finding: Finding): string => `${finding.rule} at ${placed(finding)}: ${finding.message}`;

const placed = ({ place }: { place: { file: string; line?: number } }): string =>
  place.line === undefined ? place.file : `${place.file}:${place.line}`;

/** What the rule must say of what was planted. */
export const foundOf = (planted: Planted): object => ({
  severity: planted.severity ?? 'error',
  fix: expect.stringMatching(/^\S.*[.:]$/s) as string,
  message: expect.stringMatching(/^\S.*\.$/s) as string,
});
