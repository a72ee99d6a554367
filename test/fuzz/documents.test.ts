import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonDocument } from '../../src/core/documents/json-document.ts';
import { parseLocalToml } from '../../src/core/documents/local-toml.ts';
import { parseToml } from '../../src/core/documents/toml-document.ts';
import { removeTomlValue, setTomlValue } from '../../src/core/documents/toml-edit.ts';
import { readAdvisory } from '../../src/core/formats/advisory.ts';
import { readAuditFile } from '../../src/core/formats/audit-file.ts';
import { readCapabilityPolicy } from '../../src/core/formats/capability-policy.ts';
import { readCategoryFile } from '../../src/core/formats/category-file.ts';
import { readCollectionFile } from '../../src/core/formats/collection-file.ts';
import { readConfig } from '../../src/core/formats/config-file.ts';
import { getSetting, setSetting, unsetSetting } from '../../src/core/formats/config-settings.ts';
import { isHostList, readHostList } from '../../src/core/formats/host-list.ts';
import { readLicensePolicy } from '../../src/core/formats/license-policy.ts';
import { lockfileOf, readLockfile, writeLockfile } from '../../src/core/formats/lockfile.ts';
import { readManifest, readReleaseManifest } from '../../src/core/formats/manifest.ts';
import { readMergePolicy } from '../../src/core/formats/merge-policy.ts';
import { readOwnerFile } from '../../src/core/formats/owner-file.ts';
import { readPluginFile } from '../../src/core/formats/plugin-file.ts';
import { addPlugin, readProjectFile, removePlugin } from '../../src/core/formats/project-file.ts';
import { readRegistryFile } from '../../src/core/formats/registry-file.ts';
import { readReviewFile } from '../../src/core/formats/review-file.ts';
import { readReviewerPolicy } from '../../src/core/formats/reviewer-policy.ts';
import { readStatusEvent } from '../../src/core/formats/status-event.ts';
import { readTierPolicy } from '../../src/core/formats/tier-policy.ts';
import { convertForgeai } from '../../src/core/import/forgeai.ts';
import { readForgeaiManifest } from '../../src/core/import/forgeai-manifest.ts';
import { convertKrew } from '../../src/core/import/krew.ts';
import { OBSIDIAN_FILES, readObsidianList } from '../../src/core/import/obsidian-list.ts';
import type { SourceFile } from '../../src/core/index/source-layout.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import type { VersionRange } from '../../src/core/version.ts';
import { damaged, FUZZ_TIMEOUT, fuzzing, refusesAtMost, requireHonest } from '../support/fuzzing.ts';
import { honestFiles } from '../support/honest-files.ts';

/** Every file that people and programs write, damaged. */

const files = honestFiles();
const samplesOf = (kind: SourceFile['kind']): readonly Uint8Array[] => {
  const found = files.get(kind);
  if (found === undefined) throw new Error(`The reference registry has no file of kind ${kind}.`);
  return found.toSorted((a, b) => b.length - a.length).slice(0, 4);
};
const policies = (): readonly Uint8Array[] => files.get('policy') ?? [];
const text = (value: string): readonly Uint8Array[] => [Buffer.from(value)];

const DIGEST = 'ab'.repeat(32);
const LOCK = `version = 1

[[registry]]
id = "acme"
url = "https://acme.example/"
root = { version = 1, sha256 = "${DIGEST}" }
checkpoint = { epoch = 1, version = 7, sha256 = "${DIGEST}" }

[[plugin]]
name = "graph-lens"
version = "1.2.0"
registry = "acme"
manifest = "${DIGEST}"
tier = "wasm"
capabilities = ["query"]
owner = { name = "author", version = 1, key = "SHA256:${'a'.repeat(43)}" }
dependencies = { users = "^1.0.0" }
platforms = { any = { url = "https://acme.example/lens.wasm", sha256 = "${DIGEST}", size = 7 } }
`;
const CONFIG = `[registries.acme]
id = "acme"
url = ["https://acme.example/", "git+https://acme.example/r.git#index"]
root = "sha256:${DIGEST}"

[policy]
tiers = ["wasm", "native"]
minimum_release_age = "3d"
deny_capabilities = ["network"]
`;
const PROJECT = `# what this project wants
[registries.acme]
id = "acme"
url = "https://acme.example/"
root = "sha256:${DIGEST}"

[plugins]
graph-lens = "^1.2"
users = { version = "^1", registry = "acme" }
local = { path = "../local" }

[plugin.graph-lens.config]
depth = 3

[host]
plugins_file = "plugins.json"
`;
const HOST_LIST = JSON.stringify({
  schema: 'sheaf-plugins/1',
  generation: 3,
  plugins: [{ name: 'graph-lens', version: '1.0.0' }],
});
const KREW = `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: view-lens
spec:
  version: v1.2.3
  homepage: https://github.com/acme/kubectl-lens
  shortDescription: Look at things closely
  caveats: |
    Read the manual.
  platforms:
  - selector: {matchExpressions: [{key: os, operator: In, values: [linux, darwin]}]}
    uri: https://github.com/acme/kubectl-lens/releases/download/v1.2.3/lens.tar.gz
    sha256: ${DIGEST}
    bin: ./lens
    files:
    - {from: "lens-*/bin/*", to: "."}
    - {from: LICENSE, to: .}
`;

const FORGEAI = `name: rust-executor
version: 1.0.0
description: Runs Rust
author: Acme
license: MIT
supported_languages: [rust]
dependencies: [rustc, "users@^1.0.0"]
minimum_forgeai_version: 1.0.0
security_level: high
download_url: https://github.com/acme/rust/releases/download/v1.0.0/rust.tar.gz
file_hash: sha256:${DIGEST}
`;
const OBSIDIAN = JSON.stringify([
  { id: 'calendar', name: 'Calendar', author: 'Ann', description: 'Months.', repo: 'ann/calendar' },
]);
const OBSIDIAN_STATS = JSON.stringify({ calendar: { '1.0.0': 5, downloads: 9, updated: 1_700_000_000_000 } });

