import type { Artifact } from '../formats/manifest.ts';
import { forgeArchiveTop } from './forge-archive.ts';
import type { FileMove, KrewPlatform } from './krew-manifest.ts';
import { type MoveRemark, type ResolvedMove, resolveMove, sourceOf } from './krew-moves.ts';
import { below, cleanPath, joinPath } from './path-pattern.ts';

/** One rule of `files` in a manifest. */
type Pick = NonNullable<Artifact['files']>[number];

/** The files of one archive as sheaf unpacks them, and the program among them. */
export interface PlacedFiles {
  /** Undefined: the whole archive, unchanged. */
  readonly picks?: readonly Pick[];
  /** The program in the archive and in the installed plugin; undefined when it cannot be told. */
  readonly program?: { readonly source: string; readonly entry: string };
  readonly remarks: readonly MoveRemark[];
}

/** How krew takes a platform without `files`. */
const EVERYTHING: readonly FileMove[] = [{ from: '*', to: '.' }];

/** Where the files of a directory go that krew would spread over the top of the plugin. */
const GATHERED = 'files';

/**
 * Turns the moves of a krew platform into picks. A pick names a file, or a directory with all that is below it;
 * it knows no patterns and cannot unpack a directory at the top of the plugin. So a pattern takes the whole
 * directory, and what krew would spread over the top goes to `files/`, where the program still finds beside
 * itself what lay beside it. Every such difference earns a remark.
 */
export function placeFiles({
  uri,
  files = EVERYTHING,
  bin,
}: Omit<KrewPlatform, 'requirements'>): PlacedFiles {
  const remarks: MoveRemark[] = [];
  const top = forgeArchiveTop(uri);
  const moves = files.flatMap((written, move) => {
    const resolved = resolveMove(written, move, top, (rule, message) =>
      remarks.push({ move, rule, message }),
    );
    return resolved === undefined ? [] : [resolved];
  });
  const path = cleanPath(bin);
  const source = path === undefined ? undefined : sourceOf(moves, path);
  if (moves.some(takesEverything)) {
    remarkWhole(moves, remarks);
    return { ...(source === undefined ? {} : { program: { source, entry: source } }), remarks };
  }
  const picks = picksOf(moves, remarks);
  const entry = source === undefined ? undefined : targetOf(source, picks);
  return {
    picks,
    ...(source === undefined || entry === undefined ? {} : { program: { source, entry } }),
    remarks,
  };
}

/** The same files with the program under another name, for the releases whose platforms call it differently. */
export function renameProgram(placed: PlacedFiles, entry: string): PlacedFiles {
  const { picks, program } = placed;
  if (program === undefined || program.entry === entry) return placed;
  const renamed = { from: program.source, to: entry };
  const others = (picks ?? []).filter(({ from, to }) => from !== program.source || to !== program.entry);
  return { ...placed, picks: [renamed, ...others], program: { source: program.source, entry } };
}

function takesEverything({ from, pattern, to }: ResolvedMove): boolean {
  return pattern !== undefined && from === '' && to === '';
}

/** The whole archive is unpacked as it is, so nothing in it can be renamed. */
function remarkWhole(moves: readonly ResolvedMove[], remarks: MoveRemark[]): void {
  for (const { move, from, pattern, to } of moves) {
    if (from !== to) {
      const message = `The whole archive is installed, so ${from} keeps its name.`;
      remarks.push({ move, rule: 'kept-in-place', message });
    } else if (pattern !== undefined && pattern !== '*') {
      const message = `The pattern ${pattern} cannot be written; the whole archive is installed.`;
      remarks.push({ move, rule: 'whole-directory', message });
    }
  }
}

function picksOf(moves: readonly ResolvedMove[], remarks: MoveRemark[]): readonly Pick[] {
  const spread = moves.filter(({ pattern, to }) => pattern !== undefined && to === '');
  const homes = [...new Set(spread.map(({ from }) => from))].map((from, index) => ({
    from,
    to: index === 0 ? GATHERED : `${GATHERED}-${index + 1}`,
  }));
  const picks: Pick[] = [...homes];
  for (const { move, from, pattern, to } of moves) {
    const home = homes.find((home) => home.from === from && to === '');
    if (pattern !== undefined && from === '') {
      const message = `The top of the archive cannot be put into ${to}; it is left out.`;
      remarks.push({ move, rule: 'unsupported-move', message });
      continue;
    }
    if (home !== undefined) {
      const message = `All of ${from} is installed, below ${home.to}/.`;
      remarks.push({ move, rule: 'whole-directory', message });
      continue;
    }
    if (pattern !== undefined && pattern !== '*') {
      const message = `The pattern ${pattern} cannot be written; all of ${from} is installed.`;
      remarks.push({ move, rule: 'whole-directory', message });
    }
    // What lies in a gathered directory at the place it is moved to is there already.
    if (homes.some((home) => below(home.from, from) === to)) continue;
    const rival = picks.find((pick) => pick.to.toLowerCase() === to.toLowerCase());
    if (rival === undefined) picks.push({ from, to });
    else if (rival.from !== from) {
      const message = `${from} cannot become ${to}, because ${rival.from} does; it is left out.`;
      remarks.push({ move, rule: 'unsupported-move', message });
    }
  }
  return picks;
}

/** Where the picks put a file of the archive: the most exact one decides. */
function targetOf(source: string, picks: readonly Pick[]): string | undefined {
  const exact = picks.find(({ from }) => from === source);
  if (exact !== undefined) return exact.to;
  for (const { from, to } of picks) {
    const rest = below(from, source);
    if (rest !== undefined) return joinPath(to, rest);
  }
  return undefined;
}
