import { quote } from '../../text.ts';
import type { Change, ChangedFile } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';
import { placeOfKey } from '../key-place.ts';
import { filePurpose } from '../purpose.ts';

/** What was published was signed, locked and reviewed by its bytes: other bytes in its place are an attack. */
export const nothingModified: ChangeRule = {
  id: 'nothing-modified',
  title:
    'Releases, key files, transfers and signatures are never changed or removed; plugin.toml and reviews only go on.',
  waivable: false,
  judge: (change) =>
    change.files
      // What is for maintainers is refused whether it changes or not.
      .filter((file) => file.change !== 'added' && filePurpose(file) !== undefined)
      .flatMap((file) => judgeFile(file, change)),
};

function judgeFile(file: ChangedFile, change: Change): readonly ChangeFault[] {
  const { path, source } = file;
  if (file.change === 'removed') return [errorIn(path, `${quote(path)} is removed.`, RESTORE)];
  if (source?.kind === 'plugin') return judgeRevision(file, change);
  if (source?.kind === 'review') return judgePair(file, change, `${path}.sig`);
  if (source?.kind === 'plugin-signature' || source?.kind === 'review-signature') {
    return judgePair(file, change, path.slice(0, -'.sig'.length));
  }
  return [errorIn(path, `${quote(path)} is in the registry already and would get other contents.`, RESTORE)];
}

const RESTORE = 'Restore the file; what has to change comes as a new version, or as the next key file.';

/** A client refuses a lower revision than it has seen, and does not look at one that stays. */
function judgeRevision({ path, source, after }: ChangedFile, { plugins }: Change): readonly ChangeFault[] {
  const plugin = plugins.find(({ name }) => source?.kind === 'plugin' && name === source.plugin);
  const [before, next] = [plugin?.before?.revision, plugin?.after?.revision];
  if (before === undefined || next === undefined || next > before) return [];
  return [
    {
      severity: 'error',
      place: placeOfKey(path, after, ['plugin', 'revision']),
      message: `plugin.toml changes, and its revision goes from ${before} to ${next}.`,
      fix: `Write revision = ${before + 1} and sign again.`,
    },
  ];
}

/** A signature changes with what it signs, or one of the two is not what it was. */
function judgePair({ path }: ChangedFile, { files }: Change, other: string): readonly ChangeFault[] {
  return files.some((file) => file.path === other && file.change === 'modified')
    ? []
    : [errorIn(path, `${quote(path)} changes, and ${quote(other)} does not.`, 'Change both, or neither.')];
}
