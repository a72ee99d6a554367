import { archiveNameFault } from '../../archives/archive-name.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { openedArtifacts, releaseRule } from '../release-rule.ts';

/**
 * Source is built on the machines of users, in a sandbox without network: what it takes and what it leaves must be
 * known beforehand.
 */
export const builds: ChangeRule = releaseRule({
  id: 'builds',
  title: 'Source says how it is built and what comes of it; programs say for which platform they are.',
  waivable: false,
  judge({ release }, say) {
    const { manifest } = release;
    const { build, artifacts, requires, security } = manifest;
    for (const [index, { kind, platform }] of artifacts.entries()) {
      if (kind === 'binary' && platform === 'any') {
        say(
          'error',
          ['artifact', index, 'platform'],
          'A program cannot be for any platform.',
          'Write the platform that it was built for, such as "linux-x64".',
        );
      }
    }
    if (!artifacts.some(({ kind }) => kind === 'source')) return;
    if (security.tier !== 'native') {
      say(
        'error',
        ['security', 'tier'],
        `Source is only built for the tier native, and the release asks for ${security.tier}.`,
        'Write tier = "native", or release what the build leaves.',
      );
    }
    if (build === undefined) {
      say(
        'error',
        ['build'],
        'The artifact is source, but the manifest does not say how to build it.',
        'Add [build] with command and output.',
      );
      return;
    }
    const fault = archiveNameFault(build.output);
    if (fault !== undefined) {
      say(
        'error',
        ['build', 'output'],
        `The output ${quote(build.output)} ${fault}.`,
        'Name a file below the folder that is built.',
      );
    }
    const [program = ''] = build.command;
    if (!Object.hasOwn(requires, program)) {
      say(
        'warning',
        ['build', 'command'],
        `The build runs ${quote(program)}, which [requires] does not name.`,
        `Write ${program} = "*" under [requires], so that users learn what is missing before the build fails.`,
      );
    }
    for (const { artifact, files, path, title } of openedArtifacts(release)) {
      if (artifact.kind !== 'source' || !files.some((file) => file.path === build.output)) continue;
      say(
        'error',
        path,
        `${title} already holds ${quote(build.output)}, which the build should make.`,
        'Leave it out: nobody could tell whether the program comes from the source.',
      );
    }
  },
});
