import { SheafError } from '../errors.ts';
import type { SignersFile } from './signers.ts';
import { fingerprint } from './ssh-key.ts';

/** The one registry that may be signed with the published demonstration keys: the reference registry. */
export const DEMO_REGISTRY = 'sheaf-example-plugins';

/**
 * Fingerprints of the demonstration keys. Their private halves are published with the examples (seed:
 * SHA-256 of `sheaf demo key: <name>`), so a registry that trusts one of them trusts everybody.
 */
export const DEMO_KEYS: ReadonlyMap<string, string> = new Map([
  ['SHA256:2/TYjEX8yvTFLD0wjIhWi5t7qW5aUyA+EKmKAK/UBxg', 'alice'],
  ['SHA256:ZM+0lS8I8l29mJ9UMPKjgZCMdve3NRsaGpvb2ZDDgDM', 'bob'],
  ['SHA256:V+7yDEcda1HUHidnfv23QPABudqTfhFPlB+QiTqynno', 'carol'],
  ['SHA256:nLojNZ7G4G6lA3j1059J/lupQZfv4kmQFBLwJ6xl+6Q', 'ci'],
  ['SHA256:iSv7ufJhxgsHVmZRDNyTjribUPvOugzwO7poBbHwOtA', 'contributor'],
  ['SHA256:zQUmK2exUGbV0kmoGIYNAlWkH761kih+Tm6DLNA2Ne0', 'graph-guild'],
  ['SHA256:omnBSdpKsJ7R8lYvIZ+wYJRsPiBhqvOBf3UnJ+PTMIU', 'lens-lab'],
  ['SHA256:OXLyQuFt4HdskBmv9+HrP5HlXRiQkkU29dj6PseTWy0', 'dana'],
]);

/**
 * Refuses a root or owner file that lists a demonstration key, unless it belongs to the reference registry.
 *
 * @throws SheafError `SHEAF_ROOT` for a root, `SHEAF_OWNER` for an owner file.
 */
export function refuseDemoKeys(file: SignersFile): void {
  if (file.registry === DEMO_REGISTRY) return;
  for (const signer of file.signers) {
    const name = DEMO_KEYS.get(fingerprint(signer.key));
    if (name === undefined) continue;
    const subject = file.kind === 'root' ? 'The root' : `The owner file of ${file.owner ?? 'an owner'}`;
    throw new SheafError(
      file.kind === 'root' ? 'SHEAF_ROOT' : 'SHEAF_OWNER',
      `${subject} of registry ${file.registry} lists the demonstration key "${name}", whose private half is public.`,
      { hint: 'Replace it with a key of your own: sheaf key create FILE.' },
    );
  }
}
