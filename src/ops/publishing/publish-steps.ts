import { sha256 } from '../../core/digest.ts';
import { invalidFile, SheafError } from '../../core/errors.ts';
import type { PublishRecord } from '../../core/formats/publish-record.ts';
import type { PublishStep } from '../../core/publishing/plan-publication.ts';
import { releaseProposal } from '../../core/publishing/release-proposal.ts';
import { fingerprint, sameKey } from '../../core/signatures/ssh-key.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import type { Proposal } from '../../core/submission-ports.ts';
import { benchPlugin } from '../authors/bench-plugin.ts';
import { buildPlugin } from '../authors/build-plugin.ts';
import { checkAuthorPlugin } from '../authors/check-plugin.ts';
import { sourceOf } from '../authors/pack-plugin.ts';
import { readSuite } from '../authors/read-suite.ts';
import { scanAuthorPlugin } from '../authors/scan-plugin.ts';
import { testPlugin } from '../authors/test-plugin.ts';
import { openKey } from '../trust/sign.ts';
import { packRelease } from './pack-release.ts';
import type { PublishContext, PublishOptions, PublishPorts } from './publish-context.ts';
import { readStaged, stagedPath } from './publish-folder.ts';
import { signaturePathOf, submissionFiles } from './release-files.ts';

/** Does one step of a publication; what it learns is in the record that it returns. */
export type PerformStep = (
  ports: PublishPorts,
  options: PublishOptions,
  context: PublishContext,
) => Promise<PublishRecord>;

/** Every step, each as the command of its name does it. */
export const PERFORM: Readonly<Record<PublishStep, PerformStep>> = {
  async build(ports, { path }, { record }) {
    const { findings } = await buildPlugin(ports, path);
    for (const { message } of findings) ports.reporter.warn(message);
    return record;
  },

  async check(ports, { path }, { record }) {
    const { findings } = await checkAuthorPlugin(ports, path);
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw invalidFile(errors);
    for (const { message } of findings) ports.reporter.warn(message);
    return record;
  },

  async test(ports, { path }, { record }) {
    const { name, results, passed } = await testPlugin(ports, path);
    if (passed) return record;
    const failed = results.filter((result) => !result.passed);
    throw new SheafError(
      'SHEAF_PLUGIN',
      `${failed.length} of ${results.length} tests of ${name} fail: ${failed.map((one) => one.name).join(', ')}.`,
      { hint: 'See why with: sheaf test.', details: { failed } },
    );
  },

  async bench(ports, { path }, { plugin, record }) {
    if (readSuite(plugin, 'bench').value.length === 0) return record;
    const slow = await whySlow(ports, path);
    // What an author's machine measures is advice: the registry measures for itself, where nothing else runs.
    if (slow !== undefined) ports.reporter.warn(slow);
    return record;
  },

  async scan(ports, { path }, { record }) {
    for (const place of [path, ...record.given.map(({ file }) => file)]) {
      const { rejected, findings } = await scanAuthorPlugin(ports, place);
      if (!rejected) continue;
      throw invalidFile(
        findings.filter(({ level }) => level === 'critical'),
        'SHEAF_POLICY',
      );
    }
    return record;
  },

  async pack(ports, { path, platform, allowDirty, newOwner }, { plugin, view, key, account, record }) {
    const { manifest } = plugin;
    const { registry } = view;
    const { source, note, warning } = await sourceOf(ports, plugin, { allowDirty });
    if (note !== undefined) ports.reporter.note(note);
    if (warning !== undefined) ports.reporter.warn(warning);
    const packed = await packRelease(ports, plugin, { registry, source, platform, given: record.given });
    const owner = { about: newOwner, key, account };
    const release = { bytes: packed.manifest, url: packed.artifacts[0].url };
    const { signed, unsigned } = submissionFiles(view, manifest, release, owner);
    const artifacts = packed.artifacts.map(({ file, bytes }) => [file, bytes] as const);
    for (const [name, content] of [...artifacts, ...signed, ...unsigned]) {
      await ports.files.write(stagedPath(path, manifest.version, name), content);
    }
    return {
      ...record,
      artifacts: packed.artifacts.map(({ file, url }) => ({ file, url })),
      unsigned: [...unsigned.keys()],
      signed: Object.fromEntries([...signed.keys()].map((name) => [name, signaturePathOf(name, view.owner)])),
    };
  },

  async sign(ports, { path, key: keyPath }, { key, record }) {
    const sign = await openKey(ports, keyPath);
    for (const [name, bytes] of await packed(ports, path, record, Object.keys(record.signed))) {
      const namespace = name.endsWith('.signers') ? 'owner@sheaf' : 'release@sheaf';
      const signature = await sign(namespace, bytes);
      const signer = signerOf(signature, namespace, bytes, name);
      if (!sameKey(signer, key)) {
        throw new SheafError(
          'SHEAF_SIGNATURE',
          `The key ${fingerprint(signer)} signed, and not ${fingerprint(key)}.`,
          {
            hint: `The file ${keyPath}.pub belongs to another key: make it anew with ssh-keygen -y.`,
          },
        );
      }
      await ports.files.write(stagedPath(path, record.version, record.signed[name] ?? ''), signature);
    }
    return record;
  },

  async host(ports, { path }, { record }) {
    const hosted = await packed(
      ports,
      path,
      record,
      record.artifacts.map(({ file }) => file),
    );
    await ports.host.publish([...hosted].map(([name, bytes]) => ({ name, bytes, sha256: sha256(bytes) })));
    return record;
  },

  async propose(ports, { path }, context) {
    const { branch, url, commit } = await proposeRelease(ports, path, context);
    const known = { ...(url === undefined ? {} : { url }), ...(commit === undefined ? {} : { commit }) };
    return { ...context.record, proposal: { branch, ...known } };
  },
};

