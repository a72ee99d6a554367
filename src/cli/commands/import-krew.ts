import { basename, resolve } from 'node:path';
import { importTotals } from '../../core/import/import-report.ts';
import { importKrew } from '../../ops/import-krew.ts';
import { createImportPorts } from '../../wiring/import.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { findingLines } from '../render/findings.ts';
import { bold, cyan, green, type Line } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const directory = call.required('out');
  const category = call.value('category');
  const dryRun = call.flag('dry-run');
  const imported = await importKrew(
    createImportPorts({ environment: call.environment, signal: call.signal }),
    {
      list: requiredArgument(call, 0),
      directory,
      id: call.value('id') ?? basename(resolve(directory)),
      key: call.required('key'),
      ...(category === undefined ? {} : { category }),
      dryRun,
    },
  );
  const { registry, created, owner, plugins, gone, grants, next } = imported;
  const totals = importTotals(plugins);
  return {
    data: { ...imported, directory, dryRun, totals },
    lines: (): readonly Line[] => [
      ...findingLines([...plugins.flatMap(({ findings }) => findings), ...gone]),
      [
        dryRun ? 'Would import' : green('Imported'),
        ` ${count(totals.added, 'plugin')} into ${created ? 'the new registry ' : ''}`,
        bold(registry),
        ` under the owner ${owner}: ${totals.kept} kept as they were, ${totals.leftOut} left out, ` +
          `${count(totals.artifacts, 'artifact')} in all, ${totals.withFindings} with findings.`,
      ],
      "krew's index states no licences, authors and sizes, so the releases lack them. Nothing was downloaded.",
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
