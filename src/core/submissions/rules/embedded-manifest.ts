import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { readManifest } from '../../formats/manifest.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { differencesBetween } from '../manifest-difference.ts';
import { type OpenedArtifact, openedArtifacts, releaseRule, type Say } from '../release-rule.ts';

/**
 * What is reviewed and what is installed say the same of themselves, also to those who got the artifact by another
 * way.
 */
export const embeddedManifest: ChangeRule = releaseRule({
  id: 'embedded-manifest',
  title: 'The manifest in the artifact equals the published one, apart from what a release adds.',
  waivable: false,
  judge({ release, isImported }, say) {
    if (isImported) return;
    for (const opened of openedArtifacts(release)) {
      if (opened.artifact.kind === 'binary') sayBare(opened, say);
      else compare(opened, release.manifest, say);
    }
  },
});

function sayBare({ path, title }: OpenedArtifact, say: Say): void {
  say(
    'warning',
    path,
    `${title} is a program that cannot carry a manifest.`,
    `Release it in an archive, with ${AUTHOR_MANIFEST}, the licence and a README beside it.`,
  );
}

function compare(
  { files, path, title }: OpenedArtifact,
  published: Parameters<typeof differencesBetween>[1],
  say: Say,
): void {
  const file = files.find((one) => one.path === AUTHOR_MANIFEST);
  if (file === undefined) {
    say('error', path, `${title} does not hold ${AUTHOR_MANIFEST}.`, 'Let "sheaf pack" make the artifact.');
    return;
  }
  const { value: carried, findings } = readManifest(file.bytes, AUTHOR_MANIFEST);
  if (carried === undefined) {
    const reason = findings[0]?.message ?? '';
    say('error', path, `The manifest in ${title} cannot be read: ${reason}`, 'Pack the plugin again.');
    return;
  }
  for (const difference of differencesBetween(carried, published)) {
    const name = difference.path.join('.');
    say(
      'error',
      difference.path,
      `${name} is ${shown(difference.left)} in ${title} and ${shown(difference.right)} here.`,
      'Pack the plugin again and release what comes out, or write here what the artifact says.',
    );
  }
}

function shown(json: string | undefined): string {
  return json === undefined ? 'absent' : quote(json);
}
