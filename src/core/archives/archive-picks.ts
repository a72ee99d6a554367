import { SheafError } from '../errors.ts';
import type { Artifact } from '../formats/manifest.ts';
import { quote } from '../text.ts';
import { type ArchivePlan, judgeArchive, type PlannedFile } from './archive-policy.ts';

/** One rule of `files` in a manifest. */
type Pick = NonNullable<Artifact['files']>[number];

/**
 * The plan of what `files` picks out of a judged archive, judged again under the new names.
 *
 * `from` names a file, or a directory with all that is below it; `to` takes its place. What several rules pick
 * is there several times.
 *
 * @throws SheafError `SHEAF_ARCHIVE` when a rule picks nothing, or when two files would have one name.
 */
export function pickFiles(plan: ArchivePlan, picks: readonly Pick[], archiveName: string): ArchivePlan {
  const picked = picks.flatMap((pick) => {
    const files = pickOne(plan.files, pick);
    if (files.length > 0) return files;
    throw new SheafError('SHEAF_ARCHIVE', `${quote(archiveName)} does not contain ${quote(pick.from)}.`, {
      hint: 'The release was written for another archive; tell its author.',
    });
  });
  const judged = judgeArchive(
    picked.map(({ path, size, mode }) => ({ path, size, mode, type: 'file' as const })),
    // The ratio was judged for the archive as a whole; a small file picked out of it is no bomb.
    { name: archiveName, packedBytes: Number.POSITIVE_INFINITY },
  );
  // Positions of the second judgement count in `picked`; the reader of the archive needs those of the first.
  const files = judged.files.map((file) => ({ ...file, entry: picked[file.entry]?.entry ?? file.entry }));
  return { ...judged, files };
}

function pickOne(files: readonly PlannedFile[], pick: Pick): PlannedFile[] {
  const from = pick.from.replace(/\/$/, '');
  const to = pick.to.replace(/\/$/, '');
  return files.flatMap((file) => {
    if (file.path !== from && !file.path.startsWith(`${from}/`)) return [];
    return [{ ...file, path: `${to}${file.path.slice(from.length)}` }];
  });
}