const read =
  (reader: (bytes: Uint8Array, file: string) => unknown) =>
  (bytes: Uint8Array): unknown =>
    reader(bytes, 'file');

const READERS: readonly [string, () => readonly Uint8Array[], (bytes: Uint8Array) => unknown][] = [
  [
    'TOML of any kind',
    () => [...text(PROJECT), ...samplesOf('release')],
    (bytes) => parseToml(bytes, 'file', { maxBytes: 65_536 }),
  ],
  [
    'JSON of any kind',
    () => [...text(HOST_LIST), ...samplesOf('advisory')],
    (bytes) => parseJsonDocument(bytes, 'file', { maxBytes: 65_536, maxDepth: 16 }),
  ],
  ['registry.toml', () => samplesOf('registry'), read(readRegistryFile)],
  ['a category', () => samplesOf('category'), read(readCategoryFile)],
  ['a collection', () => samplesOf('collection'), read(readCollectionFile)],
  ['owner.toml', () => samplesOf('owner'), read(readOwnerFile)],
  ['plugin.toml', () => samplesOf('plugin'), read(readPluginFile)],
  ['the manifest of an author', () => samplesOf('release'), read(readManifest)],
  ['the manifest of a release', () => samplesOf('release'), read(readReleaseManifest)],
  ['a review', () => samplesOf('review'), read(readReviewFile)],
  ['an audit', () => samplesOf('audit'), read(readAuditFile)],
  ['a status event', () => samplesOf('status'), read(readStatusEvent)],
  ['an advisory', () => samplesOf('advisory'), (bytes) => readAdvisory(bytes, 'PLUG-2026-0001.json')],
  ['the policy on capabilities', policies, read(readCapabilityPolicy)],
  ['the policy on licences', policies, read(readLicensePolicy)],
  ['the policy on merging', policies, read(readMergePolicy)],
  ['the policy on reviewers', policies, read(readReviewerPolicy)],
  ['the policy on tiers', policies, read(readTierPolicy)],
  ['config.toml', () => text(CONFIG), read(readConfig)],
  ['sheaf.toml', () => text(PROJECT), read(readProjectFile)],
  ['sheaf.lock', () => text(LOCK), (bytes) => lockfileOf(readLockfile(bytes, 'sheaf.lock'))],
  ['the list for a host', () => text(HOST_LIST), (bytes) => [isHostList(bytes), readHostList(bytes)]],
  [
    'a manifest of krew',
    () => [...text(KREW), ...text(KREW.replace('lens-*/bin/*', 'bin/lens'))],
    (bytes) => convertKrew(bytes, 'plugins/view-lens.yaml', 'acme'),
  ],
  [
    'a plugin.yaml of ForgeAI',
    () => text(FORGEAI),
    (bytes) => {
      const { value, findings } = readForgeaiManifest(bytes, 'plugin.yaml');
      return value === undefined
        ? { value, findings }
        : convertForgeai(value, { registry: 'acme', isListed: () => false });
    },
  ],
  [
    "Obsidian's list",
    () => text(OBSIDIAN),
    (bytes) => readObsidianList(new Map([[OBSIDIAN_FILES.plugins, bytes]])),
  ],
  [
    "the statistics of Obsidian's list",
    () => text(OBSIDIAN_STATS),
    (bytes) => readObsidianList(new Map([[OBSIDIAN_FILES.stats, bytes]])),
  ],
];

describe('damaged in any way,', () => {
  it.each(READERS)(
    '%s is read or refused with a sentence',
    (_, samples, reader) => {
      requireHonest(samples(), reader);
      expect(() =>
        fc.assert(
          fc.property(damaged(samples()), (bytes) => refusesAtMost(() => reader(bytes))),
          fuzzing(150),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it.each([
    ['sheaf.toml', PROJECT],
    ['config.toml', CONFIG],
  ])(
    '%s that is accepted can be edited, and what comes out is TOML again',
    (file, sample) => {
      const reader = file === 'sheaf.toml' ? readProjectFile : readConfig;
      const isToml = (value: string): void =>
        expect(parseLocalToml(Buffer.from(value), file).findings).toEqual([]);
      expect(() =>
        fc.assert(
          fc.property(damaged(text(sample)), (bytes) => {
            if (reader(bytes, file).value === undefined) return;
            const before = new TextDecoder().decode(bytes);
            isToml(setTomlValue(before, ['policy', 'x'], '"y"'));
            isToml(removeTomlValue(before, ['plugins']));
            isToml(removePlugin(before, pluginName('users')));
            isToml(addPlugin(before, { name: pluginName('other'), range: '^1' as VersionRange }));
            if (file === 'sheaf.toml') return;
            refusesAtMost(() => setSetting(before, 'policy.tiers', 'wasm', file));
            refusesAtMost(() => unsetSetting(before, 'policy.tiers'));
            refusesAtMost(() => getSetting(before, 'policy.tiers'));
          }),
          fuzzing(150),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'sheaf.lock that is accepted is written so that it is accepted again',
    () => {
      expect(() =>
        fc.assert(
          fc.property(damaged(text(LOCK)), (bytes) => {
            const { value } = readLockfile(bytes, 'sheaf.lock');
            if (value === undefined) return;
            const written = writeLockfile(value);
            const again = readLockfile(written, 'sheaf.lock').value;
            expect(again && writeLockfile(again)).toEqual(written);
          }),
          fuzzing(150),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );
});
