import type { PluginName } from '../plugin-name.ts';
import { isPluginName, namePrefix } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { isVersion } from '../version.ts';

/**
 * What a file of a registry repository is, told by its path alone. Paths are relative to the root of the
 * repository, with `/`. {@link parseSourcePath} and {@link sourcePath} are inverse to each other.
 */
export type SourceFile =
  | { readonly kind: 'registry' | 'revoked' | 'reviewers' }
  | { readonly kind: 'category'; readonly category: string }
  | { readonly kind: 'collection'; readonly collection: string }
  | { readonly kind: 'policy'; readonly policy: string }
  | { readonly kind: 'advisory'; readonly advisory: string }
  | { readonly kind: 'root'; readonly version: number }
  | { readonly kind: 'root-signature'; readonly version: number; readonly principal: string }
  | { readonly kind: 'owner'; readonly owner: string }
  | { readonly kind: 'owner-signers'; readonly owner: string; readonly version: number }
  | {
      readonly kind: 'owner-signature';
      readonly owner: string;
      readonly version: number;
      readonly principal: string;
    }
  | { readonly kind: 'status'; readonly plugin: PluginName; readonly event: string }
  | {
      readonly kind: 'status-signature';
      readonly plugin: PluginName;
      readonly event: string;
      readonly principal: string;
    }
  | { readonly kind: 'audit'; readonly plugin: PluginName; readonly version: Version }
  | {
      readonly kind: 'review' | 'review-signature';
      readonly plugin: PluginName;
      readonly version: Version;
      readonly reviewer: string;
    }
  | {
      readonly kind: 'plugin' | 'plugin-signature';
      readonly category: string;
      readonly plugin: PluginName;
    }
  | {
      readonly kind: 'transfer';
      readonly category: string;
      readonly plugin: PluginName;
      readonly revision: number;
    }
  | {
      readonly kind: 'transfer-signature';
      readonly category: string;
      readonly plugin: PluginName;
      readonly revision: number;
      readonly principal: string;
    }
  | {
      readonly kind: 'release' | 'release-signature';
      readonly category: string;
      readonly plugin: PluginName;
      readonly version: Version;
    };

/** The directories of a registry repository that hold more than one file of a kind. */
export const SOURCE_DIRECTORIES = {
  categories: 'registry/categories',
  collections: 'registry/collections',
  policy: 'registry/policy',
  advisories: 'registry/security/advisories',
  status: 'registry/security/status',
  audits: 'registry/security/audits',
  reviews: 'registry/reviews',
  root: 'registry/trust/root',
  owners: 'registry/trust/owners',
  plugins: 'plugins',
} as const;

/** The directory of everything a registry says about one plugin, below one of the directories by name. */
export function pluginDirectory(area: 'status' | 'audits' | 'reviews', plugin: PluginName): string {
  return `${SOURCE_DIRECTORIES[area]}/${namePrefix(plugin)}/${plugin}`;
}

/** The directory of a plugin's own, signed files. */
export function releaseDirectory(category: string, plugin: PluginName): string {
  return `plugins/${category}/${namePrefix(plugin)}/${plugin}`;
}

/** The path of a file. */
export function sourcePath(file: SourceFile): string {
  switch (file.kind) {
    case 'registry':
      return 'registry/registry.toml';
    case 'revoked':
      return 'registry/trust/revoked';
    case 'reviewers':
      return 'registry/trust/reviewers.signers';
    case 'category':
      return `${SOURCE_DIRECTORIES.categories}/${file.category}.toml`;
    case 'collection':
      return `${SOURCE_DIRECTORIES.collections}/${file.collection}.toml`;
    case 'policy':
      return `${SOURCE_DIRECTORIES.policy}/${file.policy}.toml`;
    case 'advisory':
      return `${SOURCE_DIRECTORIES.advisories}/${file.advisory}.json`;
    case 'root':
      return `${SOURCE_DIRECTORIES.root}/${file.version}.signers`;
    case 'root-signature':
      return `${SOURCE_DIRECTORIES.root}/${file.version}.signers.${file.principal}.sig`;
    case 'owner':
      return `${SOURCE_DIRECTORIES.owners}/${file.owner}/owner.toml`;
    case 'owner-signers':
      return `${SOURCE_DIRECTORIES.owners}/${file.owner}/${file.version}.signers`;
    case 'owner-signature':
      return `${SOURCE_DIRECTORIES.owners}/${file.owner}/${file.version}.signers.${file.principal}.sig`;
    case 'status':
      return `${pluginDirectory('status', file.plugin)}/${file.event}.toml`;
    case 'status-signature':
      return `${pluginDirectory('status', file.plugin)}/${file.event}.toml.${file.principal}.sig`;
    case 'audit':
      return `${pluginDirectory('audits', file.plugin)}/${file.version}.toml`;
    case 'review':
    case 'review-signature':
      return `${pluginDirectory('reviews', file.plugin)}/${file.version}.${file.reviewer}.toml${signed(file.kind)}`;
    case 'plugin':
    case 'plugin-signature':
      return `${releaseDirectory(file.category, file.plugin)}/plugin.toml${signed(file.kind)}`;
    case 'transfer':
      return `${releaseDirectory(file.category, file.plugin)}/transfer-${file.revision}.toml`;
    case 'transfer-signature':
      return `${releaseDirectory(file.category, file.plugin)}/transfer-${file.revision}.toml.${file.principal}.sig`;
    case 'release':
    case 'release-signature':
      return `${releaseDirectory(file.category, file.plugin)}/${file.version}.toml${signed(file.kind)}`;
    default:
      return file satisfies never;
  }
}

