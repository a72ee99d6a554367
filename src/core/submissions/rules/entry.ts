import { entryOf } from '../../archives/artifact-entry.ts';
import { entry as entryOfAuthors } from '../../checking/rules/entry.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { packedPlugin } from '../packed-plugin.ts';
import { openedArtifacts, releaseRule } from '../release-rule.ts';

/**
 * What a host would load is there and does what the manifest says. A module asks for its capabilities by importing
 * them, so declared and imported ones are compared both ways: a declaration that nothing uses is a power that a later
 * version could take up without anybody being asked.
 */
export const entry: ChangeRule = releaseRule({
  id: 'entry',
  title: 'The file to load is in the artifact; a module exports its commands and imports what is declared.',
  waivable: false,
  judge({ release }, say) {
    const { provides, name } = release.manifest;
    for (const opened of openedArtifacts(release)) {
      const { artifact, path, title } = opened;
      // What source becomes is known when it has been built.
      if (artifact.kind === 'source') continue;
      const file = entryOf(artifact, name);
      if (file === undefined) {
        if (provides.commands.length === 0 && provides.languages.length === 0) continue;
        say(
          'error',
          path,
          `${title} provides commands or languages, but the manifest does not say which file to load.`,
          'Write entry beside its url.',
        );
        continue;
      }
      // A program that stands alone is the whole artifact, under whatever name.
      if (artifact.kind === 'binary') continue;
      const packed = packedPlugin(release, opened);
      if (packed.entry === undefined) {
        say('error', path, `${title} does not hold its entry ${quote(file)}.`, 'Name a file of the archive.');
        continue;
      }
      for (const { message, fix } of entryOfAuthors.check(packed)) {
        say('error', path, `In ${title}: ${message}`, fix);
      }
    }
  },
});
