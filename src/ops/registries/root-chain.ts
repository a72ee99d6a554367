import { SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexSource } from '../../core/ports.ts';
import { readSigners, type SignersFile } from '../../core/signatures/signers.ts';
import { acceptFirstRoot, acceptRoot, type RegistryTrust, type Signatures } from '../../core/trust/trust.ts';

/**
 * Reads `root/1.signers`, with which every chain begins.
 *
 * @throws SheafError `SHEAF_NOT_A_REGISTRY` when the source has no such file, else as `acceptFirstRoot`.
 */
export async function readFirstRoot(source: IndexSource): Promise<RegistryTrust> {
  const bytes = await source.readFile(rootPath(1), LIMITS.signersBytes);
  const reading = bytes === undefined ? undefined : readSigners(bytes, rootPath(1));
  // Many hosts answer every path with a page of their own; that is no damaged registry, but none.
  if (bytes === undefined || reading?.value === undefined) {
    throw new SheafError('SHEAF_NOT_A_REGISTRY', `There is no sheaf registry at ${source.url}.`, {
      hint: 'Ask for the address of its published index, or name the branch of its repository: git+https://…#index.',
      details: { findings: reading?.findings ?? [] },
    });
  }
  return acceptFirstRoot(bytes, await readSignatures(source, 1, [reading.value]));
}

/**
 * Follows the chain of roots to its end, at most `LIMITS.rootChain` steps.
 *
 * @param onRoot hears of each accepted root, so that it is kept even when a later step fails.
 * @throws SheafError as `acceptRoot`; `SHEAF_ROOT` when the chain has no end, or has something else than a root.
 */
export async function followRoots<T extends RegistryTrust>(
  source: IndexSource,
  trust: T,
  onRoot: (next: T) => Promise<void>,
): Promise<T> {
  let current = trust;
  for (let steps = 0; ; steps += 1) {
    const version = current.root.version + 1;
    const bytes = await source.readFile(rootPath(version), LIMITS.signersBytes);
    if (bytes === undefined) return current;
    if (steps === LIMITS.rootChain) {
      throw new SheafError(
        'SHEAF_ROOT',
        `Registry ${trust.registry} offers more than ${LIMITS.rootChain} new roots at once.`,
        { hint: 'If that is right, run the command again to follow the next ones.' },
      );
    }
    const reading = readSigners(bytes, rootPath(version));
    const next = reading.value;
    if (next === undefined) throw noRoot(source, version, reading.findings);
    current = acceptRoot(current, bytes, await readSignatures(source, version, [current.root.file, next]));
    await onRoot(current);
  }
}

/** Also what a host looks like that has begun to answer every path with a page of its own. */
function noRoot(source: IndexSource, version: number, findings: readonly Finding[]): SheafError {
  const what = `What ${source.url} has as ${rootPath(version)} is no trust root`;
  const [first] = findings;
  return new SheafError('SHEAF_ROOT', first === undefined ? `${what}.` : `${what}: ${first.message}`, {
    hint: 'The address may lead elsewhere now; what was believed before stays as it was.',
    ...(first === undefined ? {} : { place: first.place }),
  });
}

/** The signatures over a root by all who may have signed it: those of the file before and its own. */
async function readSignatures(
  source: IndexSource,
  version: number,
  files: readonly SignersFile[],
): Promise<Signatures> {
  const principals = new Set(
    files.flatMap((file) =>
      file.signers.filter((one) => one.namespaces.includes('root@sheaf')).map((one) => one.principal),
    ),
  );
  const found = await Promise.all(
    [...principals].map(async (principal): Promise<readonly [string, Uint8Array] | undefined> => {
      const bytes = await source.readFile(`${rootPath(version)}.${principal}.sig`, LIMITS.signatureBytes);
      return bytes === undefined ? undefined : [principal, bytes];
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

function rootPath(version: number): string {
  return `root/${version}.signers`;
}
