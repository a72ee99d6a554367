import type { FileToPack } from '../archives/pack-archive.ts';
import { defined } from '../defined.ts';
import { isSha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import type { Reading } from '../finding.ts';
import type { Artifact, Manifest } from '../formats/manifest.ts';
import { licenseProblem } from '../formats/spdx.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { isVersionRange, type VersionRange } from '../version.ts';
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
import { releasePrefix } from './forge-archive.ts';
import type { EngineBounds, ForgeaiManifest, ForgeaiText } from './forgeai-manifest.ts';
import { importedName } from './imported-name.ts';
import { listedDependencies } from './listed-dependencies.ts';
import { type PackedArtifact, packArtifact } from './packed-artifact.ts';
import { versionOfTag } from './tag-version.ts';

/** The table `[metadata.forgeai]` marks a release that was imported from ForgeAI. */
export const FORGEAI_METADATA = 'forgeai';

/** What a plugin is converted for. */
export interface ForgeaiTarget {
  readonly registry: string;
  /** The files beside plugin.yaml, and the URL prefix under which they will be served as an archive. */
  readonly packing?: { readonly base: string; readonly files: readonly FileToPack[] };
  /** Whether the list has a plugin of that name. */
  readonly isListed: (name: string) => boolean;
}

/** Where a release is to be had: under the URL that plugin.yaml states, or in an archive of what lies beside it. */
type Offer = { readonly artifact: Artifact; readonly prefix: string; readonly packed?: PackedArtifact };

/**
 * Converts a plugin of ForgeAI. Its artifact is what `download_url` and `file_hash` name; without them, the
 * directory of plugin.yaml is packed.
 *
 * @returns without a value when an error among the findings says why it cannot be carried over.
 */
export function convertForgeai(
  forgeai: ForgeaiManifest,
  { registry, packing, isListed }: ForgeaiTarget,
): Reading<ConvertedRelease & { readonly packed?: PackedArtifact }> {
  const conversion = startConversion((path) => forgeai.place(path));
  const { report } = conversion;
  const name = importedName(forgeai.name);
  const version = versionOfTag(forgeai.version);
  if (name === undefined) {
    report('error', ['name'], 'name', `${quote(forgeai.name)} cannot become a plugin name.`);
  }
  if (version === undefined) {
    report('error', ['version'], 'version', `${quote(forgeai.version)} is not a version.`);
  } else if (!version.exact) {
    const message = `The version ${quote(forgeai.version)} became ${version.version}.`;
    report('warning', ['version'], 'version', message);
  }
  const offer = name === undefined ? undefined : offerOf(forgeai, name, packing, report);
  if (name === undefined || version === undefined || offer === undefined) {
    return { value: undefined, findings: conversion.findings };
  }
  const { plugins, requires } = listedDependencies(forgeai.dependencies, isListed, (index, message) =>
    report('warning', ['dependencies', index], 'dependency', message),
  );
  const tier = offer.artifact.kind === 'wasm' ? 'wasm' : 'native';
  const reading = finishConversion(
    {
      ...UNSTATED,
      ...texts(forgeai, report),
      name,
      version: version.version,
      keywords: keywordsOf(forgeai, report),
      engines: enginesOf(forgeai, report),
      security: { tier, capabilities: [], sandboxRequired: false, level: levelOf(forgeai, report) },
      dependencies: plugins,
      requires,
      provides: { languages: languagesOf(forgeai, report), commands: [] },
      metadata: { [FORGEAI_METADATA]: { id: forgeai.name, version: forgeai.version } },
      registry,
      artifacts: [offer.artifact],
    },
    [offer.prefix],
    conversion,
  );
  if (reading.value === undefined) return reading;
  return { ...reading, value: defined({ ...reading.value, packed: offer.packed }) };
}

function offerOf(
  { texts }: ForgeaiManifest,
  name: PluginName,
  packing: ForgeaiTarget['packing'],
  report: Conversion['report'],
): Offer | undefined {
  const { download_url: url, file_hash: hash, signature } = texts;
  if (signature !== undefined) {
    report(
      'warning',
      ['signature'],
      'signature',
      'The signature was left out: it is not over what is signed here.',
    );
  }
  const stated = statedArtifact(texts);
  if (stated !== undefined) return { artifact: stated, prefix: releasePrefix(stated.url) };
  if (url !== undefined || hash !== undefined) {
    const key = url === undefined ? 'file_hash' : 'download_url';
    const message =
      'download_url and file_hash are not an https URL and a SHA-256 together; they were left out.';
    report('warning', [key], 'artifact', message);
  }
  if (packing === undefined) {
    const message = `Nothing says where ${name} is to be had: it has no download_url with a file_hash, and its files were not packed.`;
    report('error', [], 'no-artifact', message);
    return undefined;
  }
  return packedOffer(name, packing, report);
}

/** The artifact that plugin.yaml names by an https URL and its SHA-256. */
export function statedArtifact({
  download_url: url,
  file_hash: hash,
}: ForgeaiManifest['texts']): Artifact | undefined {
  const digest = hash?.toLowerCase().replace(/^sha256:/, '');
  if (url === undefined || !isPage(url) || digest === undefined || !isSha256(digest)) return undefined;
  return { kind: kindOf(url), platform: 'any', url, sha256: digest };
}

function packedOffer(
  name: PluginName,
  { base, files }: NonNullable<ForgeaiTarget['packing']>,
  report: Conversion['report'],
): Offer | undefined {
  const library = `${name}.so`;
  const isBuilt = files.some(({ path }) => path === library);
  if (!isBuilt) {
    report(
      'warning',
      [],
      'not-built',
      `There is no ${library} beside plugin.yaml; the files were packed as they are.`,
    );
  }
  try {
    const packed = packArtifact(files, { name, base, ...(isBuilt ? { entry: library } : {}) });
    return { artifact: packed.artifact, prefix: base, packed };
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    report('error', [], 'archive', error.message);
    return undefined;
  }
}

function kindOf(url: string): Artifact['kind'] {
  const { pathname } = new URL(url);
  if (/\.(tar\.gz|tgz|zip)$/i.test(pathname)) return 'archive';
  return /\.wasm$/i.test(pathname) ? 'wasm' : 'binary';
}

/** What people read; what a manifest cannot hold earns a warning. */
function texts(
  { description, texts }: ForgeaiManifest,
  report: Conversion['report'],
): Pick<Manifest, 'authors' | 'containerImage' | 'description' | 'homepage' | 'license' | 'repository'> {
  const kept = (key: ForgeaiText, isFit: (text: string) => boolean, what: string): string | undefined => {
    const text = texts[key];
    if (text === undefined || isFit(text)) return text;
    report('warning', [key], key.replaceAll('_', '-'), `${quote(text)} is ${what}; it was left out.`);
    return undefined;
  };
  const author = cleanLine(texts.author ?? '', 100, shortened(report, ['author'], 'The author'));
  return {
    description: cleanLine(description, 300, shortened(report, ['description'], 'The description')),
    authors: author === '' ? [] : [{ name: author }],
    ...defined({
      license: kept('license', (text) => licenseProblem(text) === undefined, 'no SPDX expression'),
      homepage: kept('homepage', isPage, 'no https URL'),
      repository: kept('repository', isPage, 'no https URL'),
      containerImage: kept(
        'container_image',
        (text) => text.length <= 300 && /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/.test(text),
        'no reference of a container image',
      ),
    }),
  };
}

function keywordsOf({ keywords }: ForgeaiManifest, report: Conversion['report']): readonly string[] {
  const onLoss = shortened(report, ['keywords'], 'A keyword');
  const words = keywords
    .map((word) => cleanLine(word.toLowerCase(), 40, onLoss))
    .filter((word) => word !== '');
  if (words.length > 20) report('warning', ['keywords'], 'keywords', 'Only the first 20 keywords were kept.');
  return [...new Set(words)].slice(0, 20);
}

function languagesOf({ languages }: ForgeaiManifest, report: Conversion['report']): readonly string[] {
  const names = languages.flatMap((language, index) => {
    const name = language.trim().toLowerCase();
    if (/^[a-z][a-z0-9+#._-]{0,39}$/.test(name)) return [name];
    report(
      'warning',
      ['supported_languages', index],
      'language',
      `${quote(language)} is no name of a language; it was left out.`,
    );
    return [];
  });
  return [...new Set(names)];
}

/** A manifest knows two levels; a word that it does not know must not lower the guard. */
function levelOf({ texts }: ForgeaiManifest, report: Conversion['report']): 'standard' | 'high' {
  const word = texts.security_level?.trim().toLowerCase() ?? 'standard';
  if (word === 'standard' || word === 'high') return word;
  const level = ['low', 'medium', 'normal', 'default'].includes(word) ? 'standard' : 'high';
  report(
    'warning',
    ['security_level'],
    'security-level',
    `The security level ${quote(word)} became ${level}.`,
  );
  return level;
}

function enginesOf(
  { engines }: ForgeaiManifest,
  report: Conversion['report'],
): Readonly<Record<string, VersionRange>> {
  const ranges = Object.entries(engines).flatMap(([engine, bounds]) => {
    const range = rangeOf(engine, bounds, report);
    return range === undefined ? [] : [[engine, range] as const];
  });
  return Object.fromEntries(ranges);
}

function rangeOf(
  engine: string,
  bounds: EngineBounds,
  report: Conversion['report'],
): VersionRange | undefined {
  const parts = (['minimum', 'maximum'] as const).flatMap((bound) => {
    const text = bounds[bound];
    if (text === undefined) return [];
    const version = versionOfTag(text)?.version;
    if (version !== undefined) return [`${bound === 'minimum' ? '>=' : '<='}${version}`];
    report(
      'warning',
      [`${bound}_${engine}_version`],
      'engine',
      `${quote(text)} is not a version; it was left out.`,
    );
    return [];
  });
  const range = parts.join(' ');
  return parts.length > 0 && isVersionRange(range) ? range : undefined;
}
