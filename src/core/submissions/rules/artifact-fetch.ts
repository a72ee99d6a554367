import type { ChangeRule } from '../change-rule.ts';
import { artifactTitle, releaseRule } from '../release-rule.ts';

/** What nobody can install must not be listed: the artifact is there, is the one that was signed, and is harmless. */
export const artifactFetch: ChangeRule = releaseRule({
  id: 'artifact-fetch',
  title: 'Every artifact can be downloaded, has the stated size and digest, and unpacks safely.',
  waivable: false,
  judge({ release, isImported }, say) {
    for (const [index, { artifact, problem }] of release.artifacts.entries()) {
      if (problem !== undefined) {
        say(
          'error',
          ['artifact', index, 'url'],
          `${artifactTitle(artifact)} cannot be used: ${problem.message}`,
          problem.hint ??
            'Upload the file that was packed and signed, and release again under a new version.',
        );
      }
      if (artifact.size === undefined && !isImported) {
        say(
          'error',
          ['artifact', index],
          `The manifest does not state the size of ${artifactTitle(artifact)}.`,
          'Let "sheaf pack" write size; only imported releases may lack it.',
        );
      }
    }
  },
});
