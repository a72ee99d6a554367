import { quote } from '../../text.ts';
import { compareVersions, isPrerelease, releaseLine, type Version } from '../../version.ts';
import type { ChangedPlugin } from '../change.ts';
import type { ChangeRule } from '../change-rule.ts';
import { type JudgedRelease, openedArtifacts, releaseRule, type Say } from '../release-rule.ts';

/** Where authors write down what changed. */
const NOTES = /^(changelog|changes|history|news|notes|release-?notes)(\.|$)/i;

/**
 * Users who ask for `^1.2.0` get the newest version of a line. One that comes later but is lower would never reach
 * them, and one that is not compatible tells them by its number, and in words what to do.
 */
export const versionGrowth: ChangeRule = releaseRule({
  id: 'version-growth',
  title: 'A version is higher than all before it in its line; one that begins a new line comes with notes.',
  waivable: true,
  judge(submission, say) {
    const { plugin, release } = submission;
    const { version } = release.manifest;
    const path = ['plugin', 'version'];
    const published = [...plugin.published.keys()].filter((one) => one !== version);
    if (isGone(plugin, version)) {
      say(
        'error',
        path,
        `Version ${version} was published before, and removed.`,
        'Take the next number: machines may still have the other files of that version.',
      );
    }
    const line = releaseLine(version);
    const same = published.filter((one) => releaseLine(one) === line).toSorted(compareVersions);
    const highest = same.at(-1);
    if (highest !== undefined && compareVersions(version, highest) < 0) {
      say(
        'error',
        path,
        `Version ${version} is lower than ${highest}, which is published.`,
        `Take a higher number than ${highest}; older lines than ${line} may go on with numbers of their own.`,
      );
    }
    const isBreaking = same.length === 0 && published.some((one) => compareVersions(one, version) < 0);
    if (isBreaking && !isPrerelease(version)) requireNotes(submission, say);
  },
});

/** The owner has signed something about a version that the registry does not have. */
function isGone({ before, published }: ChangedPlugin, version: Version): boolean {
  const said = { ...before?.yanked, ...before?.deprecatedVersions };
  return Object.hasOwn(said, version) && !published.has(version);
}

/** In the manifest, where installing shows them, or in a file of an archive that names the version. */
function requireNotes({ release }: JudgedRelease, say: Say): void {
  const { version, notes } = release.manifest;
  const opened = openedArtifacts(release);
  // Without the artifacts nobody can tell what is in them.
  if (notes !== undefined || opened.length < release.artifacts.length) return;
  const isTold = opened.some(({ files }) =>
    files.some(
      ({ path, bytes }) => NOTES.test(path) && namesVersion(new TextDecoder().decode(bytes), version),
    ),
  );
  if (isTold) return;
  say(
    'error',
    ['plugin', 'version'],
    `Version ${version} is not compatible with those before it, and nothing says what changed.`,
    `Write notes under [install], or a section ${quote(version)} in CHANGELOG.md.`,
  );
}

/** Whether a text names the version itself, and not one that it is a part of: 2.0.0 is not in 12.0.0. */
function namesVersion(text: string, version: Version): boolean {
  return text
    .split(/[^0-9A-Za-z.+-]+/)
    .some((word) => word.replace(/^v/, '').replace(/[.:]+$/, '') === version);
}
