import { sha256 } from '../../src/core/digest.ts';
import { valueOf } from '../../src/core/finding.ts';
import { readReleaseManifest } from '../../src/core/formats/manifest.ts';
import type { OwnerFile } from '../../src/core/formats/owner-file.ts';
import type { PluginFile } from '../../src/core/formats/plugin-file.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { exampleModule } from '../../src/core/scanning/wasm-example.ts';
import type {
  Change,
  ChangedPlugin,
  ExaminedArtifact,
  NeededPlugin,
} from '../../src/core/submissions/change.ts';
import type { Version } from '../../src/core/version.ts';
import { assemble } from './runner-world.ts';

/** Texts that take the place of others. */
export type Replacements = readonly (readonly [text: string, by: string])[];

/** A change with one release in which nothing is wrong, but for what a test says. */
export interface ChangeDraft {
  /** In what the author wrote: here, and in the manifest that the artifact carries. */
  readonly toml?: Replacements;
  /** In the published manifest only. */
  readonly published?: Replacements;
  /** Files of the archive by path; null for one that is not in it. */
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Text of the module. */
  readonly module?: string;
  /** What came of the examination besides files; without those, where it says `files: undefined`. */
  readonly examined?: Partial<Pick<ExaminedArtifact, 'problem' | 'attestation'>> & {
    readonly files?: undefined;
  };
  readonly bare?: true;
  /** The one that is submitted, `1.2.0` when absent. */
  readonly version?: string;
  /** Versions that the registry has. */
  readonly versions?: readonly string[];
  readonly plugin?: Partial<PluginFile>;
  /** As plugin.toml is in the registry, where that differs. */
  readonly before?: Partial<PluginFile>;
  readonly owner?: { readonly name?: string; readonly isNew?: boolean; readonly about?: OwnerFile };
  /** Other plugins: versions, each with what it needs, and where it runs. */
  readonly others?: Readonly<Record<string, OtherPlugin>>;
  readonly change?: Partial<Change>;
}

interface OtherPlugin {
  readonly versions: Readonly<Record<string, OtherVersion>>;
  readonly yanked?: readonly string[];
}

interface OtherVersion {
  readonly needs?: Readonly<Record<string, string>>;
  readonly platform?: string;
}

const AUTHORED = `[plugin]
name = "graph-lens"
version = "1.2.0"
description = "Shows a graph through a lens"
author = "Dana"
license = "MIT"
repository = "https://git.example.org/dana/graph-lens"
category = "visualizers"
[compatibility]
parseltongue_version = ">=0.3.0 <2"
[performance]
max_query_time_us = 800
max_memory_mb = 16
[security]
tier = "wasm"
capabilities = []
[dependencies]
serde = "1.0"
[provides]
commands = ["run"]
`;

const RELEASED = `[release]
registry = "example"
[source]
repository = "https://git.example.org/dana/graph-lens"
commit = "0123456789abcdef0123456789abcdef01234567"
[[artifact]]
kind = "archive"
platform = "any"
url = "https://git.example.org/dana/graph-lens/releases/download/v1.2.0/graph-lens-1.2.0.tar.gz"
size = 1000
sha256 = "${sha256(new Uint8Array())}"
entry = "plugin.wasm"
`;

/** The few words by which the text of the licence of MIT is known. */
export const MIT_TEXT = `MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software. The above
copyright notice and this permission notice shall be included in all copies.
`;

