import { writeFile } from 'node:fs/promises';
import { sha256 } from '../../src/core/digest.ts';
import type { Artifact } from '../../src/core/formats/manifest.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { createFileOperations, type FileOperations } from '../../src/io/file-operations.ts';
import { createProject } from '../../src/io/project/project.ts';
import { hostListOf } from './project-state.ts';

/**
 * A program that changes a project and kills itself before one of its steps on disk:
 * `crash-child DIRECTORY ACTION STEP`. In `torn` fashion the fatal write still leaves half of its bytes. It
 * prints the names of the steps when it gets to the end alive.
 */
const [directory = '', action = '', step = '', fashion = 'clean'] = process.argv.slice(2);
const fatal = Number(step);
const steps: string[] = [];

function fatalFrom(operations: FileOperations): FileOperations {
  const counted = Object.entries(operations).map(([name, operation]) => [
    name,
    async (...parameters: unknown[]) => {
      if (steps.push(name) === fatal) {
        const [path, bytes] = parameters;
        if (fashion === 'torn' && name === 'write' && bytes instanceof Uint8Array) {
          await writeFile(String(path), bytes.subarray(0, bytes.length / 2));
        }
        process.kill(process.pid, 'SIGKILL');
        // The signal arrives at once, but not before this line could be left.
        await new Promise(() => undefined);
      }
      return (operation as (...parameters: unknown[]) => Promise<unknown>)(...parameters);
    },
  ]);
  return Object.fromEntries(counted) as FileOperations;
}

const project = createProject(directory, { operations: fatalFrom(createFileOperations()) });

await project.exclusively(async () => {
  if (action === 'rollback') await project.activate(4);
  if (action !== 'install') return;
  const staging = await project.stage();
  const bytes = Buffer.from('new lens');
  await writeFile(`${directory}/artifact`, bytes);
  const artifact: Artifact = {
    kind: 'binary',
    platform: 'any',
    url: 'https://example.org/lens',
    size: bytes.length,
    sha256: sha256(bytes),
    entry: 'lens',
  };
  await staging.add(
    pluginName('lens'),
    artifact,
    `${directory}/artifact`,
    Buffer.from('manifest of the new lens\n'),
  );
  await staging.keep(pluginName('users'));
  await staging.commit({
    lock: Buffer.from('new lock\n'),
    manifest: Buffer.from('new manifest\n'),
    shims: {
      lens: { plugin: pluginName('lens'), file: 'lens' },
      fresh: { plugin: pluginName('lens'), file: 'lens' },
    },
    hostList: hostListOf('new/plugins.json', ['lens', 'users']),
  });
});
process.stdout.write(steps.join(' '));