/**
 * What the file at a path is; undefined when a registry has no such file. A plugin below the wrong two-letter
 * directory is no such file: it would be a second place for one name.
 */
export function parseSourcePath(path: string): SourceFile | undefined {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const directory = parts.slice(0, -1).join('/');
  if (path === 'registry/registry.toml') return { kind: 'registry' };
  if (path === 'registry/trust/revoked') return { kind: 'revoked' };
  if (path === 'registry/trust/reviewers.signers') return { kind: 'reviewers' };
  switch (directory) {
    case SOURCE_DIRECTORIES.categories:
      return named(name, '.toml', (category) => ({ kind: 'category', category }));
    case SOURCE_DIRECTORIES.collections:
      return named(name, '.toml', (collection) => ({ kind: 'collection', collection }));
    case SOURCE_DIRECTORIES.policy:
      return named(name, '.toml', (policy) => ({ kind: 'policy', policy }));
    case SOURCE_DIRECTORIES.advisories: {
      const advisory = /^([A-Z0-9]+(?:-[A-Za-z0-9]+)*)\.json$/.exec(name)?.[1];
      return advisory === undefined ? undefined : { kind: 'advisory', advisory };
    }
    case SOURCE_DIRECTORIES.root:
      return parseSigners(name);
    default:
      return parseNested(parts, name);
  }
}

function parseNested(parts: readonly string[], name: string): SourceFile | undefined {
  const parent = parts.at(-2) ?? '';
  const owners = SOURCE_DIRECTORIES.owners;
  if (parts.slice(0, -2).join('/') === owners && isSlug(parent)) {
    if (name === 'owner.toml') return { kind: 'owner', owner: parent };
    return parseSigners(name, parent);
  }
  if (!isPluginName(parent) || parts.at(-3) !== namePrefix(parent)) return undefined;
  const area = parts.slice(0, -3).join('/');
  switch (area) {
    case SOURCE_DIRECTORIES.status:
      return parseStatus(name, parent);
    case SOURCE_DIRECTORIES.audits: {
      const version = name.endsWith('.toml') ? name.slice(0, -'.toml'.length) : '';
      return isVersion(version) ? { kind: 'audit', plugin: parent, version } : undefined;
    }
    case SOURCE_DIRECTORIES.reviews:
      return parseReview(name, parent);
    default:
      return parseRelease(area, name, parent);
  }
}

function parseStatus(name: string, plugin: PluginName): SourceFile | undefined {
  const match = /^([A-Za-z0-9][A-Za-z0-9-]*)\.toml(?:\.([a-z0-9-]+)\.sig)?$/.exec(name);
  const [, event, principal] = match ?? [];
  if (event === undefined) return undefined;
  return principal === undefined
    ? { kind: 'status', plugin, event }
    : { kind: 'status-signature', plugin, event, principal };
}

function parseReview(name: string, plugin: PluginName): SourceFile | undefined {
  const match = /^(.+)\.([a-z0-9-]+)\.toml(\.sig)?$/.exec(name);
  const [, version, reviewer, sig] = match ?? [];
  if (!isVersion(version) || reviewer === undefined) return undefined;
  return { kind: sig === undefined ? 'review' : 'review-signature', plugin, version, reviewer };
}

function parseRelease(area: string, name: string, plugin: PluginName): SourceFile | undefined {
  const category = /^plugins\/([^/]+)$/.exec(area)?.[1];
  if (category === undefined || !isSlug(category)) return undefined;
  if (name.startsWith('transfer-')) return parseTransfer(name, category, plugin);
  const [, stem, sig] = /^(.+)\.toml(\.sig)?$/.exec(name) ?? [];
  if (stem === 'plugin') {
    return { kind: sig === undefined ? 'plugin' : 'plugin-signature', category, plugin };
  }
  if (!isVersion(stem)) return undefined;
  return { kind: sig === undefined ? 'release' : 'release-signature', category, plugin, version: stem };
}

function parseTransfer(name: string, category: string, plugin: PluginName): SourceFile | undefined {
  const match = /^transfer-([1-9]\d{0,8})\.toml(?:\.([a-z0-9-]+)\.sig)?$/.exec(name);
  if (match === null) return undefined;
  const [revision, principal] = [Number(match[1]), match[2]];
  return principal === undefined
    ? { kind: 'transfer', category, plugin, revision }
    : { kind: 'transfer-signature', category, plugin, revision, principal };
}

function parseSigners(name: string, owner?: string): SourceFile | undefined {
  const match = /^([1-9]\d{0,8})\.signers(?:\.([a-z0-9-]+)\.sig)?$/.exec(name);
  if (match === null) return undefined;
  const version = Number(match[1]);
  const principal = match[2];
  if (principal === undefined) {
    return owner === undefined ? { kind: 'root', version } : { kind: 'owner-signers', owner, version };
  }
  return owner === undefined
    ? { kind: 'root-signature', version, principal }
    : { kind: 'owner-signature', owner, version, principal };
}

function named(name: string, suffix: string, file: (slug: string) => SourceFile): SourceFile | undefined {
  const slug = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
  return isSlug(slug) ? file(slug) : undefined;
}

function signed(kind: string): '' | '.sig' {
  return kind.endsWith('-signature') ? '.sig' : '';
}

function isSlug(text: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);
}
