import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { valueOf } from '../../core/finding.ts';
import { readPluginFile, writePluginFile } from '../../core/formats/plugin-file.ts';
import { readStatusEvent } from '../../core/formats/status-event.ts';
import { readSigners } from '../../core/signatures/signers.ts';
import { formatPrivateKey } from '../../core/signatures/ssh-key.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import { testKey } from '../../testkit/keys.ts';
import { createImportPorts } from '../../wiring/import.ts';
import { importKrew } from './import-krew.ts';
import type { Imported, ImportOptions } from './import-list.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
const PLUGINS = 'plugins/kubectl-plugins';

interface Listed {
  readonly version?: string;
  readonly repository?: string;
  readonly digest?: string;
}

/** A list of plugins on disk, and a place for the registry. */
async function world() {
  const scratch = await mkdtemp(join(tmpdir(), 'sheaf-import-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(scratch, ...path);
  await mkdir(at('krew-index', 'plugins'), { recursive: true });
  for (const name of ['importer', 'other']) await writeFile(at(name), formatPrivateKey(testKey(name)));
  const ports = {
    ...createImportPorts({ environment: {}, signal: new AbortController().signal }),
    clock: { now: () => NOW },
  };
  return {
    at,
    read: async (path: string): Promise<Uint8Array> => new Uint8Array(await readFile(at('registry', path))),
    list: (name: string, { version = '1.0.0', repository = 'acme/lens', digest = 'ab' }: Listed = {}) =>
      writeFile(
        at('krew-index', 'plugins', `${name}.yaml`),
        `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata: {name: ${name}}
spec:
  version: v${version}
  shortDescription: Looks
  platforms:
  - {uri: "https://github.com/${repository}/releases/download/v${version}/a.zip", sha256: ${digest.repeat(32)}, bin: lens, selector: {matchLabels: {os: linux, arch: amd64}}}
`,
      ),
    run: (options: Partial<ImportOptions> = {}): Promise<Imported> =>
      importKrew(ports, {
        list: at('krew-index'),
        directory: at('registry'),
        id: 'acme',
        key: at('importer'),
        dryRun: false,
        ...options,
      }),
    files: async (): Promise<readonly string[]> => {
      const entries = await readdir(at('registry'), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
  };
}

const outcomes = ({ plugins }: Imported): Readonly<Record<string, string>> =>
  Object.fromEntries(plugins.map(({ name, outcome }) => [name, outcome]));

const rules = ({ plugins }: Imported): readonly string[] =>
  plugins.flatMap(({ findings }) => findings.map(({ rule }) => rule));

describe('an import', () => {
  it('makes a registry where there is none, with an owner who signed every release', async () => {
    const { list, run, read } = await world();
    await list('lens');
    const imported = await run();
    expect(imported).toMatchObject({ registry: 'acme', created: true, owner: 'imported', gone: [] });
    const signers = valueOf(readSigners(await read('registry/trust/owners/imported/1.signers'), '1.signers'));
    expect(signers).toMatchObject({ registry: 'acme', owner: 'imported', threshold: 1 });
    for (const file of ['plugin.toml', '1.0.0.toml']) {
      const bytes = await read(`${PLUGINS}/le/lens/${file}`);
      const signature = await read(`${PLUGINS}/le/lens/${file}.sig`);
      expect(signerOf(signature, 'release@sheaf', bytes, file).blob).toEqual(signers.signers[0]?.key.blob);
    }
  });

  it('leaves the tier to the maintainers: an event to sign, and how', async () => {
    const { list, run, read } = await world();
    await list('lens');
    const { grants, next } = await run();
    expect(grants).toEqual(['registry/security/status/le/lens/2026-11-20-grant-tier.toml']);
    const [path = ''] = grants;
    expect(valueOf(readStatusEvent(await read(path), path))).toMatchObject({
      registry: 'acme',
      plugin: 'lens',
      kind: 'grant-tier',
      tier: 'native',
    });
    expect(next.join('\n')).toMatch(
      /registry init .*\nsheaf sign .*\*-grant-tier\.toml .*status@sheaf.*\nsheaf index build/,
    );
  });

  it('adds what is new, changes no release and grants nothing twice', async () => {
    const { list, run, read, at } = await world();
    await list('lens');
    await run();
    const before = await read(`${PLUGINS}/le/lens/1.0.0.toml`);
    await unlink(at('krew-index', 'plugins', 'lens.yaml'));
    await list('lens', { version: '1.1.0' });
    await list('zoom');
    const again = await run();
    expect(outcomes(again)).toEqual({ lens: 'added', zoom: 'added' });
    expect(again.grants).toEqual(['registry/security/status/zo/zoom/2026-11-20-grant-tier.toml']);
    expect(await read(`${PLUGINS}/le/lens/1.0.0.toml`)).toEqual(before);
    expect(await run()).toMatchObject({ written: 0, grants: [] });
  });

  it('keeps a release whose manifest in the list was changed afterwards, with a warning', async () => {
    const { list, run, read } = await world();
    await list('lens');
    await run();
    const before = await read(`${PLUGINS}/le/lens/1.0.0.toml`);
    await list('lens', { digest: 'cd' });
    const again = await run();
    expect(outcomes(again)).toEqual({ lens: 'kept' });
    expect(rules(again)).toEqual(['release-differs']);
    expect(again.written).toBe(0);
    expect(await read(`${PLUGINS}/le/lens/1.0.0.toml`)).toEqual(before);
  });

  it('signs a new revision of plugin.toml when a release comes from another repository', async () => {
    const { list, run, read } = await world();
    await list('lens');
    await run();
    await list('lens', { version: '2.0.0', repository: 'elsewhere/lens' });
    await run();
    const path = `${PLUGINS}/le/lens/plugin.toml`;
    const bytes = await read(path);
    expect(valueOf(readPluginFile(bytes, path))).toMatchObject({
      revision: 2,
      repositories: ['https://github.com/acme/lens/', 'https://github.com/elsewhere/lens/'],
    });
    expect(signerOf(await read(`${path}.sig`), 'release@sheaf', bytes, path).blob).toEqual(
      testKey('importer').publicKey.blob,
    );
  });

  it('completes what an interrupted one left, and signs nothing that it did not write', async () => {
    const { list, run, read, at } = await world();
    await list('lens');
    await list('zoom');
    await run();
    await unlink(at('registry', PLUGINS, 'le/lens/1.0.0.toml.sig'));
    await unlink(at('registry', PLUGINS, 'le/lens/plugin.toml.sig'));
    const path = at('registry', PLUGINS, 'zo/zoom/plugin.toml');
    const plugin = valueOf(readPluginFile(await readFile(path), 'plugin.toml'));
    await writeFile(path, writePluginFile({ ...plugin, deprecated: 'by somebody else' }));
    await unlink(`${path}.sig`);
    expect((await run()).written).toBe(2);
    expect((await read(`${PLUGINS}/le/lens/1.0.0.toml.sig`)).length).toBeGreaterThan(0);
    await expect(read(`${PLUGINS}/zo/zoom/plugin.toml.sig`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves out the second of two names that read alike, whatever the order of imports', async () => {
    const { list, run, at } = await world();
    await list('graph-lens');
    await list('graphlens');
    const imported = await run();
    expect(outcomes(imported)).toEqual({ 'graph-lens': 'added', graphlens: 'left-out' });
    expect(rules(imported)).toEqual(['similar-name']);
    await unlink(at('krew-index', 'plugins', 'graph-lens.yaml'));
    expect(outcomes(await run())).toEqual({ graphlens: 'left-out' });
  });

  it('leaves alone what belongs to another owner, and names that nobody may take', async () => {
    const { list, run, read, at } = await world();
    await list('lens');
    await list('official');
    const first = await run();
    expect(outcomes(first)).toEqual({ lens: 'added', official: 'left-out' });
    expect(rules(first)).toEqual(['refused-name']);
    const path = `${PLUGINS}/le/lens/plugin.toml`;
    const plugin = valueOf(readPluginFile(await read(path), path));
    await writeFile(at('registry', path), writePluginFile({ ...plugin, owner: 'acme', revision: 2 }));
    await list('lens', { version: '9.0.0' });
    const again = await run();
    expect(outcomes(again)).toEqual({ lens: 'left-out', official: 'left-out' });
    expect(rules(again)).toContain('other-owner');
  });

  it('tells which plugins of an earlier one are gone from the list', async () => {
    const { list, run, at } = await world();
    await list('lens');
    await list('zoom');
    await run();
    await unlink(at('krew-index', 'plugins', 'zoom.yaml'));
    expect((await run()).gone).toMatchObject([
      { rule: 'gone', place: { file: `${PLUGINS}/zo/zoom/plugin.toml` } },
    ]);
  });

  it('uses a category of the registry, and finds plugins that were moved to another one', async () => {
    const { list, run, files } = await world();
    await list('lens');
    await run({ category: 'kubectl-plugins' });
    await expect(run({ category: 'kubectl' })).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
      hint: expect.stringContaining('integrations') as string,
    });
    const again = await run({ category: 'integrations' });
    expect(outcomes(again)).toEqual({ lens: 'kept' });
    expect((await files()).filter((name) => name === '1.0.0.toml')).toHaveLength(1);
  });

  it('refuses another key than that of the first import', async () => {
    const { list, run, at } = await world();
    await list('lens');
    await run();
    await expect(run({ key: at('other') })).rejects.toMatchObject({ code: 'SHEAF_OWNER' });
  });

  it('writes nothing in a dry run, and tells the same', async () => {
    const { list, run, at } = await world();
    for (const name of ['lens', 'official']) await list(name);
    const planned = await run({ dryRun: true });
    await expect(readdir(at('registry'))).rejects.toMatchObject({ code: 'ENOENT' });
    const { written, ...done } = await run();
    expect(planned).toEqual({ ...done, written: 0 });
    expect(written).toBeGreaterThan(5);
  });

  it('refuses a list without plugins', async () => {
    const { run, at } = await world();
    await expect(run()).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await expect(readdir(at('registry'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
