import { isUnbounded } from '../../checking/rules/ranges.ts';
import { closest } from '../../did-you-mean.ts';
import { quote } from '../../text.ts';
import { rangesOverlap } from '../../version.ts';
import type { ChangeRule } from '../change-rule.ts';
import { releaseRule } from '../release-rule.ts';

/** Compatibility is said of hosts that exist, and of versions that somebody has tried. */
export const engines: ChangeRule = releaseRule({
  id: 'engines',
  title: 'The engines are those of the registry, in ranges that hold a supported version, and that end.',
  waivable: true,
  judge({ change, release }, say) {
    const known = change.registry.engines;
    const stated = Object.entries(release.manifest.engines);
    for (const [engine, range] of stated) {
      const path = ['compatibility', `${engine}_version`];
      const supported = Object.hasOwn(known, engine) ? known[engine]?.supported : undefined;
      if (supported === undefined && Object.keys(known).length > 0) {
        const meant = closest(engine, Object.keys(known));
        say(
          'warning',
          path,
          `No host of this registry has the engine ${quote(engine)}; its range is shown and not enforced.`,
          meant === undefined ? 'Leave it out, unless it is for readers.' : `Did you mean ${meant}_version?`,
        );
        continue;
      }
      if (supported !== undefined && !rangesOverlap(range, supported)) {
        say(
          'error',
          path,
          `No supported version of ${engine} lies in ${quote(range)}: the registry supports ${quote(supported)}.`,
          'Try the plugin with a supported version, and write a range with that version in it.',
        );
      }
      // What is tried are the ends of both ranges together (core/measuring/engine-trials.ts): one end is enough.
      if (isUnbounded(range) && (supported === undefined || isUnbounded(supported))) {
        say(
          'warning',
          path,
          `The range ${quote(range)} of ${engine} has no upper end, and the registry states none.`,
          'Write one, such as ">=0.3.0 <2": nobody has tried what comes later.',
        );
      }
    }
    const isForNone = !stated.some(([engine]) => Object.hasOwn(known, engine));
    if (isForNone && Object.keys(known).length > 0) {
      const [example = ''] = Object.keys(known);
      say(
        'warning',
        ['compatibility'],
        'The manifest does not say with which hosts of this registry the plugin works.',
        `Write ${example}_version under [compatibility].`,
      );
    }
  },
});
