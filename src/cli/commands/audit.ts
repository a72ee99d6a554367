import { LIMITS } from '../../core/limits.ts';
import { audit } from '../../ops/plugins/audit.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { ageDocuments, ageLines, auditLines, ignoreDocument, ignoreLines, seconds } from '../render/audit.ts';
import { bold, green, red } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const file = call.value('lock');
  const { files } = createSigningPorts({ mayAsk: false, signal: call.signal });
  const lock = file === undefined ? undefined : { file, bytes: await files.read(file, LIMITS.textFileBytes) };
  // Never from the network: what an audit says must not depend on who lets it through.
  const ports = await call.client({ offline: true });
  const found = await audit(ports, lock === undefined ? {} : { lock });
  const { findings, ignored, ignores, plugins, registries, checkpointAge } = found;
  return {
    data: {
      findings,
      ignored: ignored.map(({ finding, ignore: { reason, until } }) => ({ ...finding, reason, until })),
      ignores: ignores.map(ignoreDocument),
      plugins,
      registries: ageDocuments(registries),
      checkpointAge: checkpointAge === undefined ? null : seconds(checkpointAge),
    },
    lines: () => [
      ...auditLines(findings),
      ...ignoreLines(found),
      findings.length === 0
        ? [green('✓'), ` Nothing is known against ${count(plugins, 'locked plugin')}.`]
        : [red('✗'), ' ', bold(count(findings.length, 'finding')), ` in ${count(plugins, 'locked plugin')}.`],
      ...ageLines(registries),
    ],
    ...(findings.length === 0 ? {} : { exitStatus: EXIT_STATUS.SHEAF_POLICY }),
  };
}
