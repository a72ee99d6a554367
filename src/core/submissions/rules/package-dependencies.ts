import type { PluginName } from '../../plugin-name.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { releaseRule } from '../release-rule.ts';

/** `[dependencies]` lists packages, `[dependencies.plugins]` plugins; what is in the wrong one is never installed. */
export const packageDependencies: ChangeRule = releaseRule({
  id: 'package-dependencies',
  title: 'No plugin of the registry stands among the packages of a release.',
  waivable: true,
  judge({ change, release }, say) {
    for (const [name, range] of Object.entries(release.manifest.packages)) {
      if (!change.names.has(name as PluginName)) continue;
      say(
        'warning',
        ['dependencies', name],
        `${quote(name)} is a plugin of this registry, but [dependencies] lists packages, which are not installed.`,
        `Write ${name} = ${quote(range)} under [dependencies.plugins] if the plugin is meant.`,
      );
    }
  },
});
