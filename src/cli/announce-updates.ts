import type { Reporter } from '../core/ports.ts';
import type { CommandName } from './command-spec.ts';
import type { CommandLine } from './create-call.ts';
import { bold, dim, type Line } from './render/line.ts';
import { count } from './render/size.ts';
import type { Stdio } from './stdio.ts';

/** These tell it themselves, or do it. */
const TELLING: ReadonlySet<CommandName> = new Set(['outdated', 'update']);

/** Longer lists are what `sheaf outdated` is for. */
const MOST = 5;

/** What a person is told in passing, at most once a day: that installed plugins have newer versions. */
export async function updateLines(
  line: CommandLine,
  stdio: Stdio,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<readonly Line[]> {
  if (!isWelcome(line, stdio)) return [];
  try {
    const [{ connectClient }, { updateNotice }] = await Promise.all([
      import('../wiring/client.ts'),
      import('../ops/plugins/update-notice.ts'),
    ]);
    const ports = connectClient({
      project: line.values.get('project')?.[0] ?? '.',
      global: line.flags.has('global'),
      offline: true,
      environment: stdio.environment,
      prompt: { confirm: () => Promise.resolve(false) },
      reporter,
      signal,
    });
    const plugins = await updateNotice(ports);
    if (plugins.length === 0) return [];
    return [
      '',
      [bold(count(plugins.length, 'update')), ' for this project; sheaf update installs what it allows:'],
      ...plugins
        .slice(0, MOST)
        .map(({ name, installed, allowed }): Line => [`  ${name} `, dim(`${installed} → `), allowed]),
      ...(plugins.length > MOST ? [dim(`  and ${plugins.length - MOST} more`)].map((span) => [span]) : []),
    ];
  } catch {
    // The command has done its work; that nothing could be announced is not worth a word.
    return [];
  }
}

/** Only a person at a terminal is told, after a command about plugins, and not where they said that they mind. */
function isWelcome({ command, flags }: CommandLine, { stderr, environment }: Stdio): boolean {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  return (
    command.group === 'use' &&
    !TELLING.has(command.name) &&
    stderr.terminal &&
    !flags.has('json') &&
    !isSet('CI') &&
    !isSet('NO_UPDATE_NOTIFIER')
  );
}
