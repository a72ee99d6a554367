import { sourcePath } from '../../index/source-layout.ts';
import { isBelow } from '../../stated-address.ts';
import { quote } from '../../text.ts';
import { demandOf } from '../../trust/key-ceremony.ts';
import { bytesAfter } from '../bytes-after.ts';
import type { Change, ChangedOwner } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';
import { placeOfKey } from '../key-place.ts';

/** From the first key file on nothing but signatures counts, so it must be right from the beginning. */
export const ownerFiles: ChangeRule = {
  id: 'owner-files',
  title:
    'A new owner brings owner.toml and a first key file signed by its own keys, and claims nothing of others.',
  waivable: false,
  judge: (change) =>
    [...change.owners.values()]
      .filter(({ name, isNew }) => isNew && isBrought(name, change))
      .flatMap((owner) => [...judgeComplete(owner), ...judgeClaims(owner, change)]),
};

function isBrought(name: string, { files }: Change): boolean {
  return files.some(({ source }) => source !== undefined && 'owner' in source && source.owner === name);
}

function judgeComplete({ name, about, keyFiles, keys }: ChangedOwner): readonly ChangeFault[] {
  const file = sourcePath({ kind: 'owner', owner: name });
  const signers = sourcePath({ kind: 'owner-signers', owner: name, version: 1 });
  const faults: ChangeFault[] = [];
  if (about === undefined) {
    faults.push(errorIn(file, `The new owner ${name} brings no readable owner.toml.`, `Add ${file}.`));
  }
  const [first, ...more] = keyFiles;
  if (first === undefined && keys === undefined) {
    faults.push(errorIn(signers, `The new owner ${name} brings no key file.`, `Add ${signers}, signed.`));
  }
  if (first !== undefined) {
    const { met, missing, threshold, signed } = demandOf(first.file, 'owner@sheaf', first);
    if (!met) {
      const message = `${signed.length} of ${threshold} keys have signed the first key file of ${name}; missing: ${missing.join(', ')}.`;
      faults.push(errorIn(signers, message, `Sign it: sheaf sign ${signers} --key KEY.`));
    }
  }
  if (more.length > 0) {
    faults.push(
      errorIn(signers, `The new owner ${name} brings more than one key file.`, 'Begin with 1.signers alone.'),
    );
  }
  return faults;
}

/** What lies below an address of somebody else would pass for theirs. */
function judgeClaims({ name, about }: ChangedOwner, change: Change): readonly ChangeFault[] {
  const path = sourcePath({ kind: 'owner', owner: name });
  const bytes = bytesAfter(change, path);
  return (about?.repositories ?? []).flatMap((prefix, index): readonly ChangeFault[] => {
    const other = [...change.otherOwners].find(([, { repositories }]) =>
      repositories.some((theirs) => isBelow(theirs, prefix) || isBelow(prefix, theirs)),
    );
    if (other === undefined) return [];
    return [
      {
        severity: 'error',
        place: placeOfKey(path, bytes, ['owner', 'repositories', index]),
        message: `${quote(prefix)} overlaps with what ${other[0]} has.`,
        fix: 'Name addresses that nobody else has, as narrow as they can be.',
      },
    ];
  });
}
