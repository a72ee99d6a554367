import { SheafError } from '../../errors.ts';
import { sourcePath } from '../../index/source-layout.ts';
import { demandOf } from '../../trust/key-ceremony.ts';
import { revocationOf } from '../../trust/revocation.ts';
import type { SignedTransfer } from '../../trust/transfers.ts';
import { bytesAfter } from '../bytes-after.ts';
import type { Change, ChangedPlugin } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';
import { currentKeys } from '../current-keys.ts';
import { placeOfKey } from '../key-place.ts';

/** Nobody loses a plugin without their signature, and nobody is given one without theirs. */
export const transfer: ChangeRule = {
  id: 'transfer',
  title: 'A plugin changes owners only by a transfer that both signed, and that lists every release.',
  waivable: false,
  judge: (change) =>
    change.plugins.flatMap((plugin) => {
      if (plugin.transfers instanceof SheafError) return [];
      const { transfers } = plugin;
      return [
        ...judgeOwner(plugin, transfers, change),
        ...transfers.flatMap((one) => judgeTransfer(plugin, one, change)),
      ];
    }),
};

/** The owner in plugin.toml is that of before, or the one to whom the transfer of exactly this revision goes. */
function judgeOwner(
  { category, name, before, after }: ChangedPlugin,
  transfers: readonly SignedTransfer[],
  change: Change,
): readonly ChangeFault[] {
  if (before === undefined || after === undefined || before.owner === after.owner) return [];
  const isHandedOver = transfers.some(
    ({ file }) => file.from === before.owner && file.to === after.owner && file.revision === after.revision,
  );
  if (isHandedOver) return [];
  const path = sourcePath({ kind: 'plugin', category, plugin: name });
  return [
    {
      severity: 'error',
      place: placeOfKey(path, bytesAfter(change, path), ['plugin', 'owner']),
      message: `${name} is ${before.owner}'s, and plugin.toml gives it to ${after.owner} without a transfer.`,
      fix: `Let both owners sign one: sheaf owner transfer ${name} --to ${after.owner}.`,
    },
  ];
}

/** Only transfers that the change touches are judged: those of years ago were signed with keys of their time. */
function judgeTransfer(
  plugin: ChangedPlugin,
  transfer: SignedTransfer,
  change: Change,
): readonly ChangeFault[] {
  const { category, name, before, after } = plugin;
  const { file } = transfer;
  const path = sourcePath({ kind: 'transfer', category, plugin: name, revision: file.revision });
  const isTouched = change.files.some((one) => one.path === path || one.path.startsWith(`${path}.`));
  if (!isTouched) return [];
  const fault = (message: string, fix: string): ChangeFault => errorIn(path, message, fix);
  const anew = `Make it anew: sheaf owner transfer ${name} --to ${file.to}.`;
  if (before === undefined || file.from !== before.owner) {
    return [fault(`The transfer is by ${file.from}, who does not have ${name}.`, anew)];
  }
  const faults: ChangeFault[] = [];
  if (file.revision !== before.revision + 1) {
    faults.push(
      fault(`The transfer is for revision ${file.revision}, and plugin.toml has ${before.revision}.`, anew),
    );
  }
  const isWhole =
    Object.keys(file.releases).length === plugin.digests.size &&
    [...plugin.digests].every(([version, digest]) => file.releases[version] === digest);
  if (!isWhole)
    faults.push(fault(`The transfer does not list every release of ${name} with its digest.`, anew));
  if (after?.owner !== file.to) {
    const fix = `Let ${file.to} write it and sign it: sheaf owner transfer ${name} --to ${file.to} --key KEY.`;
    faults.push(fault(`The transfer comes without the plugin.toml that names ${file.to}.`, fix));
  }
  return [
    ...faults,
    ...[file.from, file.to].flatMap((owner) => {
      const problem = unsigned(owner, transfer, change);
      return problem === undefined
        ? []
        : [fault(problem, 'Let both owners sign it: sheaf sign FILE --as NAME --key KEY.')];
    }),
  ];
}

/** Why an owner has not signed the transfer; undefined when they have. */
function unsigned(name: string, transfer: SignedTransfer, change: Change): string | undefined {
  const keys = change.owners.get(name)?.keys;
  if (keys === undefined) return `The registry has no owner ${name}.`;
  if (keys instanceof SheafError) return keys.message;
  const current = currentKeys(keys);
  const signers = current.signers.filter(
    ({ key }) => revocationOf(change.revoked, key, undefined) === undefined,
  );
  const { met, signed, threshold } = demandOf({ ...current, signers }, 'owner@sheaf', transfer);
  return met
    ? undefined
    : `${signed.length} of the ${threshold} keys that ${name} needs have signed the transfer.`;
}
