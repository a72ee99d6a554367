import { SheafError } from '../../core/errors.ts';
import { packRelease } from './pack-release.ts';
import type { PublishContext, PublishOptions, PublishPorts } from './publish-context.ts';
import { readStaged } from './publish-folder.ts';
import { signaturePathOf, submissionFiles } from './release-files.ts';

/** A file that a change adds to a registry or changes in it. */
export interface PreviewedFile {
  readonly path: string;
  /** Absent for what is not known before a step that is still to be done. */
  readonly text?: string;
}

/**
 * What a publication will add to the registry: as it was packed, else as it would be packed now, without writing
 * anything. Before the plugin has been built, nothing but paths can be told, and signatures only when they are made.
 */
export async function previewFiles(
  ports: Pick<PublishPorts, 'files' | 'folders' | 'host'>,
  options: PublishOptions,
  context: PublishContext,
): Promise<readonly PreviewedFile[]> {
  const { record, known, view, plugin, key, account } = context;
  const { unsigned, signed } = record;
  const packed = record.steps.pack;
  const isPacked =
    packed !== undefined && packed.output === known.packed && packed.inputs.source === known.source;
  if (isPacked) {
    const names = [...unsigned, ...Object.keys(signed)];
    const staged = await readStaged(ports.files, options.path, record.version, names);
    const signatures = await readStaged(ports.files, options.path, record.version, Object.values(signed));
    return listed(
      new Map([
        ...Object.values(signed).map((path) => [path, undefined] as const),
        ...(staged ?? []),
        ...(signatures ?? []),
      ]),
    );
  }
  const release = await packedNow(ports, options, context);
  const owner = { about: options.newOwner, key, account };
  const made = submissionFiles(
    view,
    plugin.manifest,
    release ?? { bytes: new Uint8Array(), url: ports.host.addressOf('artifact') },
    owner,
  );
  const isKnown = ([path, bytes]: [string, Uint8Array]): readonly [string, Uint8Array | undefined] =>
    release === undefined && path.endsWith(`/${plugin.manifest.version}.toml`)
      ? [path, undefined]
      : [path, bytes];
  return listed(
    new Map([
      ...[...made.signed].map(isKnown),
      ...[...made.signed.keys()].map((path) => [signaturePathOf(path, view.owner), undefined] as const),
      ...made.unsigned,
    ]),
  );
}

async function packedNow(
  ports: Pick<PublishPorts, 'files' | 'folders' | 'host'>,
  { platform }: PublishOptions,
  { plugin, view, source, record }: PublishContext,
): Promise<{ readonly bytes: Uint8Array; readonly url: string } | undefined> {
  try {
    const parts = { registry: view.registry, source: source?.source, platform, given: record.given };
    const { manifest, artifacts } = await packRelease(ports, plugin, parts);
    return { bytes: manifest, url: artifacts[0].url };
  } catch (error) {
    // It has not been built, or not to what its manifest says: the steps before packing will say so.
    if (error instanceof SheafError) return undefined;
    throw error;
  }
}

function listed(files: ReadonlyMap<string, Uint8Array | undefined>): readonly PreviewedFile[] {
  return [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => ({
      path,
      ...(bytes === undefined ? {} : { text: new TextDecoder().decode(bytes) }),
    }));
}
