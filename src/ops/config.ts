import { valueOf } from '../core/finding.ts';
import { readConfig } from '../core/formats/config-file.ts';
import {
  getSetting,
  listSettings,
  type Setting,
  setSetting,
  unsetSetting,
} from '../core/formats/config-settings.ts';
import type { ClientPorts } from '../core/ports.ts';

type ConfigPorts = Pick<ClientPorts, 'user'>;

/** Every setting of config.toml, in its order. */
export async function listConfig(ports: ConfigPorts): Promise<readonly Setting[]> {
  return listSettings(await configText(ports));
}

/**
 * One setting; undefined when it is not set.
 *
 * @throws SheafError `SHEAF_USAGE` when there is no such setting.
 */
export async function getConfig(ports: ConfigPorts, key: string): Promise<string | undefined> {
  return getSetting(await configText(ports), key);
}

/**
 * Changes one setting and keeps everything else of the file, comments included.
 *
 * @throws SheafError `SHEAF_USAGE` when there is no such setting or the value does not fit.
 */
export async function setConfig(ports: ConfigPorts, key: string, value: string): Promise<void> {
  await edit(ports, (text) => setSetting(text, key, value, ports.user.configPath));
}

/** Removes one setting, so that its default holds. */
export async function unsetConfig(ports: ConfigPorts, key: string): Promise<void> {
  await edit(ports, (text) => unsetSetting(text, key));
}

async function edit(ports: ConfigPorts, change: (text: string) => string): Promise<void> {
  await ports.user.exclusively(async () => {
    const text = await configText(ports);
    const changed = change(text);
    if (changed !== text) await ports.user.writeConfig(new TextEncoder().encode(changed));
  });
}

/** The text of config.toml, empty when there is none; a broken one is refused before anything is read off it. */
async function configText({ user }: ConfigPorts): Promise<string> {
  const bytes = (await user.readConfig()) ?? new Uint8Array();
  valueOf(readConfig(bytes, user.configPath));
  return new TextDecoder().decode(bytes);
}
