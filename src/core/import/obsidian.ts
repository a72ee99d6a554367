import { defined } from '../defined.ts';
import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import type { Reading } from '../finding.ts';
import type { Author } from '../formats/manifest.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { isPrerelease, isVersion, type Version, type VersionRange } from '../version.ts';
import { cleanLine } from './clean-text.ts';
import {
  type Conversion,
  type ConvertedRelease,
  finishConversion,
  isPage,
  shortened,
  startConversion,
  UNSTATED,
} from './conversion.ts';
import { OBSIDIAN_FILES, type ObsidianPlugin } from './obsidian-list.ts';
import { type PackedArtifact, packArtifact } from './packed-artifact.ts';

/** The table `[metadata.obsidian]` marks a release that was imported from Obsidian's list. */
export const OBSIDIAN_METADATA = 'obsidian';

/** The files of a release that Obsidian installs; the first two must be there. */
export const OBSIDIAN_ASSETS = ['main.js', 'manifest.json', 'styles.css'] as const;

/** A release of a plugin, fetched. */
export interface ObsidianRelease {
  readonly name: PluginName;
  readonly tag: string;
  readonly version: Version;
  /** The assets that it has, by name. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
}

/** What of a plugin's `manifest.json` has a meaning here; what is missing or of another type is undefined. */
interface ObsidianManifest {
  readonly id: string | undefined;
  readonly version: string | undefined;
  readonly minAppVersion: string | undefined;
  readonly authorUrl: string | undefined;
  readonly fundingUrl: string | undefined;
  readonly isDesktopOnly: boolean | undefined;
}

/**
 * Converts a release of a plugin for Obsidian. Its assets become one archive, because an artifact of a registry
 * is one file; the digest of each asset is kept, so that anybody can compare it with what the author published.
 *
 * @param target.base URL prefix under which the archive will be served.
 * @returns without a value when an error among the findings says why the release cannot be carried over.
 */
export function convertObsidian(
  plugin: ObsidianPlugin,
  release: ObsidianRelease,
  target: { readonly registry: string; readonly base: string },
): Reading<ConvertedRelease & { readonly packed: PackedArtifact }> {
  const conversion = startConversion(() => ({ file: OBSIDIAN_FILES.plugins }));
  const { report } = conversion;
  const stated = readStated(plugin, release, report);
  const packed = stated === undefined ? undefined : packAssets(plugin, release, target.base, report);
  if (stated === undefined || packed === undefined)
    return { value: undefined, findings: conversion.findings };
  const { version, tag } = release;
  if (version !== tag) {
    report('warning', [], 'version', `The version ${quote(tag)} of ${quote(plugin.id)} became ${version}.`);
  }
  if (isPrerelease(version)) {
    const message = `${version} of ${quote(plugin.id)} is a pre-release: it is installed only when its version is named.`;
    report('warning', [], 'pre-release', message);
  }
  const reading = finishConversion(
    {
      ...UNSTATED,
      ...texts(plugin, report),
      name: release.name,
      version,
      authors: [authorOf(plugin, stated, report)],
      repository: `https://github.com/${plugin.repo}`,
      engines: enginesOf(plugin, stated, report),
      // It runs inside Obsidian with all that Obsidian may do; no tier of less trust would be true.
      security: { tier: 'native', capabilities: [], sandboxRequired: false, level: 'standard' },
      metadata: {
        [OBSIDIAN_METADATA]: defined({
          id: plugin.id,
          tag,
          // What the list does not say, so that nobody takes its absence for an answer.
          unknown: ['license'],
          desktop_only: stated.isDesktopOnly,
          funding: stated.fundingUrl,
          assets: Object.fromEntries([...release.assets].map(([name, bytes]) => [name, sha256(bytes)])),
        }),
      },
      registry: target.registry,
      artifacts: [packed.artifact],
    },
    [target.base],
    conversion,
  );
  return reading.value === undefined ? reading : { ...reading, value: { ...reading.value, packed } };
}

/** What the release says of itself; undefined, with an error, when it is not the release that was asked for. */
function readStated(
  { id }: ObsidianPlugin,
  { tag, assets }: ObsidianRelease,
  report: Conversion['report'],
): ObsidianManifest | undefined {
  for (const name of OBSIDIAN_ASSETS.slice(0, 2)) {
    if (assets.has(name)) continue;
    report('error', [], 'missing-asset', `The release ${quote(tag)} of ${quote(id)} has no ${name}.`);
  }
  const bytes = assets.get('manifest.json');
  if (bytes === undefined || !assets.has('main.js')) return undefined;
  const stated = parseStated(bytes);
  if (stated === undefined) {
    report('error', [], 'json-syntax', `The manifest.json of ${quote(id)} is not a JSON object.`);
    return undefined;
  }
  for (const [key, wanted] of [
    ['id', id],
    ['version', tag],
  ] as const) {
    if (stated[key] === wanted) continue;
    const message = `The manifest.json of ${quote(id)} ${quote(tag)} has the ${key} ${quote(stated[key] ?? '')}.`;
    report('error', [], `${key}-mismatch`, message);
  }
  return stated.id === id && stated.version === tag ? stated : undefined;
}

function parseStated(bytes: Uint8Array): ObsidianManifest | undefined {
  let value: unknown;
  try {
    // Obsidian accepts a byte order mark, and TextDecoder takes it away.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const table = new Map(Object.entries(value));
  const text = (key: string): string | undefined => {
    const entry: unknown = table.get(key);
    return typeof entry === 'string' ? entry : undefined;
  };
  const isDesktopOnly: unknown = table.get('isDesktopOnly');
  return {
    id: text('id'),
    version: text('version'),
    minAppVersion: text('minAppVersion'),
    authorUrl: pageOf(text('authorUrl')),
    fundingUrl: pageOf(text('fundingUrl')),
    isDesktopOnly: typeof isDesktopOnly === 'boolean' ? isDesktopOnly : undefined,
  };
}

function pageOf(text: string | undefined): string | undefined {
  return text !== undefined && isPage(text) ? text : undefined;
}

function packAssets(
  { id }: ObsidianPlugin,
  { assets, version }: ObsidianRelease,
  base: string,
  report: Conversion['report'],
): PackedArtifact | undefined {
  const files = [...assets].map(([path, bytes]) => ({ path, bytes }));
  try {
    return packArtifact(files, { name: `${id}-${version}.tar.gz`, base, entry: 'main.js' });
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    report('error', [], 'archive', error.message);
    return undefined;
  }
}

function texts(
  { id, name, description }: ObsidianPlugin,
  report: Conversion['report'],
): { readonly description: string; readonly displayName?: string } {
  const displayName = cleanLine(name, 80, shortened(report, [], `The name of ${quote(id)}`));
  return {
    description: cleanLine(description, 300, shortened(report, [], `The description of ${quote(id)}`)),
    ...(displayName === '' ? {} : { displayName }),
  };
}

function authorOf(
  { id, author }: ObsidianPlugin,
  { authorUrl }: ObsidianManifest,
  report: Conversion['report'],
): Author {
  const name = cleanLine(author, 100, shortened(report, [], `The author of ${quote(id)}`));
  return defined({ name, url: authorUrl });
}

function enginesOf(
  { id }: ObsidianPlugin,
  { minAppVersion }: ObsidianManifest,
  report: Conversion['report'],
): Readonly<Record<string, VersionRange>> {
  if (minAppVersion === undefined) return {};
  if (isVersion(minAppVersion)) return { obsidian: `>=${minAppVersion}` as VersionRange };
  report(
    'warning',
    [],
    'engine',
    `${quote(id)} needs Obsidian ${quote(minAppVersion)}, which is no version; it was left out.`,
  );
  return {};
}
