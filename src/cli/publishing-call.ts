import { defined } from '../core/defined.ts';
import { SheafError } from '../core/errors.ts';
import type { PublishSettings } from '../core/formats/publish-settings.ts';
import { type ConnectedRegistry, connectRegistry } from '../wiring/publishing.ts';
import type { Call } from './call.ts';

/** What was said on the command line, on top of what was said the last time. */
export function settingsOf(call: Call, before: PublishSettings): PublishSettings {
  const number = (name: string): number | undefined => {
    const text = call.value(name);
    return text === undefined ? undefined : Number(text);
  };
  const repositories = call.values('repository');
  return {
    ...before,
    ...defined({
      to: call.value('to'),
      owner: call.value('owner'),
      key: call.value('key'),
      host: call.value('host'),
      releaseUrl: call.value('release-url'),
      transport: call.value('transport'),
      fork: call.value('fork'),
      platform: call.value('platform'),
      githubId: number('github-id'),
      gitlabId: number('gitlab-id'),
      repositories: repositories.length > 0 ? repositories : undefined,
    }),
  };
}

/**
 * A setting that has to be there.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function requiredSetting(call: Call, settings: PublishSettings, name: 'to' | 'key' | 'host'): string {
  const value = settings[name];
  if (value !== undefined) return value;
  const option = call.command.options.find((one) => one.name === name);
  throw new SheafError('SHEAF_USAGE', `"sheaf ${call.command.name}" needs --${name}.`, {
    hint: `Add --${name} ${option?.value?.name ?? ''}; in the folder of a published plugin it is remembered.`,
  });
}

/**
 * The registry that the settings name.
 *
 * @throws SheafError `SHEAF_USAGE`, `SHEAF_OFFLINE`.
 */
export function registryOf(call: Call, settings: PublishSettings): ConnectedRegistry {
  if (call.global.offline) {
    throw new SheafError('SHEAF_OFFLINE', 'The registry has to be read, and --offline forbids it.');
  }
  const { transport, fork } = settings;
  const to = requiredSetting(call, settings, 'to');
  return connectRegistry({ to, ...defined({ transport, fork }) }, call);
}
