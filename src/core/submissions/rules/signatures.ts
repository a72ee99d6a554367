import { SheafError } from '../../errors.ts';
import { sourcePath } from '../../index/source-layout.ts';
import { judgeReview } from '../../reviewing/judge-review.ts';
import { requireSigner, type SignersFile } from '../../signatures/signers.ts';
import { fingerprint } from '../../signatures/ssh-key.ts';
import { demandOf, type KeyFile } from '../../trust/key-ceremony.ts';
import { revocationOf } from '../../trust/revocation.ts';
import { bytesAfter } from '../bytes-after.ts';
import type { Change, ChangedOwner, ChangedPlugin } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';
import { currentKeys } from '../current-keys.ts';

/** Clients believe any key that an owner ever had; only here is it seen to that a new file is signed by one of today. */
export const signatures: ChangeRule = {
  id: 'signatures',
  title:
    "Everything is signed by a key that its owner has today and that is not revoked; keys by the owner's threshold.",
  waivable: false,
  judge: (change) => [
    ...change.plugins.flatMap((plugin) => [
      ...judgeReleases(plugin, change),
      ...judgePluginFile(plugin, change),
      ...judgeReviews(plugin, change),
    ]),
    ...[...change.owners.values()].flatMap((owner) => judgeKeyFiles(owner, change)),
  ],
};

function judgeReleases(plugin: ChangedPlugin, change: Change): readonly ChangeFault[] {
  return plugin.releases.flatMap(({ path, bytes, signature, manifest }) =>
    signature === undefined
      ? []
      : judgeSignature(plugin, change, {
          path,
          bytes,
          signature,
          what: `${manifest.name} ${manifest.version}`,
        }),
  );
}

function judgePluginFile(plugin: ChangedPlugin, change: Change): readonly ChangeFault[] {
  const path = sourcePath({ kind: 'plugin', category: plugin.category, plugin: plugin.name });
  const bytes = bytesAfter(change, path);
  const signature = bytesAfter(change, `${path}.sig`);
  if (bytes === undefined) return [];
  if (signature === undefined) {
    // A new file without one is a matter of companions; an old one's signature cannot be that of other bytes.
    return plugin.before === undefined
      ? []
      : [
          errorIn(
            `${path}.sig`,
            `plugin.toml of ${plugin.name} changes without its signature.`,
            signIt(path),
          ),
        ];
  }
  return judgeSignature(plugin, change, { path, bytes, signature, what: `plugin.toml of ${plugin.name}` });
}

interface Signed {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly what: string;
}

function judgeSignature({ after }: ChangedPlugin, change: Change, signed: Signed): readonly ChangeFault[] {
  const { path, bytes, signature, what } = signed;
  if (after === undefined) return [];
  const keys = change.owners.get(after.owner)?.keys;
  if (keys === undefined) {
    const message = `${what} is to be ${after.owner}'s, and the registry has no such owner.`;
    return [errorIn(path, message, `Add the files of the owner: sheaf owner add ${after.owner} --key PUB.`)];
  }
  if (keys instanceof SheafError) return [refused(path, keys)];
  try {
    const { key, principal } = requireSigner(currentKeys(keys), 'release@sheaf', bytes, signature, what);
    const revoked = revocationOf(change.revoked, key, undefined);
    if (revoked === undefined) return [];
    const why = revoked.reason === undefined ? '' : ` (${revoked.reason})`;
    const message = `${what} is signed with the key ${fingerprint(key)} of ${principal}, which is revoked${why}.`;
    return [errorIn(`${path}.sig`, message, 'Sign it with another key of the owner.')];
  } catch (error) {
    if (error instanceof SheafError) return [refused(`${path}.sig`, error)];
    throw error;
  }
}

