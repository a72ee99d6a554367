import { SheafError } from '../../core/errors.ts';
import { urlPrefix } from '../../core/web-url.ts';
import { importObsidian } from '../../ops/import/import-obsidian.ts';
import { createFetchingImportPorts } from '../../wiring/import.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { importOptions, importOutcome } from '../run-import.ts';

const GITHUB = 'https://github.com/';

export async function run(call: Call): Promise<Outcome> {
  const { environment, signal, global } = call;
  const { artifacts, ...options } = importOptions(call);
  if (artifacts === undefined) {
    throw new SheafError('SHEAF_INTERNAL', '"sheaf import obsidian" ran without its options.');
  }
  const imported = await importObsidian(
    createFetchingImportPorts({ environment, signal, offline: global.offline }),
    {
      ...options,
      artifacts,
      only: call.values('only'),
      forge: urlPrefix(call.value('forge') ?? GITHUB, '--forge'),
    },
  );
  const outcome = importOutcome(
    call,
    imported,
    `Obsidian's list states no licences and digests: the releases lack the former, and the latter are of what was fetched. Serve ${artifacts.directory} under ${artifacts.url}.`,
  );
  const isIncomplete = imported.plugins.some(({ findings }) =>
    findings.some(({ rule }) => rule === 'download'),
  );
  return isIncomplete ? { ...outcome, exitStatus: EXIT_STATUS.SHEAF_NETWORK } : outcome;
}
