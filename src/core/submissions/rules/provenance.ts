import { SheafError } from '../../errors.ts';
import { requireConsistent } from '../../provenance/judge-attestation.ts';
import type { ChangeRule } from '../change-rule.ts';
import { artifactTitle, releaseRule } from '../release-rule.ts';

/** An attestation that contradicts the release would be taken for a proof by whoever does not open it. */
export const provenance: ChangeRule = releaseRule({
  id: 'provenance',
  title:
    'An attestation is consistent: signed by the key of its certificate, about the artifact, and from the stated source. Who issued the certificate is not verified.',
  waivable: true,
  judge({ release }, say) {
    const { source } = release.manifest;
    for (const [index, { artifact, attestation }] of release.artifacts.entries()) {
      if (artifact.attestation === undefined) continue;
      const path = ['artifact', index, 'attestation'];
      const title = artifactTitle(artifact);
      if (source === undefined) {
        say(
          'error',
          path,
          `${title} has an attestation, and the release does not say from which source it was built.`,
          'Let "sheaf pack" add [source] with repository and commit.',
        );
      } else if (attestation !== undefined) {
        const refusal = refusalOf(attestation, { sha256: artifact.sha256, source });
        if (refusal === undefined) continue;
        say(
          'error',
          path,
          `The attestation of ${title} is not consistent with the release: ${refusal.message}`,
          'Attest the file that is released, in the workflow that builds the stated commit; or leave it out.',
        );
      }
    }
  },
});

function refusalOf(
  attestation: Uint8Array | SheafError,
  about: Parameters<typeof requireConsistent>[1],
): SheafError | undefined {
  if (attestation instanceof SheafError) return attestation;
  try {
    requireConsistent(attestation, about);
    return undefined;
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
}
