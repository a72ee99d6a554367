import type { PlannedStep } from '../../core/publishing/plan-publication.ts';
import type { ProposedChange } from '../../ops/publishing/propose-ceremony.ts';
import type { Publication } from '../../ops/publishing/publish.ts';
import type { Revision } from '../../ops/publishing/revise-plugin.ts';
import { bold, cyan, dim, green, type Line, red, type Span, yellow } from './line.ts';

/** A publication: its plan with --dry-run, else where it stands. */
export function publicationLines(publication: Publication): readonly Line[] {
  const { name, version, registry, state, steps, files, checks, failed } = publication;
  const title = bold(`${name} ${version}`);
  if (state === 'published')
    return [[green('Published'), ' ', title, ` is in the registry ${registry}; nothing to do.`]];
  if (state === 'planned') {
    return [
      [title, ` for the registry ${registry}:`],
      ...steps.map(stepLine),
      '',
      'Would propose:',
      ...files.flatMap(({ path, text }) => fileLines(path, text)),
    ];
  }
  const isOld = steps.every((step) => step.state === 'done');
  return [
    [
      green(isOld ? 'Already proposed' : 'Proposed'),
      ' ',
      title,
      ` to the registry ${registry}${isOld ? '; nothing to do.' : '.'}`,
    ],
    ...whereLines(publication),
    ...checkLines(checks),
    ...failed.map((check): Line => ['  ', red(check.name), check.url === undefined ? '' : ` ${check.url}`]),
  ];
}

function checkLines(checks: Publication['checks']): readonly Line[] {
  if (checks === 'none') return [];
  if (checks === 'unknown') return ['No checks are shown on this way; --follow waits until it is merged.'];
  return [[CHECKS[checks](checks), ' the checks of the registry']];
}

/** The next revision of a plugin.toml. */
export function revisionLines(revision: Revision, what: string): readonly Line[] {
  const { plugin, registry, state, path, text } = revision;
  if (state === 'unchanged') return [`The registry ${registry} says so already: nothing to do.`];
  if (state === 'planned')
    return [[`Would propose to ${what} `, bold(plugin), ':'], ...fileLines(path, text)];
  return [
    [green('Proposed'), ` to ${what} `, bold(plugin), ` to the registry ${registry}.`],
    ...whereLines(revision),
  ];
}

/** Where a change of an owner went. */
export function changeLines(change: ProposedChange): readonly Line[] {
  return [
    '',
    [green('Proposed'), ` ${change.files.length} files as `, bold(change.branch), '.'],
    ...whereLines(change),
  ];
}

const CHECKS = { pending: yellow, passed: green, failed: red } as const;

const MARKS: Readonly<Record<PlannedStep['state'], Span>> = {
  done: green('  ✓ '),
  next: cyan('  → '),
  waits: dim('  · '),
};

function stepLine({ step, state, because }: PlannedStep): Line {
  return [MARKS[state], step, because === undefined ? '' : dim(`  ${because}`)];
}

function fileLines(path: string, text: string | undefined): readonly Line[] {
  if (text === undefined) return [[green('+ '), path, dim('  not made yet')]];
  const lines = text.trimEnd().split('\n');
  return [[green('+ '), bold(path)], ...lines.map((line): Line => [green('  + '), line])];
}

function whereLines({ url, hint }: { readonly url?: string; readonly hint?: string }): readonly Line[] {
  return [...(url === undefined ? [] : [`  ${url}`]), ...(hint === undefined ? [] : [`  ${hint}`])];
}
