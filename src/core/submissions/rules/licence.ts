import { licenseProblem, licenseSuffices } from '../../formats/spdx.ts';
import { LICENCE_FILE, licencesIn, licenceTextsFit } from '../../licences/licence-text.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { openedArtifacts, releaseRule } from '../release-rule.ts';

const PATH = ['plugin', 'license'];

/** Users have the rights that the manifest promises, and those are ones that the registry wants to spread. */
export const licence: ChangeRule = releaseRule({
  id: 'licence',
  title: 'The licence is an SPDX expression that policy/licenses.toml allows, and its text is that licence.',
  waivable: true,
  judge({ change, release }, say) {
    const { required, allow, deny } = change.licenses;
    const { license } = release.manifest;
    if (license === undefined) {
      if (required) {
        say('error', PATH, 'The manifest names no licence.', 'Write license with an SPDX expression.');
      }
      return;
    }
    const problem = licenseProblem(license);
    if (problem !== undefined) {
      say(
        'error',
        PATH,
        `The licence ${quote(license)} is no SPDX expression: ${problem.message}.`,
        'Write SPDX ids such as MIT, or (MIT OR Apache-2.0).',
      );
      return;
    }
    if (!licenseSuffices(license, { allow: allow.length === 0 ? undefined : allow, deny })) {
      say(
        'error',
        PATH,
        `This registry does not take plugins under ${quote(license)}.`,
        allow.length === 0 ? `It refuses ${deny.join(', ')}.` : `It takes ${allow.join(', ')}.`,
      );
    }
    for (const { files, path, title } of openedArtifacts(release)) {
      const texts = files.filter((file) => file.kind === 'file' && LICENCE_FILE.test(file.path));
      const found = texts.flatMap(({ bytes }) => licencesIn(new TextDecoder().decode(bytes)));
      if (licenceTextsFit(license, found) !== false) continue;
      const read = [...new Set(found)].join(' and ');
      say(
        'warning',
        path,
        `The licence text in ${title} reads like ${read}, and the manifest says ${quote(license)}.`,
        'Put the text of the licence that is meant into LICENSE, or correct the manifest.',
      );
    }
  },
});
