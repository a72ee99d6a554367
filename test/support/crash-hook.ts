import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before everything else of a process: the process ends itself with SIGKILL before one of its steps on disk,
 * or, in `torn` fashion, in the middle of a write. `CRASH` says where: `PROGRAM STEP FASHION`, the program by a part of
 * its path; `CRASH_LOG` names a file that receives the names of the steps.
 */
const [program = '', step = '0', fashion = 'clean'] = (process.env['CRASH'] ?? '').split(' ');
const log = process.env['CRASH_LOG'] ?? '';
let taken = 0;

const STEPS = [
  'writeFile',
  'appendFile',
  'rename',
  'rm',
  'rmdir',
  'unlink',
  'mkdir',
  'chmod',
  'open',
] as const;
type Work = (...parameters: unknown[]) => Promise<unknown>;

function counted(name: string, work: Work, tear?: (half: Uint8Array) => Promise<unknown>): Work {
  return async (...parameters) => {
    taken += 1;
    if (step === '0') fs.appendFileSync(log, `${name}\n`);
    if (taken !== Number(step)) return work(...parameters);
    const bytes = parameters.find((one) => one instanceof Uint8Array);
    if (fashion === 'torn' && bytes instanceof Uint8Array) await tear?.(bytes.subarray(0, bytes.length / 2));
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  };
}

if (isMainThread && program !== '' && (process.argv[1] ?? '').includes(program)) {
  const promises = fs.promises as unknown as Record<string, Work>;
  const { open, writeFile } = fs.promises;
  for (const name of STEPS) {
    const work = promises[name]?.bind(fs.promises);
    if (work !== undefined && name !== 'open') promises[name] = counted(name, work);
  }
  promises['writeFile'] = (path, ...rest) =>
    counted(
      'writeFile',
      (...all) => writeFile(...(all as Parameters<typeof writeFile>)),
      (half) => writeFile(path as string, half),
    )(path, ...rest);
  promises['open'] = async (...parameters) => {
    const handle: FileHandle = await open(...(parameters as Parameters<typeof open>));
    const isWritten = parameters[1] !== undefined && parameters[1] !== 'r';
    if (!isWritten) return handle;
    const write = handle.writeFile.bind(handle);
    const named = handle as unknown as Record<string, Work>;
    named['writeFile'] = counted('handle.writeFile', write as Work, write);
    named['sync'] = counted('handle.sync', handle.sync.bind(handle));
    return handle;
  };
  syncBuiltinESMExports();
}
