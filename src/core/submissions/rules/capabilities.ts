import { closest } from '../../did-you-mean.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { releaseRule } from '../release-rule.ts';

/** Nobody can be asked about a power that no host knows. */
export const capabilities: ChangeRule = releaseRule({
  id: 'capabilities',
  title: 'Capabilities are listed in policy/capabilities.toml, for the tier that the release asks for.',
  waivable: false,
  judge({ change, release }, say) {
    const { tier, capabilities: requested } = release.manifest.security;
    for (const [index, { id }] of requested.entries()) {
      const path = ['security', 'capabilities', index];
      const rule = Object.hasOwn(change.capabilities, id) ? change.capabilities[id] : undefined;
      if (rule === undefined) {
        const meant = closest(id, Object.keys(change.capabilities));
        say(
          'error',
          path,
          `The hosts of this registry do not offer the capability ${quote(id)}.`,
          meant === undefined ? 'Build the plugin without it.' : `Did you mean ${quote(meant)}?`,
        );
      } else if (!rule.tiers.includes(tier)) {
        say(
          'error',
          path,
          `The capability ${quote(id)} is for the tier ${rule.tiers.join(' or ')}, and the release asks for ${tier}.`,
          'Build the plugin without it, or for a tier that may have it.',
        );
      }
    }
  },
});