function judgeReviews(
  { name, before, digests, reviews }: ChangedPlugin,
  change: Change,
): readonly ChangeFault[] {
  const keys = change.owners.get(before?.owner ?? '')?.keys;
  const ownerKeys =
    keys === undefined || keys instanceof SheafError ? [] : keys.flatMap(({ file }) => file.signers);
  const trust = {
    reviewers: change.reviewers,
    revoked: change.revoked,
    owner: before?.owner ?? '',
    ownerKeys: ownerKeys.map(({ key }) => key),
  };
  return [...reviews].flatMap(([path, signed]): readonly ChangeFault[] => {
    const { version, manifest, plugin, reviewer } = signed.review;
    const digest = digests.get(version);
    if (plugin !== name || digest === undefined) {
      return [
        errorIn(
          path,
          `The registry has no ${plugin} ${version} to review here.`,
          'Correct plugin and version.',
        ),
      ];
    }
    if (manifest !== undefined && manifest !== digest) {
      return [
        errorIn(
          path,
          `The review is of other bytes than ${name} ${version} has.`,
          'Review what is published.',
        ),
      ];
    }
    const { problem } = judgeReview(signed, trust);
    const fix = 'Sign it with a key that registry/trust/reviewers.signers lists under that name.';
    return problem === undefined
      ? []
      : [errorIn(`${path}.sig`, `The review by ${reviewer} does not count: ${problem}.`, fix)];
  });
}

function judgeKeyFiles(owner: ChangedOwner, change: Change): readonly ChangeFault[] {
  const touched = change.files.filter(
    ({ source, change: how }) =>
      (source?.kind === 'owner-signers' || source?.kind === 'owner-signature') &&
      source.owner === owner.name &&
      how !== 'removed',
  );
  const [first] = touched;
  if (first === undefined) return [];
  if (owner.keys instanceof SheafError) return [refused(first.path, owner.keys)];
  const changed = new Set(
    touched.flatMap(({ source }) => (source?.kind === 'owner-signers' ? [source.version] : [])),
  );
  return [
    ...owner.keyFiles
      .filter(({ file }) => changed.has(file.version))
      .flatMap((next) => judgeNewKeys(owner, next, change)),
    ...touched.flatMap(({ path, source }) =>
      source?.kind === 'owner-signature' && !isCounted(owner, source.version, source.principal, change)
        ? [errorIn(path, `The signature of ${source.principal} does not count for this file.`, 'Remove it.')]
        : [],
    ),
  ];
}

/** Who stole a key and saw it revoked must not be able to sign a way back in. */
function judgeNewKeys(owner: ChangedOwner, next: KeyFile, change: Change): readonly ChangeFault[] {
  const { version } = next.file;
  const path = sourcePath({ kind: 'owner-signers', owner: owner.name, version });
  const listed = next.file.signers.find(
    ({ key }) => revocationOf(change.revoked, key, undefined) !== undefined,
  );
  if (listed !== undefined) {
    const message = `${path} lists the key ${fingerprint(listed.key)} of ${listed.principal}, which is revoked.`;
    return [errorIn(path, message, 'Leave it out, and sign again.')];
  }
  const before = owner.keyFiles.find(({ file }) => file.version === version - 1);
  if (before === undefined) return [];
  const isMet =
    demandOf(withoutRevoked(before.file, change), 'owner@sheaf', next).met ||
    demandOf(withoutRevoked(change.root, change), 'recovery@sheaf', next).met;
  const message = `${path} is signed by fewer keys than it needs that are not revoked.`;
  return isMet ? [] : [errorIn(path, message, 'Let others sign it, or ask the maintainers for a recovery.')];
}

function withoutRevoked(file: SignersFile, { revoked }: Change): SignersFile {
  return {
    ...file,
    signers: file.signers.filter(({ key }) => revocationOf(revoked, key, undefined) === undefined),
  };
}

function isCounted(owner: ChangedOwner, version: number, principal: string, { root }: Change): boolean {
  const next = owner.keyFiles.find(({ file }) => file.version === version);
  if (next === undefined) return false;
  const before = owner.keyFiles.find(({ file }) => file.version === version - 1) ?? next;
  return [demandOf(before.file, 'owner@sheaf', next), demandOf(root, 'recovery@sheaf', next)].some(
    ({ signed }) => signed.includes(principal),
  );
}

function refused(file: string, { message, hint }: SheafError): ChangeFault {
  return errorIn(file, message, hint ?? 'Let the owner sign it again with a key of today.');
}

function signIt(path: string): string {
  return `Sign it: sheaf sign ${path} --key KEY.`;
}
