import { quote } from '../../text.ts';
import type { Change, ChangedOwner, Submitter } from '../change.ts';
import type { ChangeFault, ChangeRule } from '../change-rule.ts';
import { purposeOf } from '../purpose.ts';

/**
 * Who may open a change for an owner. Signatures decide what is believed; this keeps others from proposing in an
 * owner's name what the owner has once signed, and a stranger's account from being written down as a new owner's.
 * Where no forge vouches for anybody, signatures are all there is.
 */
export const submitter: ChangeRule = {
  id: 'submitter',
  title: 'The account that proposes the change is one of the owner whom it is about.',
  waivable: true,
  judge(change) {
    const { submitter } = change;
    const owners = actingOwners(change);
    if (submitter === undefined || owners.length === 0) return [];
    if (owners.some((owner) => accountOf(owner, submitter) === submitter.id)) return [];
    return owners.slice(0, 1).flatMap((owner) => faultOf(owner, submitter, change));
  },
};

/** The owners of whom any may propose the change: of a transfer both. */
function actingOwners(change: Change): readonly ChangedOwner[] {
  const names = namesOf(change).flatMap((name) => change.owners.get(name) ?? []);
  return names.filter((owner) => !isRecovered(owner, change));
}

function namesOf(change: Change): readonly string[] {
  const { plugins, files } = change;
  switch (purposeOf(change)) {
    case 'release':
    case 'plugin':
      return plugins.flatMap(({ before, after }) => (before ?? after)?.owner ?? []);
    case 'transfer':
      return plugins.flatMap(({ transfers }) =>
        'length' in transfers ? transfers.slice(-1).flatMap(({ file }) => [file.from, file.to]) : [],
      );
    case 'owner':
      return files.flatMap(({ source }) => (source !== undefined && 'owner' in source ? [source.owner] : []));
    // A reviewer is known by a key, not by an account.
    case 'review':
    case undefined:
      return [];
    default:
      return [];
  }
}

/** New keys that maintainers signed for come from whoever lost the old ones, perhaps with the account. */
function isRecovered({ keys }: ChangedOwner, change: Change): boolean {
  if (purposeOf(change) !== 'owner' || keys === undefined || !('length' in keys)) return false;
  return keys.at(-1)?.by === 'recovery';
}

function accountOf({ about }: ChangedOwner, { forge }: Submitter): number | undefined {
  return { github: about?.githubId, gitlab: about?.gitlabId, gitea: about?.giteaId }[forge];
}

function faultOf(owner: ChangedOwner, submitter: Submitter, change: Change): readonly ChangeFault[] {
  const { forge, id, login } = submitter;
  const known = accountOf(owner, submitter);
  const file = change.files[0]?.path ?? '';
  const who = `${quote(login)} (${forge} account ${id})`;
  if (known === undefined) {
    return [
      {
        severity: owner.isNew ? 'error' : 'warning',
        place: { file },
        message: `${who} proposes this, and owner.toml of ${owner.name} names no ${forge} account.`,
        fix: owner.isNew
          ? `Write ${forge}_id = ${id} into owner.toml.`
          : `Only the signatures tell whose it is; let maintainers add ${forge}_id to owner.toml.`,
      },
    ];
  }
  return [
    {
      severity: 'error',
      place: { file },
      message: `${who} proposes this, and it is about ${owner.name}, whose account is ${known}.`,
      fix: `Let ${owner.name} propose it, from the account that owner.toml names.`,
    },
  ];
}