export const RELEASE_PATH = 'plugins/visualizers/gr/graph-lens/release.toml';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Makes the change. A replacement that finds nothing is a mistake of the test. */
export async function submittedChange(draft: ChangeDraft = {}): Promise<Change> {
  const authored = replaced(AUTHORED.replace('1.2.0', draft.version ?? '1.2.0'), draft.toml);
  const bytes = encode(replaced(`${authored}${RELEASED}`, draft.published));
  const manifest = valueOf(readReleaseManifest(bytes, RELEASE_PATH));
  const { name: owner = 'dana', isNew = false, about } = draft.owner ?? {};
  const file: PluginFile = {
    registry: 'example',
    name: pluginName('graph-lens'),
    revision: 1,
    owner,
    keywords: [],
    repositories: [],
    yanked: {},
    deprecatedVersions: {},
    ...draft.plugin,
  };
  const { files: _, ...examined } = draft.examined ?? {};
  const isOpened = draft.examined === undefined || !('files' in draft.examined);
  const files = isOpened ? { files: await filesOf(draft, authored) } : {};
  const plugin: ChangedPlugin = {
    name: file.name,
    category: 'visualizers',
    before: { ...file, ...draft.before },
    after: file,
    published: new Map(
      (draft.versions ?? ['1.0.0', '1.1.0']).map((version) => [
        version as Version,
        { ...manifest, version: version as Version },
      ]),
    ),
    digests: new Map(),
    transfers: [],
    reviews: new Map(),
    near: [],
    releases: [
      {
        path: RELEASE_PATH,
        bytes,
        manifest,
        artifacts: manifest.artifacts.map((artifact) => ({ artifact, ...examined, ...files })),
        needed: neededOf(draft.others ?? {}, manifest),
      },
    ],
  };
  const others = Object.keys(draft.others ?? {}).map((name) => [pluginName(name), ['visualizers']] as const);
  return {
    registry: {
      id: 'example',
      title: 'Example',
      index: [],
      artifactMirrors: [],
      reservedNames: [],
      removedNames: {},
      officialOwners: [],
      engines: { parseltongue: { supported: '>=0.3.0 <2' as never } },
    },
    root: {} as never,
    licenses: { required: true, allow: ['MIT', 'Apache-2.0'], deny: [] },
    advisories: [],
    capabilities: {
      query: { description: 'Ask', risk: 'low', tiers: ['wasm', 'native', 'core'] },
      network: { description: 'Talk', risk: 'high', tiers: ['native'] },
    },
    categories: new Set(['visualizers']),
    files: [],
    names: new Map([[file.name, ['visualizers']], ...others]),
    owners: new Map([
      [
        owner,
        {
          name: owner,
          isNew,
          about: about ?? { repositories: ['https://git.example.org/dana/'] },
          keyFiles: [],
        },
      ],
    ]),
    plugins: [plugin],
    otherOwners: new Map(),
    revoked: [],
    reviewers: [],
    now: 0,
    ...draft.change,
  };
}

function replaced(text: string, replacements: Replacements = []): string {
  return replacements.reduce((left, [from, by]) => {
    if (!left.includes(from)) throw new Error(`The manifest of the test does not hold ${from}.`);
    return left.replace(from, () => by);
  }, text);
}

async function filesOf(
  draft: ChangeDraft,
  authored: string,
): Promise<NonNullable<ExaminedArtifact['files']>> {
  const all: Readonly<Record<string, string | Uint8Array | null>> = {
    'sheaf.plugin.toml': authored,
    'plugin.wasm': await assemble(draft.module ?? exampleModule()),
    ...(draft.bare === true ? {} : { LICENSE: MIT_TEXT, 'README.md': '# graph-lens' }),
    ...draft.files,
  };
  return Object.entries(all).flatMap(([path, content]) =>
    content === null
      ? []
      : [{ path, kind: 'file' as const, bytes: typeof content === 'string' ? encode(content) : content }],
  );
}

function neededOf(
  others: NonNullable<ChangeDraft['others']>,
  like: ChangedPlugin['releases'][number]['manifest'],
): ReadonlyMap<ReturnType<typeof pluginName>, NeededPlugin> {
  return new Map(
    Object.entries(others).map(([key, { versions, yanked = [] }]) => {
      const name = pluginName(key);
      const releases = Object.entries(versions).map(([version, { needs = {}, platform = 'any' }]) => {
        const dependencies = Object.entries(needs).map(([needed, range]) => [
          needed,
          { range, optional: false },
        ]);
        const manifest = {
          ...like,
          name,
          version: version as Version,
          dependencies: Object.fromEntries(dependencies),
          artifacts: like.artifacts.map((artifact) => ({ ...artifact, platform })),
        };
        return [manifest.version, manifest] as const;
      });
      const file: PluginFile = {
        registry: 'example',
        name,
        revision: 1,
        owner: 'erin',
        keywords: [],
        repositories: [],
        yanked: Object.fromEntries(yanked.map((version) => [version, 'broken'])),
        deprecatedVersions: {},
      };
      return [name, { file, releases: new Map(releases) }];
    }),
  );
}
