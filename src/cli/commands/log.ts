import type { LogAction, LogEntry } from '../../core/formats/install-log.ts';
import { readInstallLog } from '../../ops/plugins/read-install-log.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, green, red, type Span, yellow } from '../render/line.ts';
import { tableLines } from '../render/table.ts';

const DEFAULT_LIMIT = 20;

const PAINT: Readonly<Record<LogAction, (text: string) => Span>> = {
  install: green,
  update: yellow,
  remove: red,
  rollback: yellow,
};

export async function run(call: Call): Promise<Outcome> {
  const limit = Number(call.value('limit') ?? DEFAULT_LIMIT);
  const { entries, total } = await readInstallLog(await call.client({ offline: true }), { limit });
  return {
    data: { entries, total },
    lines: () =>
      entries.length === 0
        ? ['Nothing has been installed on this machine yet.']
        : tableLines(
            ['TIME', '', 'PLUGIN', 'VERSION', 'REGISTRY', 'BY', 'PROJECT'],
            entries.map((entry) => [
              entry.time,
              PAINT[entry.action](entry.action),
              bold(entry.plugin),
              versionsOf(entry),
              entry.registry,
              `${entry.user} (${entry.command})`,
              entry.project,
            ]),
            call.columns,
          ),
  };
}

function versionsOf({ from, version }: LogEntry): string {
  if (from === undefined) return version ?? '';
  return version === undefined ? from : `${from} → ${version}`;
}
