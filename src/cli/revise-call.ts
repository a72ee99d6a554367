import { SheafError } from '../core/errors.ts';
import { pluginName } from '../core/plugin-name.ts';
import { quote, uncleanCharacter } from '../core/text.ts';
import { isVersion, type Version } from '../core/version.ts';
import { recallSettings } from '../ops/publishing/publish-folder.ts';
import type { ReviseOptions, RevisePorts, Revision } from '../ops/publishing/revise-plugin.ts';
import { createSigningPorts } from '../wiring/signing.ts';
import { type Call, type Outcome, requiredArgument } from './call.ts';
import { registryOf, requiredSetting, settingsOf } from './publishing-call.ts';
import { revisionLines } from './render/publication.ts';

/**
 * Proposes the next revision of a plugin.toml; in the folder of a plugin, where and with which key is known from its
 * last release.
 *
 * @param what happens to the plugin: `yank 1.0.0 of`.
 */
export async function proposeRevision(
  call: Call,
  what: string,
  revise: (ports: RevisePorts, options: ReviseOptions) => Promise<Revision>,
): Promise<Outcome> {
  const dryRun = call.flag('dry-run');
  const plugin = pluginName(requiredArgument(call, 0));
  const signing = createSigningPorts({
    mayAsk: !call.global.noInput && !call.global.json,
    signal: call.signal,
  });
  const settings = settingsOf(call, await recallSettings(signing.files, '.'));
  const key = requiredSetting(call, settings, 'key');
  const connected = registryOf(call, settings);
  const { registry, transport } = connected;
  try {
    const revision = await revise({ ...signing, registry, transport }, { plugin, key, dryRun });
    return { data: { ...revision, dryRun }, lines: () => revisionLines(revision, what) };
  } finally {
    await connected.close();
  }
}

/**
 * The text after --reason, or nothing with --undo.
 *
 * @throws SheafError `SHEAF_USAGE` without exactly one of both, or for a text that no plugin.toml may hold.
 */
export function reasonOf(call: Call): { readonly reason?: string } {
  const reason = call.value('reason');
  const isUndone = call.flag('undo');
  if (isUndone === (reason !== undefined)) {
    throw new SheafError(
      'SHEAF_USAGE',
      `"sheaf ${call.command.name}" needs --reason, or --undo without one.`,
      {
        hint: 'Users read the reason: say what is wrong and what to use instead.',
      },
    );
  }
  if (reason === undefined) return {};
  const isLine = reason.trim() !== '' && uncleanCharacter(reason) === undefined && !/[\n\t]/.test(reason);
  if (isLine && reason.length <= 300) return { reason };
  throw new SheafError('SHEAF_USAGE', `${quote(reason)} cannot be a reason.`, {
    hint: 'Write one line of at most 300 characters.',
  });
}

/** @throws SheafError `SHEAF_USAGE`. */
export function versionNamed(text: string): Version {
  if (isVersion(text)) return text;
  throw new SheafError('SHEAF_USAGE', `${quote(text)} is not a version.`, {
    hint: 'Write it in full: 1.2.0.',
  });
}
