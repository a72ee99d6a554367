import { basename, resolve } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { importTotals } from '../core/import/import-report.ts';
import { urlPrefix } from '../core/web-url.ts';
import type { ArtifactPlace, Imported, ImportOptions } from '../ops/import/import-list.ts';
import { type Call, type Outcome, requiredArgument } from './call.ts';
import { findingLines } from './render/findings.ts';
import { bold, cyan, green, type Line } from './render/line.ts';
import { count } from './render/size.ts';

/** What every import is asked for on its command line. */
export function importOptions(call: Call): ImportOptions {
  const directory = call.required('out');
  const category = call.value('category');
  const artifacts = artifactPlace(call);
  return {
    list: requiredArgument(call, 0),
    directory,
    id: call.value('id') ?? basename(resolve(directory)),
    key: call.required('key'),
    ...(category === undefined ? {} : { category }),
    ...(artifacts === undefined ? {} : { artifacts }),
    dryRun: call.flag('dry-run'),
  };
}

/**
 * Where archives that an import packs go; undefined for one that packs none.
 *
 * @throws SheafError `SHEAF_USAGE` for half of it.
 */
function artifactPlace(call: Call): ArtifactPlace | undefined {
  const [directory, url] = [call.value('artifacts'), call.value('artifacts-url')];
  if (directory === undefined && url === undefined) return undefined;
  if (directory !== undefined && url !== undefined) {
    return { directory, url: urlPrefix(url, '--artifacts-url') };
  }
  throw new SheafError('SHEAF_USAGE', '--artifacts and --artifacts-url belong together.', {
    hint: 'Name the directory that archives are written to, and the URL under which it will be served.',
  });
}

/**
 * The report of an import.
 *
 * @param remark what the list could not say, in one or two sentences.
 */
export function importOutcome(call: Call, imported: Imported, remark: string): Outcome {
  const dryRun = call.flag('dry-run');
  const { registry, created, owner, plugins, gone, removed, faults, grants, next } = imported;
  const totals = importTotals(plugins);
  const findings = [...faults, ...plugins.flatMap((plugin) => plugin.findings), ...gone];
  return {
    data: { ...imported, directory: call.required('out'), dryRun, totals },
    lines: (): readonly Line[] => [
      ...findingLines(findings),
      [
        dryRun ? 'Would import' : green('Imported'),
        ` ${count(totals.added, 'plugin')} into ${created ? 'the new registry ' : ''}`,
        bold(registry),
        ` under the owner ${owner}: ${totals.kept} kept as they were, ${totals.leftOut} left out, ` +
          `${count(totals.artifacts, 'artifact')} in all, ${totals.withFindings} with findings.`,
      ],
      remark,
      ...(removed.length === 0
        ? []
        : [`${count(removed.length, 'name')} that the list has removed cannot be taken any more.`]),
      ...(grants.length === 0
        ? []
        : [
            `The tier native has to be granted to ${count(grants.length, 'plugin')}: the maintainers sign the new events.`,
          ]),
      '',
      'Next:',
      ...next.map((line): Line => ['  ', cyan(line)]),
    ],
  };
}
