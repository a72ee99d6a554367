import { importForgeai } from '../../ops/import/import-forgeai.ts';
import { createImportPorts } from '../../wiring/import.ts';
import type { Call, Outcome } from '../call.ts';
import { importOptions, importOutcome } from '../run-import.ts';

export async function run(call: Call): Promise<Outcome> {
  const imported = await importForgeai(createImportPorts(call), importOptions(call));
  return importOutcome(
    call,
    imported,
    'A plugin.yaml does not say for which platforms a plugin was built, so each is offered for all. Nothing was downloaded.',
  );
}
