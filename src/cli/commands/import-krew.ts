import { importKrew } from '../../ops/import/import-krew.ts';
import { createImportPorts } from '../../wiring/import.ts';
import type { Call, Outcome } from '../call.ts';
import { importOptions, importOutcome } from '../run-import.ts';

export async function run(call: Call): Promise<Outcome> {
  const imported = await importKrew(createImportPorts(call), importOptions(call));
  return importOutcome(
    call,
    imported,
    "krew's index states no licences, authors and sizes, so the releases lack them. Nothing was downloaded.",
  );
}