async function whySlow(ports: PublishPorts, path: string): Promise<string | undefined> {
  try {
    const { name, budgetUs, results } = await benchPlugin(ports, { path });
    const over = results.filter(({ verdict }) => verdict === 'over').map((one) => one.name);
    return over.length === 0
      ? undefined
      : `${name} takes longer than its ${budgetUs} µs here: ${over.join(', ')}.`;
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_TIMEOUT') return error.message;
    throw error;
  }
}

/** The proposal of what was packed and signed. */
export async function proposalOf(
  ports: Pick<PublishPorts, 'files'>,
  path: string,
  { record, view, key }: Pick<PublishContext, 'record' | 'view' | 'key'>,
): Promise<Proposal> {
  const { unsigned, signed, artifacts } = record;
  const names = [...unsigned, ...Object.keys(signed), ...Object.values(signed)].toSorted();
  const files = await packed(ports, path, record, names);
  const hosted = await packed(
    ports,
    path,
    record,
    artifacts.map(({ file }) => file),
  );
  return releaseProposal(
    {
      name: record.name,
      version: record.version,
      owner: view.owner,
      isNewPlugin: view.plugin === undefined,
      isNewOwner: view.isNewOwner,
      artifacts: artifacts.map(({ file, url }) => ({
        url,
        sha256: sha256(hosted.get(file) ?? new Uint8Array()),
      })),
      signer: fingerprint(key),
    },
    files,
  );
}

async function proposeRelease(
  ports: PublishPorts,
  path: string,
  context: PublishContext,
): Promise<{ readonly branch: string; readonly url?: string; readonly commit?: string }> {
  const proposal = await proposalOf(ports, path, context);
  return { branch: proposal.branch, ...(await ports.transport.propose(proposal)) };
}

/** Packed files, which a step only asks for when the plan has found them all. */
async function packed(
  { files }: Pick<PublishPorts, 'files'>,
  path: string,
  { version }: PublishRecord,
  names: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = await readStaged(files, path, version, names);
  if (found !== undefined) return found;
  throw new SheafError('SHEAF_PATH', 'What was packed has been removed in the meantime.', {
    hint: 'Run the command again.',
  });
}
