import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import type { CheckFault, CheckRule } from '../check-rule.ts';

/** What a registry wants to know of a plugin before it publishes it. */
export const described: CheckRule = {
  id: 'described',
  title: 'the manifest says who made it, what it is and under which licence',
  check({ manifest }) {
    const faults: CheckFault[] = [];
    const say = (severity: CheckFault['severity'], message: string, fix: string): void => {
      faults.push({ severity, path: AUTHOR_MANIFEST, message, fix });
    };
    if (manifest.license === undefined)
      say('error', 'The manifest names no licence.', 'Write license with an SPDX expression.');
    if (manifest.authors.length === 0)
      say('error', 'The manifest names no author.', 'Write author under [plugin].');
    if (manifest.category === undefined) {
      say(
        'error',
        'The manifest names no category.',
        'Write category under [plugin], such as "query-extensions".',
      );
    }
    if (manifest.repository === undefined) {
      say(
        'warning',
        'The manifest names no repository.',
        'Write repository: registries compare release addresses with it.',
      );
    }
    if (manifest.provides.commands.length === 0) {
      say(
        'warning',
        'The manifest provides no command.',
        'Name the commands under [provides], so that hosts find them.',
      );
    }
    return faults;
  },
};
