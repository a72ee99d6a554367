import { chmod, writeFile } from 'node:fs/promises';
import { buildCli } from './built-cli.ts';

/** The commands that fetch artifacts of strangers ask nothing on this machine unless they are told to. */
const ON_LOOPBACK = `case "$* " in
  'check '*' --as-ci '* | 'ci measure '* | 'ci record '* | 'ci report '* | 'ci queue '* | 'ci links '* | 'registry publish '*)
    set -- "$@" --allow-network 127.0.0.0/8 ;;
esac
`;

/**
 * Writes a program that runs the command line, built from the source as it is.
 *
 * @param network from where artifacts may come: on `loopback` lies all that a test serves, and the shipped workflows
 *   stay as they are; the `public` internet has nothing of it.
 */
export async function writeSheafProgram(file: string, network: 'loopback' | 'public'): Promise<void> {
  const { main } = await buildCli();
  const before = network === 'loopback' ? ON_LOOPBACK : '';
  await writeFile(file, `#!/bin/sh\n${before}exec '${process.execPath}' '${main}' "$@"\n`);
  await chmod(file, 0o755);
}
