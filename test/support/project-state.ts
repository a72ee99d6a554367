import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../src/core/digest.ts';
import type { HostList } from '../../src/core/formats/host-list.ts';
import type { Artifact } from '../../src/core/formats/manifest.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import type { Project } from '../../src/core/ports.ts';
import type { Version } from '../../src/core/version.ts';

/**
 * Installs plugins whose only file holds the given text, under the plugin's own name, as a command.
 *
 * @param hostList where the list for the application is kept; nowhere when absent.
 */
export async function installTexts(
  project: Project,
  texts: Readonly<Record<string, string>>,
  label: string,
  hostList?: string,
): Promise<number> {
  return await project.exclusively(async () => {
    const staging = await project.stage();
    for (const [name, text] of Object.entries(texts)) {
      const { artifact, path } = await textArtifact(project.directory, name, text);
      await staging.add(pluginName(name), artifact, path, Buffer.from(`manifest of ${name}\n`));
    }
    const { generation } = await staging.commit({
      lock: Buffer.from(`${label} lock\n`),
      manifest: Buffer.from(`${label} manifest\n`),
      shims: Object.fromEntries(
        Object.keys(texts).map((name) => [name, { plugin: pluginName(name), file: name }]),
      ),
      ...(hostList === undefined ? {} : { hostList: hostListOf(hostList, Object.keys(texts)) }),
    });
    return generation;
  });
}

/** A list of plugins at a path of the project. */
export function hostListOf(path: string, names: readonly string[]): HostList {
  const version = '1.0.0' as Version;
  const plugins = names.map((name) => ({ name: pluginName(name), version, entry: name }));
  const rest = { tier: 'native', capabilities: [], verified: true } as const;
  return { path, plugins: plugins.map((plugin) => ({ ...plugin, ...rest })) };
}

/** An artifact on disk with one executable file. */
export async function textArtifact(
  directory: string,
  name: string,
  text: string,
): Promise<{ artifact: Artifact; path: string }> {
  const bytes = Buffer.from(text);
  const path = join(directory, `${name}.artifact`);
  await writeFile(path, bytes);
  const url = `https://example.org/${name}`;
  const size = bytes.length;
  return {
    artifact: { kind: 'binary', platform: 'any', url, size, sha256: sha256(bytes), entry: name },
    path,
  };
}

/** All that a user of a project can see of its installed set, as plain data. */
export async function visibleState(project: Project): Promise<Record<string, unknown>> {
  const { directory } = project;
  const generations = await project.generations();
  const current = generations.find((generation) => generation.current)?.number;
  const root = join(directory, '.sheaf', 'generations', String(current));
  const names = current === undefined ? [] : (await readdir(root, { recursive: true })).toSorted();
  const files: Record<string, string> = {};
  for (const name of names) {
    files[name] = await readFile(join(root, name), 'utf8').catch(() => 'directory');
  }
  return {
    current,
    lock: text(await project.readLock()),
    manifest: text(await project.readManifest()),
    files,
    lists: Object.fromEntries(
      await Promise.all(
        ['old/plugins.json', 'new/plugins.json'].map(async (path) => [
          path,
          await readFile(join(directory, path), 'utf8').catch(() => undefined),
        ]),
      ),
    ),
    commands: (await readdir(join(directory, '.sheaf', 'bin')).catch((): string[] => [])).toSorted(),
  };
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}
